/* SPDX-License-Identifier: Apache-2.0 */
/* Where a program without a C library begins, and how it asks the kernel. */
#ifndef EMBERSCOPE_HOLD_SYSTEM_CALL_H
#define EMBERSCOPE_HOLD_SYSTEM_CALL_H

#if defined(__x86_64__)
enum {
	SYS_read = 0,
	SYS_write = 1,
	SYS_close = 3,
	SYS_mmap = 9,
	SYS_execve = 59,
	SYS_fcntl = 72,
	SYS_exit_group = 231,
	SYS_openat = 257,
	SYS_ppoll = 271
};

static inline long system_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

__asm__(".globl _start\n.type _start, @function\n_start:\n"
	"	xor %ebp, %ebp\n	mov %rsp, %rdi\n	and $-16, %rsp\n	call start\n	hlt\n"
	".size _start, .-_start\n");
#elif defined(__aarch64__)
enum {
	SYS_fcntl = 25,
	SYS_openat = 56,
	SYS_close = 57,
	SYS_read = 63,
	SYS_write = 64,
	SYS_ppoll = 73,
	SYS_exit_group = 94,
	SYS_execve = 221,
	SYS_mmap = 222
};

static inline long system_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c,
			  x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
}

__asm__(".globl _start\n.type _start, %function\n_start:\n"
	"	mov x29, 0\n	mov x30, 0\n	mov x0, sp\n	bl start\n	brk 0\n"
	".size _start, .-_start\n");
#else
#error "system_call.h does not know this architecture yet"
#endif

#endif
