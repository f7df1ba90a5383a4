/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A static probe (USDT) with a semaphore, as <sys/sdt.h> of SystemTap makes it: a nop, and a note that says where it
 * is. Not that header: it would be one more package, for a few lines.
 */
#ifndef STATIC_PROBE_H
#define STATIC_PROBE_H

#define STATIC_SEMAPHORE(provider, name) provider##_##name##_semaphore

unsigned short STATIC_SEMAPHORE(emberscope, hit) __attribute__((section(".probes"), used));

#define STATIC_PROBE(provider, name, first, second)                                                             \
	do {                                                                                                      \
		if (!*(volatile unsigned short *)&STATIC_SEMAPHORE(provider, name))                                \
			break;                                                                                     \
		__asm__ volatile("990: nop\n"                                                                     \
				 ".pushsection .note.stapsdt,\"?\",\"note\"\n"                                   \
				 ".balign 4\n"                                                                     \
				 ".4byte 992f-991f, 994f-993f, 3\n"                                                \
				 "991: .asciz \"stapsdt\"\n"                                                       \
				 "992: .balign 4\n"                                                                \
				 "993: .8byte 990b\n"                                                              \
				 ".8byte _.stapsdt.base\n"                                                         \
				 ".8byte " #provider "_" #name "_semaphore\n"                                    \
				 ".asciz \"" #provider "\"\n"                                                     \
				 ".asciz \"" #name "\"\n"                                                         \
				 ".asciz \"-8@%0 -8@%1\"\n"                                                       \
				 "994: .balign 4\n"                                                                \
				 ".popsection\n"                                                                   \
				 ".ifndef _.stapsdt.base\n"                                                        \
				 ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"          \
				 ".weak _.stapsdt.base\n"                                                          \
				 ".hidden _.stapsdt.base\n"                                                        \
				 "_.stapsdt.base: .space 1\n"                                                      \
				 ".size _.stapsdt.base, 1\n"                                                       \
				 ".popsection\n"                                                                   \
				 ".endif\n" ::"r"((long)(first)),                                                  \
				 "r"((long)(second)));                                                             \
	} while (0)

#endif
