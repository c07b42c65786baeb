#!/usr/bin/env python3
"""The rule for all that measure: what fails, what is skipped, and whose work counts."""

import os
import subprocess
import sys
import unittest
from unittest import mock

import harness
import measure

BURN_S = 0.5
BURN = f"import time\nend = time.process_time() + {BURN_S}\nwhile time.process_time() < end: pass\ninput()"


class Measure(unittest.TestCase):
    def judge(self, results, others):
        """Judges attempts with these results: how many were made."""
        left = list(results)
        with mock.patch.object(measure.Load, "others_since", return_value=others):
            measure.judge(self, lambda: (left.pop(0), "42 ms"), len(results))
        return len(results) - len(left)

    def test_the_best_attempt_counts(self):
        self.assertEqual(self.judge([True, False], 0), 1)
        self.assertEqual(self.judge([False, True, False], 0), 2)

    def test_no_good_attempt(self):
        with self.assertRaisesRegex(AssertionError, "42 ms; 42 ms"):
            self.judge([False, False], measure.BUSY / 2)
        with self.assertRaisesRegex(unittest.SkipTest, "took 60% of this machine: .*42 ms"):
            self.judge([False], 0.6)

    def test_a_whole_test(self):
        tries = []

        @measure.measured
        def test(case):
            tries.append(1)
            with case.subTest("the second one is good"):
                case.assertEqual(len(tries), 2)

        test(self)
        self.assertEqual(len(tries), 2)
        with mock.patch.object(measure.Load, "others_since", return_value=0):
            self.assertRaisesRegex(AssertionError, "3 != 2; 4 != 2; 5 != 2", test, self)
        with mock.patch.object(measure.Load, "others_since", return_value=1):
            self.assertRaises(unittest.SkipTest, test, self)

    def test_whose_work(self):
        """That of children counts as this program's own, while they run and after."""
        before, burned = measure.own_ticks(), BURN_S * os.sysconf("SC_CLK_TCK") * 0.9
        child = subprocess.Popen([sys.executable, "-c", BURN], stdin=subprocess.PIPE)
        harness.eventually(lambda: measure.own_ticks() - before >= burned, 20, "it counts while it runs")
        child.communicate(b"\n")
        self.assertGreaterEqual(measure.own_ticks() - before, burned, "and when it has ended")
        self.assertGreaterEqual(measure.Load().total, measure.Load().others)


if __name__ == "__main__":
    harness.main()
