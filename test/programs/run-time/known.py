# SPDX-License-Identifier: Apache-2.0
"""Spends known shares of its CPU time in known functions: known.py shares|threads|fork|deep SECONDS.

Every share ends in burn(), which takes CPU time of its thread by the kernel's own clock. The seconds are the process's CPU time.
"""
import multiprocessing
import sys
import threading
import time


def burn(milliseconds):
    until = time.thread_time_ns() + milliseconds * 1_000_000
    while time.thread_time_ns() < until:
        for _ in range(2000):
            pass  # line: burn


def plain():
    burn(25)  # line: plain


def nested():
    def inside():
        burn(20)

    inside()  # line: nested


class Shop:
    def sell(self):
        burn(10)


def key_of(milliseconds):
    burn(milliseconds)
    return milliseconds


def by_key():
    sorted([7, 4, 4], key=key_of)  # line: by_key


def produce():
    for _ in range(2):
        yield burn(5)


def consume():
    list(produce())


def comprehend():
    return [burn(2) for _ in range(5)]


def recurse(depth):
    if depth == 0:
        burn(5)
    else:
        recurse(depth - 1)


def fail():
    burn(5)
    raise ValueError


def shares(until):
    while time.process_time() < until:
        plain()  # line: shares
        nested()
        Shop().sell()
        by_key()
        consume()
        comprehend()
        recurse(3)
        try:
            fail()
        except ValueError:
            pass


def work_one(until):
    while time.process_time() < until:
        burn(5)


def work_two(until):
    while time.process_time() < until:
        burn(5)


def threads(until):
    workers = [threading.Thread(target=work, args=(until,)) for work in (work_one, work_two, work_one, work_two)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def child(until):
    while time.process_time() < until:
        burn(5)


def fork(until):
    process = multiprocessing.get_context("fork").Process(target=child, args=(until,))
    process.start()
    process.join()


def down(depth, until):
    if depth > 0:
        return down(depth - 1, until)
    while time.process_time() < until:
        burn(5)


def deep(until):
    down(300, until)


def main():
    {"shares": shares, "threads": threads, "fork": fork, "deep": deep}[sys.argv[1]](time.process_time() + float(sys.argv[2]))


main()
