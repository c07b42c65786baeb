#!/usr/bin/env python3
"""simulate on the machine's own kernel: limits hold, and everything is given back however it ends."""

import contextlib
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import measure
from harness import PATIENCE, SANITIZER_WORDS, TWINLENS, child_environment, die_with_parent, eventually, figure, main
from machine import meminfo, ram

MIB = 1 << 20
CGROUPS = pathlib.Path("/sys/fs/cgroup")
SYSCTL = pathlib.Path("/proc/sys/vm/nr_overcommit_hugepages")
RUN = pathlib.Path("/run/twinlens-simulate")
STATE = RUN / "nr_overcommit_hugepages.json"
# What is taken from the machine, which others use, too.
TAKEN = 512 * MIB
# Writes that many MiB, prints a line, and stays.
EAT = "import sys, time; x = bytearray(int(sys.argv[1]) << 20); x[::4096] = b'x' * (len(x) // 4096); " \
      "print('eaten', flush=True); time.sleep(float(sys.argv[2]))"


def eat(mib, seconds=0):
    return [sys.executable, "-c", EAT, str(mib), str(seconds)]


def settled_available():
    """MemAvailable once it stands still, after 3 s at the latest: on a virtual machine the kernel reports free pages to
    the hypervisor in portions, which are not free meanwhile."""
    available = meminfo()["MemAvailable"]
    for _ in range(10):
        time.sleep(0.3)
        before, available = available, meminfo()["MemAvailable"]
        if abs(available - before) < 4 * MIB:
            break
    return available


def groups(pid=""):
    """The cgroups that are left of a simulation."""
    return [path for path in CGROUPS.glob(f"**/twinlens-simulate-{pid}*") if path.is_dir()]


def read_stat(pid):
    """What follows the name in /proc/PID/stat: state, parent, ...; nothing when it has ended."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def cleaner_of(pid):
    for path in pathlib.Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            if path.read_text() == "twinlens-clean\n" and read_stat(path.parent.name)[1] == str(pid):
                return int(path.parent.name)
    raise AssertionError("there is no process that cleans up")


def runs(pid):
    return read_stat(pid)[:1] not in ([], ["Z"])


def may_lower_oom_score():
    """Containers often have no CAP_SYS_RESOURCE."""
    capabilities = re.search(r"CapEff:\s+(\w+)", pathlib.Path("/proc/self/status").read_text())[1]
    return bool(int(capabilities, 16) >> 24 & 1)


class SimulateTest(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0:
            raise unittest.SkipTest("not root")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_json(self, *arguments, seconds=30):
        """Runs it to its end: the report and the exit status."""
        result = subprocess.run(
            [TWINLENS, "simulate", "--json", *arguments], capture_output=True, text=True, timeout=seconds * PATIENCE,
            stdin=subprocess.DEVNULL, env=child_environment(), preexec_fn=die_with_parent)
        if SANITIZER_WORDS.search(result.stderr):
            raise AssertionError(result.stderr)
        return json.loads(result.stdout), result.returncode, result.stderr

    def start(self, *arguments, prefix=(), **kwargs):
        """Starts it; returns when the command has printed a line, with the process."""
        process = subprocess.Popen(
            [*prefix, TWINLENS, "simulate", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=child_environment(), preexec_fn=die_with_parent, **kwargs)
        self.addCleanup(self.end, process)
        line = process.stdout.readline()
        if not line:
            self.fail(process.stderr.read())
        return process, line

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)

    def check_gone(self, process, pids, what):
        """Within a second after the process has ended: its cgroup, and what ran in it."""
        begun = time.monotonic()
        process.wait(20)
        eventually(lambda: not groups(process.pid) and not any(map(runs, pids)), 1, what)
        figure(f"{what}: all given back in {time.monotonic() - begun:.3f} s")


class Limit(SimulateTest):
    def test_what_eats_memory_is_killed_at_the_limit(self):
        report, status, _ = self.run_json("--memory", "64M", "--", *eat(256))
        self.assertEqual((status, report["exit_status"], report["signal"]), (137, 137, signal.SIGKILL))
        self.assertGreaterEqual(report["oom_kills"], 1)
        self.assertGreater(report["limit"]["hits"], 0)
        self.assertGreater(report["peak_bytes"], 48 * MIB)
        self.assertLessEqual(report["peak_bytes"], 64 * MIB)
        self.assertEqual(groups(), [])

    def test_a_child_that_is_killed_is_not_the_command(self):
        script = f"{sys.executable} -c \"{EAT}\" 256 0; exit 3"
        report, status, _ = self.run_json("--memory", "64M", "sh", "-c", script)
        self.assertEqual((status, report["signal"]), (3, 0))
        self.assertEqual(report["oom_kills"], 1)

    def test_what_fits_is_left_alone(self):
        report, status, printed = self.run_json("--memory", "256M", *eat(64))
        self.assertEqual((status, report["oom_kills"], report["limit"]["hits"]), (0, 0, 0))
        self.assertGreater(report["peak_bytes"], 64 * MIB)
        self.assertIn("eaten", printed)
        self.assertGreaterEqual(report["duration_s"], 0)

    def test_its_output_and_its_status_are_its_own(self):
        process = subprocess.run(
            [TWINLENS, "simulate", "--memory", "256M", "--", "sh", "-c", "echo out; cat; exit 42"], input="in\n",
            capture_output=True, text=True, timeout=30, env=child_environment())
        self.assertEqual((process.returncode, process.stdout), (42, "out\nin\n"))
        self.assertIn("42", process.stderr)

    def test_a_command_that_is_not_there(self):
        report, status, printed = self.run_json("--memory", "256M", "/nonexistent/command")
        self.assertEqual((status, set(report)), (3, {"error"}))
        self.assertEqual(len(printed.splitlines()), 1)
        self.assertEqual(groups(), [])

    def test_not_by_root(self):
        os.chmod(self.folder, 0o755)
        program = shutil.copy(f"{TWINLENS}-simulate", self.folder)
        result = subprocess.run(
            ["setpriv", "--reuid", "65534", "--clear-groups", program, "--memory", "256M", "true"],
            capture_output=True, text=True, timeout=30, env=child_environment())
        self.assertEqual((result.returncode, len(result.stderr.splitlines())), (3, 1), result.stderr)

    def test_killed_by_another(self):
        report, status, _ = self.run_json("--memory", "256M", "sh", "-c", "kill -9 $$")
        self.assertEqual((status, report["signal"], report["oom_kills"]), (137, signal.SIGKILL, 0))

    def test_what_runs_on_is_killed(self):
        report, status, _ = self.run_json("--memory", "256M", "sh", "-c", "sleep 300 >/dev/null 2>&1 & exit 0")
        self.assertEqual((status, report["killed_processes"]), (0, 1))
        self.assertEqual(groups(), [])


class Ends(SimulateTest):
    def test_its_own_end_with_a_full_cgroup(self):
        """Anonymous memory up to the limit, and page cache that has to make room for it."""
        file = self.folder / "file"
        file.write_bytes(b"x" * (96 * MIB))
        script = f"cat {file} >/dev/null; {sys.executable} -c \"{EAT}\" 40 0; echo ready; sleep 0.2"
        process, _ = self.start("--memory", "64M", "sh", "-c", script)
        self.assertEqual(process.wait(30), 0)
        self.check_gone(process, (), "a full cgroup")

    def test_kill_of_simulate(self):
        process, _ = self.start("--memory", "256M", "sh", "-c", "sleep 300 & echo $!; setsid sleep 301")
        inside = [int(pid) for path in groups(process.pid) for pid in (path / "cgroup.procs").read_text().split()]
        self.assertGreaterEqual(len(inside), 2)
        process.kill()
        self.check_gone(process, inside, "kill -9 of simulate")

    def test_kill_of_the_command(self):
        process, pid = self.start("--memory", "256M", "sh", "-c", "echo $$; sleep 300")
        os.kill(int(pid), signal.SIGKILL)
        self.assertEqual(process.wait(10), 137)
        self.check_gone(process, [int(pid)], "kill -9 of the command")

    def test_signals_reach_the_command(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
            script = f"trap 'exit {30 + number}' {number.name[3:]}; echo $$; while :; do sleep 0.05; done"
            process, pid = self.start("--memory", "256M", "sh", "-c", script)
            process.send_signal(number)
            self.assertEqual(process.wait(10), 30 + number)
            self.check_gone(process, [int(pid)], f"{number.name} to simulate")

    def test_one_that_it_does_not_catch(self):
        process, pid = self.start("--memory", "256M", "sh", "-c", "echo $$; exec sleep 300")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(10), 128 + signal.SIGTERM)
        self.check_gone(process, [int(pid)], "SIGTERM to simulate")

    def test_interrupt_from_the_terminal(self):
        """It reaches the command once: from the terminal, and not from simulate again."""
        count = self.folder / "count"
        script = f"trap 'echo >>{count}; n=$((n+1))' INT; echo $$; while [ ! \"$n\" ]; do sleep 0.05; done; sleep 0.3; exit 9"
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(TWINLENS, [TWINLENS, "simulate", "--memory", "256M", "sh", "-c", script], child_environment())
        self.addCleanup(os.close, terminal)
        inside = int(os.read(terminal, 100))
        os.write(terminal, b"\x03")
        _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 9)
        self.assertEqual(count.read_text(), "\n")
        eventually(lambda: not groups(pid) and not runs(inside), 1, "the cgroup is gone")

    def test_kill_of_simulate_and_of_its_cleaner(self):
        """The next run cleans up."""
        process, pid = self.start("--memory", "256M", "sh", "-c", "echo $$; exec sleep 5")
        os.kill(cleaner_of(process.pid), signal.SIGKILL)
        process.kill()
        process.wait(10)
        time.sleep(0.2)
        self.assertEqual(len(groups(process.pid)), 1)
        self.assertTrue(runs(int(pid)))
        self.run_json("--memory", "256M", "true")
        self.assertFalse(runs(int(pid)))
        self.assertEqual(groups(), [])


class WholeMachine(SimulateTest):
    def setUp(self):
        super().setUp()
        if not SYSCTL.exists():
            raise unittest.SkipTest("the kernel has no huge pages")
        self.size = f"{(ram() - TAKEN) // MIB}M"
        if meminfo()["MemAvailable"] < 2 * TAKEN:
            raise unittest.SkipTest("less than 1 GiB is available")
        self.before = SYSCTL.read_text()
        self.addCleanup(SYSCTL.write_text, self.before)
        self.hugetlb = meminfo()["Hugetlb"]

    def start_whole(self, *command, **kwargs):
        process, line = self.start("--whole-machine", "--memory", self.size, *command, **kwargs)
        taken = meminfo()["Hugetlb"] - self.hugetlb
        self.assertGreaterEqual(taken, TAKEN * 63 // 64 - MIB)
        self.assertLess(taken, TAKEN + 4 * MIB)
        return process, line

    def check_returned(self, process, what):
        begun = time.monotonic()
        process.wait(20)
        eventually(
            lambda: meminfo()["Hugetlb"] == self.hugetlb and SYSCTL.read_text() == self.before
            and not groups(process.pid) and not STATE.exists(), 1, what)
        figure(f"{what}: all returned in {time.monotonic() - begun:.3f} s")

    def test_takes_it_and_returns_it(self):
        def attempt():
            before = settled_available()
            process, _ = self.start_whole("sh", "-c", "echo here; sleep 4")
            during = settled_available()
            self.assertEqual(process.wait(20), 0)
            self.check_returned(process, "the end of the command")
            after = settled_available()
            error = max(abs(before - during - TAKEN), abs(after - before))
            return error < 128 * MIB, f"MemAvailable {before // MIB} -> {during // MIB} -> {after // MIB} MiB"

        measure.judge(self, attempt, attempts=5)

    def test_reports(self):
        report, status, _ = self.run_json("--whole-machine", "--memory", self.size, "true")
        machine = report["machine"]
        self.assertEqual((status, report["limit"], report["whole_machine"]), (0, None, True))
        self.assertEqual(machine["ram_bytes"], ram())
        self.assertEqual(machine["locked_bytes"], 0)
        self.assertTrue(0 < machine["used_percent"] < 100)
        self.assertTrue(report["reproduced"] and report["not_reproduced"])

    def test_the_command_is_not_spared_by_the_oom_killer(self):
        process, line = self.start_whole("sh", "-c", "cat /proc/self/oom_score_adj; sleep 300")
        self.assertEqual(line, pathlib.Path("/proc/self/oom_score_adj").read_text())
        expected = "-1000\n" if may_lower_oom_score() else line
        self.assertEqual(pathlib.Path(f"/proc/{process.pid}/oom_score_adj").read_text(), expected)

    def test_kill_of_simulate(self):
        process, _ = self.start_whole("sh", "-c", "echo here; sleep 300")
        process.kill()
        self.check_returned(process, "kill -9 of simulate")

    def test_interrupt(self):
        process, _ = self.start_whole("sh", "-c", "echo here; exec sleep 300")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 128 + signal.SIGINT)
        self.check_returned(process, "SIGINT to simulate")

    def test_kill_of_simulate_and_of_its_cleaner(self):
        """The kernel returns the memory all the same; the next run restores the sysctl."""
        process, _ = self.start_whole("sh", "-c", "echo here; exec sleep 3")
        os.kill(cleaner_of(process.pid), signal.SIGKILL)
        process.kill()
        process.wait(10)
        eventually(lambda: meminfo()["Hugetlb"] == self.hugetlb, 1, "the memory is returned")
        self.assertNotEqual(SYSCTL.read_text(), self.before)
        self.assertTrue(STATE.exists())
        process, _ = self.start_whole("sh", "-c", "echo here")
        self.check_returned(process, "the next run")

    def test_one_at_a_time(self):
        process, _ = self.start_whole("sh", "-c", "echo here; exec sleep 300")
        report, status, _ = self.run_json("--whole-machine", "--memory", self.size, "true")
        self.assertEqual((status, set(report)), (1, {"error"}))
        process.terminate()
        self.check_returned(process, "SIGTERM to simulate")

    def test_refuses_what_does_not_fit(self):
        for size in ("16M", f"{ram() // MIB + 1}M"):
            report, status, printed = self.run_json("--whole-machine", "--memory", size, "true")
            self.assertEqual((status, set(report)), (3, {"error"}), size)
            self.assertEqual(len(printed.splitlines()), 1)
        self.assertEqual(meminfo()["Hugetlb"], self.hugetlb)
        self.assertEqual(SYSCTL.read_text(), self.before)

    def test_leaves_what_was_changed_since(self):
        process, _ = self.start_whole("sh", "-c", "echo here; exec sleep 300")
        SYSCTL.write_text("7777\n")
        process.terminate()
        process.wait(10)
        self.assertEqual(SYSCTL.read_text(), "7777\n")
        self.assertIn("7777", process.stderr.read())
        self.assertFalse(STATE.exists())

    def test_locked_pages_where_there_are_no_huge_ones(self):
        """A file over the sysctl: the kernel allows no surplus page then."""
        fake = self.folder / "overcommit"
        fake.write_text("0\n")
        prefix = ["unshare", "--mount", "sh", "-c", f'mount --bind {fake} {SYSCTL} && exec "$@"', "sh"]
        process, _ = self.start(
            "--json", "--whole-machine", "--memory", self.size, "sh", "-c", "echo here >&2; sleep 0.5", prefix=prefix)
        report = json.loads("{" + process.stdout.read())
        self.assertEqual(process.wait(20), 0)
        self.assertEqual(report["machine"]["huge_page_bytes"], 0)
        self.assertGreaterEqual(report["machine"]["locked_bytes"], TAKEN * 63 // 64)
        self.assertEqual(fake.read_text(), "0")
        self.assertEqual(groups(), [])


main()
