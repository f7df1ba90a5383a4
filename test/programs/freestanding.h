/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Just enough to run without a C library, so that every frame of the program, down to the ELF entry, keeps
 * a frame pointer. The outermost frame pointer is 0 in the first thread and in those that spawn() begins, and there
 * the unwind table says that nothing is further out.
 */
#ifndef EMBERSCOPE_FREESTANDING_H
#define EMBERSCOPE_FREESTANDING_H

typedef unsigned long u64;
typedef long s64;

struct timespec64 {
	s64 seconds;
	s64 nanoseconds;
};

#define CLOCK_MONOTONIC 1
#define CLOCK_THREAD_CPUTIME_ID 3
#define PR_SET_NAME 15
#define AT_FDCWD -100
/* CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM */
#define THREAD_FLAGS 0x50f00ul

#if defined(__x86_64__)
enum {
	SYS_read = 0,
	SYS_prctl = 157,
	SYS_openat = 257,
	SYS_clock_gettime = 228,
	SYS_clock_nanosleep = 230,
	SYS_exit_group = 231
};

static inline s64 system_call(s64 number, s64 a, s64 b, s64 c, s64 d)
{
	register s64 r10 __asm__("r10") = d;
	s64 result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
}

__asm__(".globl _start\n.type _start, @function\n_start:\n"
	"	xor %ebp, %ebp\n	mov %rsp, %rdi\n	and $-16, %rsp\n	call start\n	hlt\n"
	".size _start, .-_start\n"
	/* s64 spawn(void (*run)(void), void *stack_end) */
	".globl spawn\n.type spawn, @function\nspawn:\n	.cfi_startproc\n"
	"	mov %rdi, %r8\n	mov $0x50f00, %edi\n	xor %edx, %edx\n	xor %r10d, %r10d\n	mov $56, %eax\n	syscall\n"
	"	test %rax, %rax\n	jz 1f\n	ret\n"
	"1:	.cfi_undefined rip\n	xor %ebp, %ebp\n	call *%r8\n	hlt\n"
	"	.cfi_endproc\n.size spawn, .-spawn\n");
#elif defined(__aarch64__)
enum {
	SYS_read = 63,
	SYS_prctl = 167,
	SYS_openat = 56,
	SYS_clock_gettime = 113,
	SYS_clock_nanosleep = 115,
	SYS_exit_group = 94
};

static inline s64 system_call(s64 number, s64 a, s64 b, s64 c, s64 d)
{
	register s64 x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b,
			x2 __asm__("x2") = c, x3 __asm__("x3") = d;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}

__asm__(".globl _start\n.type _start, %function\n_start:\n"
	"	mov x29, 0\n	mov x30, 0\n	mov x0, sp\n	bl start\n	brk 0\n"
	".size _start, .-_start\n"
	".globl spawn\n.type spawn, %function\nspawn:\n	.cfi_startproc\n"
	"	mov x9, x0\n	mov x0, 0x0f00\n	movk x0, 5, lsl 16\n	mov x2, 0\n	mov x3, 0\n	mov x4, 0\n"
	"	mov x8, 220\n	svc 0\n	cbz x0, 1f\n	ret\n"
	"1:	.cfi_undefined x30\n	mov x29, 0\n	mov x30, 0\n	blr x9\n	brk 0\n"
	"	.cfi_endproc\n.size spawn, .-spawn\n");
#else
#error "freestanding.h does not know this architecture yet"
#endif

s64 spawn(void (*run)(void), void *stack_end);

static inline u64 clock_now(int clock)
{
	struct timespec64 now;

	system_call(SYS_clock_gettime, clock, (s64)&now, 0, 0);
	return (u64)now.seconds * 1000000000ul + (u64)now.nanoseconds;
}

static inline void sleep_ns(u64 length)
{
	const struct timespec64 wait = { (s64)(length / 1000000000ul), (s64)(length % 1000000000ul) };

	system_call(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, (s64)&wait, 0);
}

#endif
