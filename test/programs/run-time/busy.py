# SPDX-License-Identifier: Apache-2.0
"""busy.py SECONDS: calls by known names."""
import sys
import time


def inner(count):
    total = 0
    for i in range(count):
        total += i * i
    return total


class Worker:
    def method(self, count):
        return inner(count)


end = time.time() + float(sys.argv[1])
while time.time() < end:
    Worker().method(2000)
