# SPDX-License-Identifier: Apache-2.0
# Traces itself and writes every call and return as speedscope's JSON, by its file-format-spec.ts.
import json
import sys
import time


def sort_numbers():
    return sorted((i * 7919) % 2011 for i in range(2000))[17]


def count_words():
    return len(("the quick brown fox " * 200).split())


def work():
    for _ in range(5):
        sort_numbers()
        for _ in range(10):
            count_words()
        time.sleep(0.01)


frames, events, known, open_calls = [], [], {}, []
start = time.perf_counter()


def told(frame, event, _):
    code = frame.f_code
    if event not in ("call", "return") or code.co_name == "<genexpr>":
        return
    if event == "return" and (not open_calls or open_calls[-1] is not code):
        return
    number = known.get(code)
    if number is None:
        number = known[code] = len(frames)
        frames.append({"name": code.co_name, "file": "/src/busy.py", "line": code.co_firstlineno})
    if event == "call":
        open_calls.append(code)
    else:
        open_calls.pop()
    events.append({"type": "O" if event == "call" else "C", "frame": number, "at": round((time.perf_counter() - start) * 1e6)})


sys.setprofile(told)
work()
sys.setprofile(None)
json.dump({
    "$schema": "https://www.speedscope.app/file-format-schema.json",
    "profiles": [{"type": "evented", "name": "MainThread", "unit": "microseconds", "startValue": 0, "endValue": events[-1]["at"], "events": events}],
    "shared": {"frames": frames},
    "name": "busy.py",
}, sys.stdout, separators=(",", ":"))
