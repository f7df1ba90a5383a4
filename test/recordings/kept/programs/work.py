# SPDX-License-Identifier: Apache-2.0
"""work.py SECONDS: two threads that compute in turn, the interpreter's lock between them."""
import sys
import threading
import time

end = time.monotonic() + float(sys.argv[1])


def parse(count):
    return sum(number * number for number in range(count))


def checksum(count):
    total = 0
    for number in range(count):
        total = (total * 31 + number) & 0xFFFFFFFF
    return total


def work(step):
    while time.monotonic() < end:
        step(20_000)


threads = [threading.Thread(target=work, args=(step,)) for step in (parse, checksum)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
