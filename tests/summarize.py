#!/usr/bin/env python3
"""Adds up the logs of several `meson test` runs.

usage: summarize.py LOG.json... -- [WHAT BROKE]...

Prints what was measured, what was skipped, by reason, what failed, with the lines that tell why, and as the
last line "N passed, N failed, N skipped". A test that writes TAP counts once for each of its cases. Whatever
broke outside of a test (a build, a time limit) counts as a failure. Exit status 1 when anything failed.
"""

import json
import os
import re
import sys

CASE = re.compile(r"^(not )?ok\s+\d+(?:\s+-)?\s*([^#]*?)\s*(?:#\s*(SKIP)\S*\s*(.*))?$")
FIGURE = re.compile(r"^# figure: (.*)$")
TOOK = re.compile(r"^# took [\d.]+ s$")
SKIP = re.compile(r"^(?:# )?skip(?:ped)?: (.*)$", re.IGNORECASE)
PLACES_MAX = 3  # tests that are named with a reason
# Of why tests failed: each one's last lines, those of all of them, and characters of a line.
LINES_EACH, LINES_MAX, LINE_MAX = 20, 80, 300
BAD = ("FAIL", "ERROR", "TIMEOUT", "INTERRUPT", "UNEXPECTEDPASS")


class Summary:
    def __init__(self):
        self.passed = 0
        self.failed = []  # (test, the lines that tell why)
        self.skipped = []  # (reason, test)
        self.figures = []

    def add_test(self, where, test):
        """One test of a log: its cases when it writes TAP, else itself."""
        name = f"{where}: {test['name']}"
        lines = test.get("stdout", "").splitlines()
        failed_before = len(self.failed)
        cases, notes = 0, []
        for line in lines:
            if figure := FIGURE.match(line):
                self.figures.append(f"{where}: {figure[1]}")
            elif case := CASE.match(line):
                cases += 1
                self.add_case(name, case, notes)
                notes = []
            elif not TOOK.match(line):
                notes.append(line.removeprefix("# "))
        if test["result"] in BAD:
            if len(self.failed) == failed_before:
                said = [*lines, *test.get("stderr", "").splitlines()]
                self.failed.append((f"{name}: {test['result'].lower()}", said))
        elif cases == 0 and test["result"] == "SKIP":
            reasons = [match[1] for line in lines if (match := SKIP.match(line))]
            plan = [line.partition("SKIP")[2].strip() for line in lines if line.startswith("1..0 ")]
            self.add_skip("; ".join(reasons + plan), name)
        elif cases == 0:
            self.passed += 1

    def add_case(self, name, case, notes):
        is_bad, title, skip, reason = case.groups()
        if is_bad:
            self.failed.append((f"{name}: {title}", notes))
        elif skip:
            self.add_skip(reason, name)
        else:
            self.passed += 1

    def add_skip(self, reason, name):
        self.skipped.append((reason or "it gave no reason", name))

    def skips_by_reason(self):
        """A line for each reason, the most frequent first: how many skips, and of which tests."""
        places = {}
        for reason, name in self.skipped:
            places.setdefault(reason, []).append(name)
        for reason, names in sorted(places.items(), key=lambda item: -len(item[1])):
            tests = list(dict.fromkeys(names))
            more = f", and {len(tests) - PLACES_MAX} more tests" if len(tests) > PLACES_MAX else ""
            yield f"{len(names)} x {reason} ({'; '.join(tests[:PLACES_MAX])}{more})"

    def failures(self):
        """The name of each test that failed, and below it as many lines of why as each can have."""
        each = min(LINES_EACH, LINES_MAX // max(1, len(self.failed)))
        for name, said in self.failed:
            yield name
            last = [line for line in said if line.strip()][-each:] if each else []
            yield from (f"    {line[:LINE_MAX]}" for line in last)


def label(path):
    """build-asan/meson-logs/unit.json -> unit, build-asan"""
    build = os.path.basename(os.path.dirname(os.path.dirname(path)))
    return f"{os.path.splitext(os.path.basename(path))[0]}, {build}"


def main(arguments):
    split = arguments.index("--")
    summary = Summary()
    for path in arguments[:split]:
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="replace") as log:
                for line in log:
                    summary.add_test(label(path), json.loads(line))
    summary.failed += [(what, []) for what in arguments[split + 1 :]]

    for title, lines in (
        ("measured", summary.figures),
        ("skipped", list(summary.skips_by_reason())),
        ("failed", list(summary.failures())),
    ):
        if lines:
            print(f"{title}:")
            print("\n".join(f"  {line}" for line in lines))
    if not summary.passed and not summary.skipped and not summary.failed:
        summary.failed.append(("nothing ran", []))
        print("failed:\n  nothing ran")
    print(f"{summary.passed} passed, {len(summary.failed)} failed, {len(summary.skipped)} skipped")
    return 1 if summary.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
