/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program before and after a known change. A round costs parse 20, compress 15, render 50 and main itself 15 of 100;
 * SLOWER: render costs 60. INLINED: compress is part of main. FRESH: fresh costs 8 more.
 */
#define ROUND(cost) turn(1000l * (cost))
#ifdef INLINED
#define MAYBE_INLINED static inline __attribute__((always_inline))
#else
#define MAYBE_INLINED __attribute__((noinline))
#endif

static volatile unsigned long sink;

static inline __attribute__((always_inline)) void turn(long steps)
{
	unsigned long value = sink;

	while (steps-- > 0)
		value = value * 6364136223846793005ul + 1;
	sink = value;
}

__attribute__((noinline)) void parse(void)
{
	ROUND(20);
}

MAYBE_INLINED void compress(void)
{
	ROUND(15);
}

__attribute__((noinline)) void render(void)
{
#ifdef SLOWER
	ROUND(60);
#else
	ROUND(50);
#endif
}

#ifdef FRESH
__attribute__((noinline)) void fresh(void)
{
	ROUND(8);
}
#endif

int main(void)
{
	for (;;) {
		parse();
		compress();
		render();
		ROUND(15);
#ifdef FRESH
		fresh();
#endif
	}
}
