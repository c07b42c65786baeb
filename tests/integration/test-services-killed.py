"""twinlens tune killed while it changes services, at each call to systemd: nothing is lost."""

import itertools
import shutil

import harness
from systemd import UNITS, ServicesCase, clear

DOWN = ("cups.service", "cups.socket", "cups.path", "cups-browsed.service", "avahi-daemon.service",
        "avahi-daemon.socket", "ModemManager.service")


class Killed(ServicesCase):
    """SIGKILL at each call that changes something, before and after it has its effect."""

    SERVICES = "cups avahi-daemon ModemManager"

    def count_calls(self):
        self.tune("apply", services=self.SERVICES)
        n = len(self.machine.calls())
        self.tune("rollback")
        self.assert_as_before()
        return n

    def kill_at(self, number, when):
        self.machine.start(kill_at=[number, when])
        result = self.machine.tune("apply", services=self.SERVICES, seconds=30)
        self.assertEqual(result.returncode, -9, f"call {number}, {when}: {result.stderr[-900:]}")

    def test_rollback_after_each(self):
        n = self.count_calls()
        restored = 0
        for number in range(1, n + 1):
            for when in ("before", "after"):
                with self.subTest(number=number, when=when):
                    self.kill_at(number, when)
                    self.machine.start()
                    self.tune("rollback")
                    self.assert_as_before()
                    restored += 1
        harness.figure(f"killed at {2 * n} points, {restored} times exactly restored")

    def test_apply_again_after_some(self):
        """With the same systemd, which may not have read its files again."""
        n = self.count_calls()
        for number in [*range(1, n, 4), n]:
            with self.subTest(number=number):
                calls = len(self.machine.calls())
                self.kill_at(number, "after")
                self.tune("apply", services=self.SERVICES)
                # The last call of the run that was killed is that one, and may have been enough.
                self.assertIn("Reload", self.machine.calls()[calls:])
                self.assertFalse([call for call in self.machine.calls() if call.startswith("Mask")])
                self.assert_down(DOWN)
                self.tune("rollback")
                self.assert_as_before()

    def test_rollback_killed_and_run_again(self):
        self.tune("apply", services=self.SERVICES)
        self.machine.stop_systemd()
        here = (UNITS, self.machine.state, self.machine.folder / "states")
        applied = [self.machine.folder / "applied" / path.name for path in here]
        self.copy(here, applied)
        completed = 0
        for number in itertools.count(1):
            self.copy(applied, here)
            self.machine.start(kill_at=[number, "after"])
            status = self.machine.tune("rollback", seconds=30).returncode
            self.machine.start()
            if status == 0:
                break
            with self.subTest(number=number):
                self.assertEqual(status, -9)
                self.tune("rollback")
                self.assert_as_before()
                completed += 1
        self.assertGreater(number, 8)
        self.assert_as_before()
        harness.figure(f"rollback killed at {number - 1} points, {completed} times completed by the next")

    def test_rollback_killed_before_systemd_read_the_links(self):
        """The service did not run before, so that its links alone are as they were."""
        self.tune("apply", services="bluetooth")
        self.machine.start(kill_at=[1, "before"])
        self.assertEqual(self.machine.tune("rollback").returncode, -9)
        self.assertEqual(self.figures(), self.before[0])
        self.machine.start()
        calls = len(self.machine.calls())
        self.tune("rollback")
        self.assertEqual(self.machine.calls()[calls:], ["Reload"])

    def copy(self, sources, targets):
        for source, target in zip(sources, targets, strict=True):
            if source.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                clear(target)
                shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
            else:
                shutil.copy(source, target)


harness.main()
