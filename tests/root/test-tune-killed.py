#!/usr/bin/env python3
"""tune killed before every single call that changes something: nothing is lost."""

import json
import pathlib
import shutil
import signal
import time

from harness import PowerWatch, figure, main
from machine import MachineTest, PROFILE, SYSCTL_FILE, VM, snapshot, zram_numbers

POINTS_MAX = 400
BOOTS_MAX = 2000
# The kernel takes 0.4 ms on a machine of the year, and longer on a busy one.
IN_HOT_ADD_US, IN_HOT_ADD_STEP_US = 1500, 10
BOOT_STATE = pathlib.Path("/var/lib/twinlens/tune")
UNIT = pathlib.Path("/usr/local/lib/systemd/system/twinlens-tune.service")
SYSTEMD = pathlib.Path("/run/systemd/system")
ZSWAP = pathlib.Path("/sys/module/zswap/parameters/enabled")


class KilledTest(MachineTest):
    def points(self, verb):
        """Kills the verb at one point after the other, until it gets to its end; yields each."""
        for n in range(1, POINTS_MAX):
            result = self.tune.run(verb, env={"KILL_AT": str(n)})
            if result.returncode != -signal.SIGKILL:
                self.assertEqual(result.returncode, 0, f"point {n}: {result.stdout}{result.stderr}")
                return
            yield n
        self.fail(f"{verb} has more than {POINTS_MAX} points")

    def check_apply_then_rollback(self):
        begun, n = time.monotonic(), 0
        for n in self.points("apply"):
            self.tune.must("rollback")
            self.check_restored(f"killed at {n}")
            self.tune.forget()
        self.tune.must("rollback")
        self.check_restored()
        self.assertGreater(n, 40)
        figure(f"apply killed at {n} points, restored at all, {time.monotonic() - begun:.1f} s")

    def check_apply_then_apply(self):
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

    def check_rollback_then_rollback(self):
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

class Killed(KilledTest):
    def test_apply_then_rollback(self):
        self.check_apply_then_rollback()

    def test_apply_then_apply(self):
        self.check_apply_then_apply()

    def test_rollback_then_rollback(self):
        self.check_rollback_then_rollback()

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

    def test_in_hot_add(self):
        """Killed while the kernel makes the device: it is known, wherever in that the signal came."""
        killed, made, count = 0, 0, len(zram_numbers())
        for delay in range(0, IN_HOT_ADD_US, IN_HOT_ADD_STEP_US):
            result = self.tune.run("apply", env={"KILL_IN_HOT_ADD": str(delay)})
            self.assertIn(result.returncode, (0, -signal.SIGKILL), result.stderr)
            killed += result.returncode != 0
            made += result.returncode != 0 and len(zram_numbers()) > count
            self.tune.must("rollback")
            self.check_restored(f"killed {delay} us after it began to make the device")
            self.tune.forget()
        self.assertGreater(made, 0)
        self.assertGreater(killed, made)
        figure(f"killed around the call {killed} times, {made} of them with a device")


class KilledWithAllKinds(KilledTest):
    """zswap on, a limit in bytes, a file to be replaced, the page cache, and the link of the boot unit."""

    profile = PROFILE + "[cache]\ndrop = 1\n"

    def setUp(self):
        super().setUp()
        if BOOT_STATE.exists():
            self.skipTest(f"{BOOT_STATE} is there: tune is in use on this machine")
        self.tune.state = BOOT_STATE
        self.make_folder(BOOT_STATE.parent)
        self.addCleanup(self.tune.forget)
        self.make(UNIT, "[Unit]\n")
        self.make_folder(SYSTEMD)
        if ZSWAP.exists():
            self.addCleanup(ZSWAP.write_text, ZSWAP.read_text())
            ZSWAP.write_text("Y")
        (VM / "dirty_bytes").write_text("50000000")
        self.make(SYSCTL_FILE, "vm.swappiness = 7\n")
        self.before = snapshot()

    def make_folder(self, folder):
        if not folder.exists():
            self.make_folder(folder.parent)
            folder.mkdir()
            self.addCleanup(folder.rmdir)

    def make(self, path, text):
        self.make_folder(path.parent)
        path.write_text(text)
        self.addCleanup(path.unlink, missing_ok=True)

    def test_apply_then_rollback(self):
        self.check_apply_then_rollback()

    def test_apply_then_apply(self):
        self.check_apply_then_apply()
        self.tune.must("apply")
        plan = json.loads(self.tune.must("plan", "--json").stdout)
        expected = {"boot", "cache", "file", "sysctl", "zram"} | ({"zswap"} if ZSWAP.exists() else set())
        self.assertEqual({change["kind"] for change in plan["changes"]}, expected)
        self.tune.must("rollback")
        self.check_restored()

    def test_rollback_then_rollback(self):
        self.check_rollback_then_rollback()

    def grow_journal(self):
        """Boots until the next one writes the journal anew: the folder as it is before that."""
        kept, journal = self.tune.folder / "kept", self.tune.state / "journal"
        for _ in range(BOOTS_MAX):
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(self.tune.state, kept)
            self.tune.must("boot")
            if journal.stat().st_size < (kept / "journal").stat().st_size:
                return kept
        self.fail(f"the journal grows over {BOOTS_MAX} boots")

    def test_boot_that_writes_the_journal_anew(self):
        """Killed at each point of that, and watched for what a power cut would take."""
        self.tune.must("apply")
        kept = self.grow_journal()
        watch = PowerWatch(self.tune.folder, self.tune.state)
        for n in range(1, POINTS_MAX):
            self.tune.forget()
            shutil.copytree(kept, self.tune.state)
            result = self.tune.run("boot", env={"KILL_AT": str(n)})
            if result.returncode != -signal.SIGKILL:
                break
            self.tune.must("boot")
            self.tune.must("status")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreater(n, 10)
        self.tune.forget()
        shutil.copytree(kept, self.tune.state)
        self.tune.must("boot", env=watch.environment | {"LD_PRELOAD": str(watch.library)})
        watch.count_changes()
        self.tune.must("rollback")
        self.check_restored()

    def test_power_cut(self):
        """The journal is on the disk before each change, a file before it takes its name, all of it at the end."""
        watch, total = PowerWatch(self.tune.folder, self.tune.state), 0
        for verb in ("apply", "boot", "rollback"):
            self.tune.must(verb, env=watch.environment | {"LD_PRELOAD": str(watch.library)})
            total += watch.count_changes()
        self.assertGreater(total, 30)
        figure(f"before {total} changes the journal was durable")


if __name__ == "__main__":
    main()
