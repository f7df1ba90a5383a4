/* SPDX-License-Identifier: Apache-2.0 */
/*
 * templates: C++ as compilers take it apart. Three turns, each below main:
 *
 *   sort_names                  std::sort and std::map, inlined as far as the compiler likes
 *   run_inlined                 outermost, middle and innermost are inlined into it, each into the one before
 *   catch_again                 throws through three instances of descend, so that libgcc unwinds while it is sampled
 */
#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>
#include "work.h"

namespace {

template <typename T, long Steps> struct Worker {
	__attribute__((always_inline)) static inline void innermost(T *value)
	{
		for (long left = Steps; left > 0; left--) {
			*value = *value * 6364136223846793005ul + 1;
			__asm__ volatile("" : "+r"(*value));
		}
	}
	__attribute__((always_inline)) static inline void middle(T *value)
	{
		innermost(value);
	}
	__attribute__((always_inline)) static inline void outermost(T *value)
	{
		middle(value);
	}
};

} // namespace

FUNCTION unsigned long run_inlined(unsigned long value)
{
	Worker<unsigned long, 1000000>::outermost(&value);
	return value;
}

FUNCTION unsigned long sort_names(unsigned long seed)
{
	std::vector<std::string> names;
	std::map<std::string, unsigned long> places;

	for (int i = 0; i < 2000; i++) {
		seed = seed * 6364136223846793005ul + 1;
		names.push_back(std::to_string(seed));
	}
	std::sort(names.begin(), names.end(), [](const std::string &a, const std::string &b) { return b < a; });
	for (const std::string &name : names)
		places[name] = places.size();
	return places.size();
}

template <int Depth> FUNCTION int descend(int value)
{
	std::string kept = std::to_string(value); /* has to be destroyed on the way */
	int below = descend<Depth - 1>(value + 1);

	return below + static_cast<int>(kept.size());
}

template <> FUNCTION int descend<0>(int value)
{
	throw std::runtime_error(std::to_string(value));
}

FUNCTION int catch_again()
{
	int caught = 0;

	for (int i = 0; i < 500; i++) {
		try {
			caught += descend<3>(i);
		} catch (const std::exception &problem) {
			caught += problem.what()[0];
		}
	}
	return caught;
}

int main()
{
	for (unsigned long value = 1;; value++) {
		run_inlined(value);
		sort_names(value);
		catch_again();
	}
}
