#!/usr/bin/env python3
"""tune killed before every single call that changes something: nothing is lost."""

import signal
import time

from harness import figure, main
from machine import MachineTest

POINTS_MAX = 400


class Killed(MachineTest):
    def points(self, verb):
        """Kills the verb at one point after the other, until it gets to its end; yields each."""
        for n in range(1, POINTS_MAX):
            result = self.tune.run(verb, env={"KILL_AT": str(n)})
            if result.returncode != -signal.SIGKILL:
                self.assertEqual(result.returncode, 0, f"point {n}: {result.stdout}{result.stderr}")
                return
            yield n
        self.fail(f"{verb} has more than {POINTS_MAX} points")

    def test_apply_then_rollback(self):
        begun, n = time.monotonic(), 0
        for n in self.points("apply"):
            self.tune.must("rollback")
            self.check_restored(f"killed at {n}")
            self.tune.forget()
        self.tune.must("rollback")
        self.check_restored()
        self.assertGreater(n, 40)
        figure(f"apply killed at {n} points, restored at all, {time.monotonic() - begun:.1f} s")

    def test_apply_then_apply(self):
        n = 0
        for n in self.points("apply"):
            self.tune.must("apply")
            self.tune.must("status")
            again = self.tune.must("apply")
            self.assertIn("0 changes made", again.stdout, f"killed at {n}")
            self.tune.must("rollback")
            self.check_restored(f"killed at {n}, and applied again")
            self.tune.forget()
        self.tune.must("rollback")
        self.check_restored()
        self.assertGreater(n, 40)
        figure(f"apply killed at {n} points, completed at all")

    def test_rollback_then_rollback(self):
        self.tune.must("apply")
        n = 0
        for n in self.points("rollback"):
            self.tune.must("rollback")
            self.check_restored(f"killed at {n}")
            self.tune.forget()
            self.tune.must("apply")
        self.check_restored()
        self.assertGreater(n, 20)
        figure(f"rollback killed at {n} points, restored at all")

    def test_rollback_then_apply(self):
        self.tune.must("apply")
        for n in self.points("rollback"):
            self.tune.must("apply")
            self.tune.must("status")
            self.tune.must("rollback")
            self.check_restored(f"killed at {n}, and applied again")
            self.tune.forget()
            self.tune.must("apply")
        self.check_restored()

    def test_twice(self):
        """Killed while it completes what was killed before."""
        for n in range(3, POINTS_MAX, 7):
            self.tune.run("apply", env={"KILL_AT": str(n)})
            self.tune.run("apply", env={"KILL_AT": str(n)})
            self.tune.run("rollback", env={"KILL_AT": str(n // 2)})
            result = self.tune.must("rollback")
            self.check_restored(f"killed at {n}")
            self.tune.forget()
            if self.tune.run("apply", env={"KILL_AT": str(n)}).returncode == 0:
                break
            self.tune.must("rollback")
            self.tune.forget()
        else:
            self.fail(result.stdout)
        self.tune.must("rollback")
        self.check_restored()


if __name__ == "__main__":
    main()
