"""The report of a test file, in the Test Anything Protocol, which Meson reads."""

import os
import sys
import time
import traceback
import unittest


def figure(text):
    """A measured value, for the summary."""
    print(f"# figure: {text}", flush=True)


def note(text):
    print("\n".join(f"# {line}" for line in str(text).splitlines()), flush=True)


class TapResult(unittest.TestResult):
    """Writes the Test Anything Protocol, which Meson reads."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def startTest(self, test):
        super().startTest(test)
        self.begun = time.monotonic()
        self.subtest_failed = False

    def line(self, outcome, test, suffix=""):
        self.count += 1
        name = test.id().removeprefix("__main__.").replace("#", "")
        took = time.monotonic() - self.begun
        print(f"{outcome} {self.count} - {name}{suffix}\n# took {took:.2f} s", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        if not self.subtest_failed:
            self.line("ok", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.begun = getattr(self, "begun", time.monotonic())
        self.line("ok", test, f" # SKIP {reason}")

    def bad(self, test, error):
        kind, value, trace = error
        for frame in traceback.extract_tb(trace):
            if "/unittest/" not in frame.filename:
                note(f"{os.path.basename(frame.filename)}:{frame.lineno}: {frame.line}")
        note("".join(traceback.format_exception_only(kind, value)))
        self.line("not ok", test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.bad(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self.begun = getattr(self, "begun", time.monotonic())
        self.bad(test, error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.subtest_failed = True
            self.bad(subtest, error)


def main():
    """Runs the tests of the calling file, or those whose names contain an argument."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    wanted = sys.argv[1:]
    if wanted:
        tests = [test for group in suite for test in group if any(word in test.id() for word in wanted)]
        suite = unittest.TestSuite(tests)
    result = TapResult()
    suite.run(result)
    print(f"1..{result.count}", flush=True)
    # Daemon threads may still read.
    sys.stdout.flush()
    os._exit(0 if result.wasSuccessful() and result.count else 1)
