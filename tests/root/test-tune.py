#!/usr/bin/env python3
"""tune on this machine, with its real zram, swap and settings."""

import contextlib
import errno
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import machine
import measure
from harness import IS_SANITIZED, TWINLENS, eventually, figure, main
from machine import FILL, MachineTest, VM, ZRAM_CONTROL, read, swaps

GUIDE = {"vm.swappiness": "60", "vm.dirty_ratio": "15", "vm.dirty_background_ratio": "5",
         "vm.overcommit_memory": "1"}


def steps(result):
    return {step["object"]: step for step in json.loads(result.stdout)["steps"]}


# What is run behind it finds /proc/sys read-only.
READ_ONLY = ("unshare", "-m", "sh", "-c", 'mount --bind -o ro /proc/sys /proc/sys && exec "$0" "$@"')


class Tune(MachineTest):
    def test_guide(self):
        """The guide's values, in time and within the memory."""
        guide = "guide"
        profile = self.tune.folder / "guide.conf"
        # Without its services, which take systemd.
        source = pathlib.Path(__file__).parents[2] / "data/profiles/guide.conf"
        profile.write_text(re.sub(r"(?m)^disable = .*$", "", source.read_text()))
        memory_file = self.tune.folder / "memory"
        before, begun = measure.Load(), time.monotonic()
        self.tune.must("apply", "--profile", str(profile), env={"MEMORY_FILE": str(memory_file)})
        took, others = time.monotonic() - begun, measure.Load().others_since(before)
        for key, value in GUIDE.items():
            self.assertEqual(read(VM / key[3:]), value, guide)
        size, _, priority = swaps()[self.own_device()]
        self.assertEqual((size, priority), (1024 * 1024 - 4, 10))
        private = sum(int(kib) for kib in re.findall(r"Private_Dirty:\s+(\d+) kB", memory_file.read_text()))
        again = self.tune.must("apply", "--profile", str(profile), "--json")
        self.assertEqual(json.loads(again.stdout)["made"], 0)
        self.tune.must("status")
        self.tune.must("rollback")
        self.check_restored()
        figure(f"apply of the guide {took:.2f} s (bar 2), private {private / 1024:.2f} MB (bar 2)")
        if not IS_SANITIZED:
            self.assertLess(private, 2048)
            measure.judge_once(self, took < 2, f"{took:.2f} s", others)

    def test_full_swap(self):
        self.tune.must("apply")
        memory = self.fill_swap()
        used = swaps()[self.own_device()][1]
        self.assertGreater(used, FILL // 1024 // 2, "the swap was not filled")
        self.tune.must("rollback")
        self.check_restored()
        for offset in range(0, FILL, 4096):
            self.assertEqual(int.from_bytes(memory[offset:offset + 8], "little"), offset)
        figure(f"swapoff of {used} KiB, and every page is whole")

    def with_available(self, kib):
        """What runs a program that finds that much memory available."""
        meminfo = self.tune.folder / "meminfo"
        real = pathlib.Path("/proc/meminfo").read_text()
        meminfo.write_text(re.sub(r"(MemAvailable:\s+)\d+", rf"\g<1>{kib}", real))
        return "unshare", "-m", "sh", "-c", 'mount --bind "$0" /proc/meminfo && exec "$@"', str(meminfo)

    def test_swapoff_that_does_not_fit(self):
        """It is refused with the figures; the rest is rolled back; later it works."""
        self.tune.must("apply")
        self.fill_swap()
        device = self.own_device()
        refused = self.tune.must("rollback", status=1, prefix=self.with_available(1024))
        self.assertRegex(refused.stdout, r"swapoff does not fit: [\d.]+ MiB swapped out, but only 1 MiB available")
        self.assertIn(device, swaps())
        self.assertEqual(read(VM / "swappiness"), self.before["vm.swappiness"])
        self.tune.must("rollback")
        self.check_restored()

    def test_swapoff_of_nothing(self):
        """What brings nothing back fits always."""
        self.tune.must("apply")
        self.assertEqual(swaps()[self.own_device()][1], 0)
        self.tune.must("rollback", prefix=self.with_available(1024))
        self.check_restored()

    def make_group(self, limit):
        """A memory cgroup with a limit, of version 1 or 2: its folder, and the file that has the limit."""
        old = pathlib.Path("/sys/fs/cgroup/memory/memory.limit_in_bytes").exists()
        folder = pathlib.Path("/sys/fs/cgroup", "memory" if old else "", f"twinlens-test-{os.getpid()}")
        if not old and "memory" not in read("/sys/fs/cgroup/cgroup.subtree_control").split():
            self.skipTest("no memory cgroups")
        folder.mkdir()
        self.addCleanup(folder.rmdir)
        file = folder / ("memory.limit_in_bytes" if old else "memory.max")
        file.write_text(str(limit))
        return folder, file

    @contextlib.contextmanager
    def run_in(self, folder):
        """A process with 48 MiB in the cgroup, as much of them swapped out as the limit demands."""
        code = (
            "import sys; open(sys.argv[1], 'w').write('0'); data = bytearray(b'x' * 4096) * 12288; "
            "print(1, flush=True); sys.stdin.read(); print(sum(data[::4096]), flush=True)")
        with subprocess.Popen([sys.executable, "-c", code, str(folder / "cgroup.procs")], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            try:
                self.assertEqual(process.stdout.readline(), "1\n")
                yield
                self.assertEqual(process.communicate()[0], f"{12288 * ord('x')}\n")
            finally:
                process.kill()
        self.assertEqual(process.returncode, 0)

    def test_limited_cgroup(self):
        """What is swapped out of a cgroup must fit into it again: else no swapoff, and nobody is killed."""
        self.tune.must("apply")
        folder, file = self.make_group(24 << 20)
        with self.run_in(folder):
            device = self.own_device()
            refused = self.tune.must("rollback", status=1)
            self.assertIn(f"swapoff does not fit: {file} is 24 MiB, with ", refused.stdout)
            self.assertIn(device, swaps())
            file.write_text(str(96 << 20))
            self.tune.must("rollback")
        self.check_restored()

    def test_cgroup_that_gets_short(self):
        """It held what is swapped out, and does no more when swapoff is about to read it back."""
        self.tune.must("apply")
        folder, file = self.make_group(24 << 20)
        with self.run_in(folder):
            device = self.own_device()
            file.write_text(str(96 << 20))
            with self.start_hung() as hung:
                self.swapoff_of(hung)
                file.write_text(str(26 << 20))
                text = hung.communicate(timeout=15)[0]
            self.assertEqual(hung.returncode, 1, text)
            self.assertIn(f"{device}: swapoff was ended: {file} is 26 MiB, with ", text)
            self.assertIn(device, swaps())
            file.write_text(str(96 << 20))
            self.tune.must("rollback")
        self.check_restored()

    def test_swapoff_that_fails(self):
        """What the kernel says is told, and not taken for the program's own doing."""
        self.tune.must("apply")
        device = self.own_device()
        failed = self.tune.must("rollback", status=1, env={"FAIL_SWAPOFF": str(errno.ENOMEM)})
        self.assertIn(f"{device}: swapoff: {os.strerror(errno.ENOMEM)}", failed.stdout)
        self.assertIn(device, swaps())
        self.tune.must("rollback")
        self.check_restored()

    def start_hung(self):
        """A rollback whose swapoff does not return."""
        environment = {**os.environ, "LD_PRELOAD": str(machine.BUILD / "kill-at.so"), "HANG_SWAPOFF": "1"}
        command = [TWINLENS, "tune", "rollback", "--state", str(self.tune.state)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    def swapoff_of(self, process):
        """The child that waits in swapoff: it has closed what it was given."""
        def find():
            child = read(f"/proc/{process.pid}/task/{process.pid}/children")
            return child if child and not os.listdir(f"/proc/{child}/fd") else None
        return eventually(find, 5, "swapoff begins")

    def test_swapoff_that_hangs(self):
        """It is ended, the swap stays in use, and the rest is rolled back. It holds no lock."""
        self.tune.must("apply")
        device = self.own_device()
        with self.start_hung() as hung:
            self.swapoff_of(hung)
            text = hung.communicate(timeout=60)[0]
        self.assertEqual(hung.returncode, 1, text)
        self.assertIn("swapoff was ended, as it took longer than 30 s", text)
        self.assertIn(device, swaps())
        self.assertEqual(read(VM / "swappiness"), self.before["vm.swappiness"])
        self.tune.must("rollback")
        self.check_restored()

    def test_somebody_changed_it(self):
        self.tune.must("apply")
        (VM / "dirty_ratio").write_text("33")
        device = self.own_device()
        subprocess.run(["swapoff", device], check=True, timeout=30)
        subprocess.run(["swapon", "-p", "77", device], check=True, timeout=30)
        self.tune.must("status", status=1)
        refused = self.tune.must("apply", status=3)
        self.assertIn("vm.dirty_ratio: somebody changed it since (33)", refused.stderr)
        self.assertEqual(read(VM / "dirty_ratio"), "33")
        done = steps(self.tune.must("rollback", "--json"))
        self.assertEqual(done["vm.dirty_ratio"]["outcome"], "left_alone")
        self.assertIn("33", done["vm.dirty_ratio"]["text"])
        self.assertEqual(done["swap"]["outcome"], "left_alone")
        self.assertEqual(done["vm.swappiness"]["outcome"], "restored")
        self.assertEqual(read(VM / "dirty_ratio"), "33")
        self.assertEqual(swaps()[device][2], 77)
        self.assertIn("nothing is applied", self.tune.must("rollback").stdout)

    def test_profile_that_changed_since(self):
        """status is of what was applied; and without its file."""
        nothing = json.loads(self.tune.must("status", "--json", status=1).stdout)
        self.assertEqual((nothing["profile"], nothing["changes"]), (None, []))
        self.tune.must("apply")
        self.tune.profile.write_text("[sysctl]\nvm.swappiness = 10\n")
        self.tune.must("status")
        self.tune.profile.unlink()
        status = json.loads(self.tune.must("status", "--json").stdout)
        self.assertEqual((status["open"], status["complete"]), (0, True))
        self.assertEqual({change["object"]: change["wanted"] for change in status["changes"]}["vm.swappiness"], "91")
        self.tune.must("rollback")
        self.check_restored()

    def test_long_values(self):
        """What does not fit into its column is told whole, on a line of its own."""
        self.tune.must("apply")
        (VM / "swappiness").write_text("60")
        machine.SYSCTL_FILE.write_text("vm.swappiness = 60\n")
        status = self.tune.must("status", status=1).stdout
        self.assertRegex(status, r"(?m)^  ~ vm.swappiness +60 +91$")
        self.assertRegex(
            status, fr"(?m)^  ~ {machine.SYSCTL_FILE}\n +now: a file with other content or mode\n +wanted: 3 settings$")
        self.assertRegex(status, r"(?m)^      now: zram\d+ 64 MiB \S+ prio 10$")
        self.assertEqual([line for line in status.splitlines() if len(line) > 80], [])
        self.tune.must("rollback")
        machine.SYSCTL_FILE.unlink()
        self.check_restored()

    def test_dirty_bytes(self):
        (VM / "dirty_bytes").write_text("50000000")
        before = machine.snapshot()
        self.tune.must("apply")
        self.assertEqual(read(VM / "dirty_ratio"), "15")
        self.tune.must("rollback")
        self.assertEqual(machine.difference(before, machine.snapshot()), {})

    def test_file_in_its_place(self):
        machine.SYSCTL_FILE.write_bytes(b"vm.swappiness = 7\n# \xff\xfe\n")
        machine.SYSCTL_FILE.chmod(0o640)
        before = machine.snapshot()
        self.tune.must("apply")
        self.assertIn("vm.swappiness = 91", machine.SYSCTL_FILE.read_text())
        self.tune.must("rollback")
        self.assertEqual(machine.difference(before, machine.snapshot()), {})

    def reboot(self):
        """What a reboot does to what was applied: the device goes, the settings are the defaults."""
        device = self.own_device()
        subprocess.run(["swapoff", device], check=True, timeout=30)
        (pathlib.Path("/sys/block") / pathlib.Path(device).name / "reset").write_text("1")
        (ZRAM_CONTROL / "hot_remove").write_text(device.removeprefix("/dev/zram"))
        for key in ("swappiness", "dirty_ratio", "dirty_background_ratio"):
            (VM / key).write_text(self.before[f"vm.{key}"])

    def test_boot(self):
        self.tune.must("apply")
        self.reboot()
        self.tune.must("status", status=1)
        before, begun = measure.Load(), time.monotonic()
        self.tune.must("boot")
        took, others = time.monotonic() - begun, measure.Load().others_since(before)
        self.tune.must("status")
        self.tune.must("boot")
        self.assertEqual(len(swaps()), len(self.tune_swaps()) + 1)
        self.tune.must("rollback")
        self.check_restored()
        figure(f"boot {took:.2f} s (bar 1)")
        measure.judge_once(self, took < (5 if IS_SANITIZED else 1), f"{took:.2f} s", others)

    def tune_swaps(self):
        return [name for name in self.before if name.startswith("swap ")]

    def test_device_of_somebody_else(self):
        """Made with the number that ours would have got, after a kill just before: it is left alone."""
        self.tune.must("apply", status=-signal.SIGKILL, env={"KILL_CALL": "hot_add"})
        number = (ZRAM_CONTROL / "hot_add").read_text().strip()
        before = machine.snapshot()
        self.tune.must("rollback")
        self.assertIn(f"zram{number}", machine.snapshot())
        self.assertEqual(machine.snapshot()[f"zram{number}"], before[f"zram{number}"])
        (ZRAM_CONTROL / "hot_remove").write_text(number)
        self.check_restored()

    def test_boot_killed(self):
        self.tune.must("apply")
        for n in range(1, 100):
            self.reboot()
            result = self.tune.run("boot", env={"KILL_AT": str(n)})
            if result.returncode != -signal.SIGKILL:
                break
            self.tune.must("boot")
            self.tune.must("status")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreater(n, 15)
        self.tune.must("rollback")
        self.check_restored()

    def test_boot_leaves_what_another_file_sets(self):
        other = pathlib.Path("/etc/sysctl.d/99-zz-test.conf")
        self.addCleanup(other.unlink, missing_ok=True)
        self.tune.must("apply")
        self.reboot()
        other.write_text("vm.swappiness = 42\n")
        plan = json.loads(self.tune.must("plan", "--json").stdout)
        said = next(change for change in plan["changes"] if change["object"] == "vm.swappiness")["disagrees"]
        self.assertEqual(said, f"at boot {other} wins, with vm.swappiness = 42")
        done = steps(self.tune.must("boot", "--json"))
        self.assertIn(str(other), done["vm.swappiness"]["text"])
        self.assertEqual(read(VM / "swappiness"), self.before["vm.swappiness"])
        other.unlink()
        self.tune.must("rollback")
        self.check_restored()

    def test_interrupted(self):
        """^C: the step that it is in is finished, and it says what to do."""
        result = self.tune.must("apply", status=1, env={"KILL_CALL": "rename", "KILL_SIGNAL": str(int(signal.SIGINT))})
        self.assertIn("interrupted: apply again completes it, rollback takes it back", result.stderr)
        made = int(re.search(r"(\d+) changes? made", result.stdout)[1])
        self.assertEqual(made, result.stdout.count("  made "))
        self.assertIn("cut short", self.tune.must("status", status=1).stderr)
        self.tune.must("apply")
        self.tune.must("status")
        self.tune.must("rollback")
        self.check_restored()

    def test_lock(self):
        """It is the machine's, whatever journal is used."""
        folder = pathlib.Path("/run/twinlens-tune")
        folder.mkdir(exist_ok=True)
        with open(folder / "lock", "w", encoding="ascii") as lock:
            lock.write("process 4711 (apply)\n")
            lock.flush()
            fcntl.flock(lock, fcntl.LOCK_EX)
            refused = self.tune.must("apply", status=1)
            self.assertIn("is held by process 4711 (apply)", refused.stderr)
            for verb in ("apply", "rollback"):
                self.check_interrupted_while_waiting(verb)
        self.check_restored()

    def check_interrupted_while_waiting(self, verb):
        command = [TWINLENS, "tune", verb, "--state", str(self.tune.state)]
        begun = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            time.sleep(0.5)
            run.send_signal(signal.SIGINT)
            self.assertEqual(run.wait(10), -signal.SIGINT, verb)
        self.assertLess(time.monotonic() - begun, 4, verb)

    def test_two_at_once(self):
        """The second waits for the first, and then finds nothing to do."""
        command = [TWINLENS, "tune", "apply", "--state", str(self.tune.state), "--profile", str(self.tune.profile)]
        runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
        results = [run.communicate(timeout=30) + (run.returncode,) for run in runs]
        self.assertEqual([result[2] for result in results], [0, 0, 0], results)
        counts = sorted(int(re.search(r"(\d+) change", result[0])[1]) for result in results)
        self.assertEqual(counts[:2], [0, 0], results)
        self.tune.must("rollback")
        self.check_restored()

    def test_two_journals(self):
        """The second is refused until the first is rolled back, at once or later."""
        folders = [self.tune.folder / name for name in ("a", "b", "c")]
        command = [TWINLENS, "tune", "apply", "--profile", str(self.tune.profile), "--state"]
        runs = [subprocess.Popen([*command, folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                for folder in folders]
        results = [run.communicate(timeout=30) + (run.returncode,) for run in runs]
        self.assertEqual(sorted(result[2] for result in results), [0, 1, 1], results)
        applied = folders[[result[2] for result in results].index(0)]
        for result in results:
            if result[2]:
                self.assertIn(f"run twinlens tune rollback --state {applied} first", result[1])
        subprocess.run([TWINLENS, "tune", "rollback", "--state", applied], check=True, capture_output=True, timeout=30)
        self.assertFalse(os.path.lexists("/run/twinlens-tune/applied"))
        self.check_restored()

    def test_default_journal_of_an_earlier_boot(self):
        """Nothing but the journal itself tells of it."""
        default = pathlib.Path("/var/lib/twinlens")
        if default.exists():
            self.skipTest(f"{default} is there: tune is in use on this machine")
        self.tune.must("apply")
        self.addCleanup(shutil.rmtree, default)
        shutil.copytree(self.tune.state, default / "tune")
        os.unlink("/run/twinlens-tune/applied")
        other = self.tune.run("apply", "--state", str(self.tune.folder / "other"))
        self.assertEqual(other.returncode, 1)
        self.assertIn("what is in /var/lib/twinlens/tune is applied", other.stderr)
        shutil.rmtree(default / "tune")
        self.tune.must("rollback")
        self.check_restored()

    def fill_disk(self):
        with open(self.tune.state / "filler", "wb", buffering=0) as filler, self.assertRaises(OSError):
            while True:
                filler.write(bytes(512))

    def test_full_disk(self):
        """What was applied can be taken back; nothing is applied that could not be."""
        self.tune.state.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", self.tune.state], check=True, timeout=30)
        self.addCleanup(subprocess.run, ["umount", self.tune.state], check=True, timeout=30)
        keys = ("dirty_expire_centisecs", "dirty_writeback_centisecs", "vfs_cache_pressure", "stat_interval",
                "laptop_mode", "overcommit_ratio", "watermark_boost_factor", "extfrag_threshold")
        with self.tune.profile.open("a") as profile:
            profile.writelines(f"vm.{key} = {int(read(VM / key)) + 1}\n" for key in keys)
        self.tune.must("apply")
        self.fill_disk()
        self.tune.must("rollback")
        self.check_restored()
        self.fill_disk()
        refused = self.tune.must("apply", status=1)
        self.assertIn("No space left on device", refused.stderr)
        self.check_restored()

    def test_read_only(self):
        """Nothing is changed, each thing is named once; what can be made is made with --partial."""
        with self.tune.profile.open("a") as profile:
            profile.write("[cache]\ndrop = 1\n")
        refused = self.tune.must("apply", status=3, prefix=READ_ONLY)
        self.assertEqual(refused.stderr.count("/proc/sys is read-only"), 1, refused.stderr)
        self.assertFalse(self.tune.state.exists())
        self.check_restored()
        self.tune.must("apply", "--partial", prefix=READ_ONLY)
        self.assertEqual(read(VM / "swappiness"), self.before["vm.swappiness"])
        self.assertFalse(machine.SYSCTL_FILE.exists(), "the values of before would be lost at the next boot")
        self.own_device()
        again = self.tune.must("apply", "--partial", prefix=READ_ONLY)
        self.assertIn("0 changes made", again.stdout)
        self.assertIn("/proc/sys is read-only", again.stderr)
        self.tune.must("rollback")
        self.check_restored()

    def test_partial_that_was_killed(self):
        """It is completed, also when all that can be made was made by then."""
        for n in range(1, 400):
            result = self.tune.run("apply", "--partial", prefix=(*READ_ONLY, "env", f"KILL_AT={n}"))
            if result.returncode != -signal.SIGKILL:
                break
            if n % 5 == 0:
                self.tune.must("apply", "--partial", prefix=READ_ONLY)
                self.tune.must("status")
                self.tune.must("rollback")
                self.check_restored(f"killed at {n}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreater(n, 15)
        self.tune.must("rollback")
        self.check_restored()

    def test_another_profile(self):
        self.tune.must("apply")
        refused = self.tune.must("apply", "--profile", "guide", status=1)
        self.assertEqual(refused.stderr.count(f"rollback --state {self.tune.state} first"), 1, refused.stderr)
        self.tune.must("rollback")
        self.check_restored()

    def test_no_device_files(self):
        """As in a container with a /dev of its own: nothing is changed."""
        prefix = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs none /dev && exec "$0" "$@"')
        refused = self.tune.must("apply", status=3, preload=False, prefix=prefix)
        self.assertIn("/dev is no devtmpfs, and shows no zram devices", refused.stderr)
        self.assertFalse(self.tune.state.exists())
        self.check_restored()

    def test_not_root(self):
        folder = self.tune.folder
        folder.chmod(0o755)
        program = folder / "twinlens"
        for path in (TWINLENS, f"{TWINLENS}-tune"):
            shutil.copy(path, folder)
        for verb in ("plan", "apply"):
            result = self.tune.must(verb, status=3, preload=False, program=str(program), user="nobody")
            self.assertEqual(result.stderr.count("run it as root, with sudo"), 1, result.stderr)
        rootless = self.tune.must(
            "apply", status=3, preload=False, program=str(program), prefix=("unshare", "-Ur"), user="nobody")
        self.assertEqual(rootless.stderr.count("run it as root, with sudo"), 1, rootless.stderr)
        self.assertFalse(self.tune.state.exists())
        self.assertIn("vm.swappiness", self.tune.run("plan", preload=False, program=str(program), user="nobody").stdout)
        self.tune.must("apply")
        self.tune.must("status", preload=False, program=str(program), user="nobody")
        (VM / "dirty_ratio").write_text("33")
        differs = self.tune.must("status", status=1, preload=False, program=str(program), user="nobody")
        self.assertRegex(differs.stdout, r"~ vm.dirty_ratio +33 +15")
        (VM / "dirty_ratio").write_text("15")
        self.tune.must("rollback", status=3, preload=False, program=str(program), user="nobody")
        self.tune.must("rollback")
        self.check_restored()

    def test_other_zram(self):
        """Swap of somebody else is taken when it is large enough, and else refused."""
        with self.other_device() as device:
            for size, status in (("32M", 3), ("64M", 0)):
                self.use_other(device, size)
                plan = self.tune.must("plan", "--json", status=status)
                zram = next(change for change in json.loads(plan.stdout)["changes"] if change["kind"] == "zram")
                self.assertIn(device, zram["lacks" if status else "disagrees"])

    def test_boot_with_other_zram(self):
        """Swap of somebody else that is there by the time of the boot unit: no second one is made."""
        self.tune.must("apply")
        self.reboot()
        with self.other_device() as device:
            self.use_other(device, "96M")
            done = steps(self.tune.must("boot", "--json"))
            self.assertRegex(done["swap"]["text"], f"left: somebody else has swap in zram by now, {device} 96 MiB prio")
            self.assertEqual(len(swaps()), len(self.tune_swaps()) + 1)
        self.tune.must("rollback")
        self.check_restored()

    @contextlib.contextmanager
    def other_device(self):
        number = (ZRAM_CONTROL / "hot_add").read_text().strip()
        try:
            yield f"/dev/zram{number}"
        finally:
            self.give_up_other(f"/dev/zram{number}")
            (ZRAM_CONTROL / "hot_remove").write_text(number)

    def give_up_other(self, device):
        if device in swaps():
            subprocess.run(["swapoff", device], check=True, timeout=30)
        (pathlib.Path("/sys/block") / pathlib.Path(device).name / "reset").write_text("1")

    def use_other(self, device, size):
        self.give_up_other(device)
        (pathlib.Path("/sys/block") / pathlib.Path(device).name / "disksize").write_text(size)
        subprocess.run(["mkswap", device], check=True, capture_output=True, timeout=30)
        subprocess.run(["swapon", device], check=True, timeout=30)

    def test_usage(self):
        self.tune.must("plan", "--profile", "none", status=2)
        self.tune.must("status", "--profile", "guide", status=2)
        self.tune.must("plan", "--partial", status=2)
        self.tune.must("nonsense", status=2)
        self.tune.must("apply", "rollback", status=2)
        self.tune.must("plan", "--nonsense", status=2)
        self.tune.must("plan", "--service", "a/b", status=2)
        self.tune.must("plan", "--state", "", status=2)

    def test_boot_state(self):
        """The folder that the boot unit reads is known however it is written."""
        for folder in ("/var/lib/twinlens/tune", "/var/lib/twinlens/tune//"):
            plan = json.loads(self.tune.run("plan", "--json", "--state", folder).stdout)
            self.assertIn("boot", {change["kind"] for change in plan["changes"]}, folder)


if __name__ == "__main__":
    main()
