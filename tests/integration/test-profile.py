#!/usr/bin/env python3
"""profile: the logs of a running server against /proc by hand; tools that are there and that are not; trouble."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from harness import (
    IS_SANITIZED, SANITIZER, TWINLENS, Server, child_environment, die_with_parent, eventually, main, run_twinlens)
from measure import measured

LOGS = ("performance.log", "memory_mapping.log", "functions.log", "syscall_analysis.log")
CAMERAS = ("cam0=synthetic,size=320x240,fps=30,format=yuyv", "cam1=synthetic,size=64x48,fps=30,format=mjpeg")
# What the tools need themselves beside being there.
ALWAYS = ("sh", "bash", "dash", "uname", "setpriv", "sleep")
HAS_PERF = shutil.which("perf") is not None
HAS_STRACE = shutil.which("strace") is not None
MAPPING = re.compile(r"^[0-9a-f]+-[0-9a-f]+ ", re.MULTILINE)
THREAD = re.compile(r"^ *(\d+) (\S+) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+|-) +([\d.]+) +([\d.]+) +(\d+) +(\d+)$")


measures = unittest.skipIf(SANITIZER == "thread", "the server is too slow for its figures to say something")


class Watcher:
    """Keeps a camera running."""

    def __init__(self, server, camera):
        self.socket = server.connect()
        self.socket.sendall(f"GET /stream/{camera} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self):
        try:
            while self.socket.recv(1 << 20):
                pass
        except OSError:
            pass


def read_cpu_ns(pid):
    return sum(int(path.read_text().split()[0]) for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"))


def read_tracer(pid):
    return int(re.search(r"TracerPid:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def read_sums(text):
    """what for -> n, size, rss, pss, dirty, swap"""
    block = text.split("\n\n")[1].splitlines()[1:]
    return {name.strip(): [int(value) for value in values.split()]
            for name, values in (re.match(r"(.{16}) (.*)", line).groups() for line in block)}


class Profile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(cameras=CAMERAS)
        cls.addClassCleanup(cls.server.kill)
        cls.watchers = [Watcher(cls.server, camera) for camera in ("cam0", "cam1")]
        for camera in ("cam0", "cam1"):
            cls.server.wait_state(camera, "streaming")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "a" / "logs"
        (self.folder / "tmp").mkdir()
        self.environment = {"TMPDIR": str(self.folder / "tmp")}

    def only_tools(self, *names):
        tools = self.folder / "bin"
        tools.mkdir()
        for name in (*ALWAYS, *names):
            if path := shutil.which(name):
                (tools / name).symlink_to(os.path.realpath(path))
        self.environment["PATH"] = str(tools)

    def profile(self, *arguments, pid=None, duration="2s", seconds=40):
        return run_twinlens(
            "profile", "--pid", str(pid or self.server.pid), "--duration", duration, "--out", str(self.out),
            *arguments, seconds=seconds, env=self.environment)

    def begin(self, duration):
        process = subprocess.Popen(
            [TWINLENS, "profile", "--pid", str(self.server.pid), "--duration", duration, "--out", str(self.out)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=child_environment(self.environment), preexec_fn=die_with_parent)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def log(self, name):
        return (self.out / name).read_text()

    def check_nothing_is_left(self):
        self.assertEqual(list((self.folder / "tmp").iterdir()), [])
        self.assertEqual([path.name for path in self.out.iterdir() if path.name not in LOGS], [])
        self.assertEqual(read_tracer(self.server.pid), 0)
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].endswith((b"perf", b"strace")):
                self.assertNotIn(str(self.server.pid).encode(), words)

    @measures
    def test_the_logs_agree_with_proc(self):
        frames = self.server.camera()["frames"]
        begun, cpu = time.monotonic(), read_cpu_ns(self.server.pid)
        result = self.profile(duration="4s")
        took = time.monotonic() - begun
        percent = (read_cpu_ns(self.server.pid) - cpu) / took / 1e7
        fps = (self.server.camera()["frames"] - frames) / took
        self.assertIn(result.returncode, (0, 3), result.stderr)
        for name in LOGS[:3]:
            head = self.log(name).splitlines()[:3]
            self.assertEqual([line.split(":")[0] for line in head], ["# what", "# measured", "# command"], name)

        threads = [match for line in self.log("performance.log").splitlines() if (match := THREAD.match(line))]
        tids = set(map(int, os.listdir(f"/proc/{self.server.pid}/task")))
        self.assertEqual({int(match[1]) for match in threads}, tids)
        logged = sum(float(match[3]) for match in threads)
        self.assertGreater(logged, percent / 3)
        self.assertLess(logged, percent * 3)
        # A camera's thread waits once for each frame.
        camera = next(match for match in threads if match[2] == "cam0")
        self.assertGreater(float(camera[7]), fps / 2)
        self.assertLess(float(camera[7]), fps * 4)
        self.assertRegex(self.log("performance.log"), r"memory stall: ([\d.]+ %|not known)")

        text = self.log("memory_mapping.log")
        sums = read_sums(text)
        everything = sums.pop("all")
        for column in (0, 1, 2, 4, 5):
            # Each is cut to whole KiB, and all pages are.
            self.assertEqual(sum(values[column] for values in sums.values()), everything[column])
        mappings = len(MAPPING.findall(pathlib.Path(f"/proc/{self.server.pid}/maps").read_text()))
        self.assertEqual(everything[0], len(MAPPING.findall(text)))
        self.assertAlmostEqual(everything[0], mappings, delta=20 if IS_SANITIZED else 0)  # a sanitizer maps and unmaps
        pss, _ = self.server.memory()
        self.assertLess(abs(everything[3] * 1024 - pss), pss / 3)
        # The allocator of a sanitizer has its memory elsewhere.
        for kind in ("code", "libraries", "stacks", *(() if IS_SANITIZED else ("heap", "frames"))):
            self.assertGreater(sums[kind][2], 0, kind)

        self.assertIn(str(self.server.pid), result.stdout)
        self.assertRegex(result.stdout, r"cam0 [\d.]+, cam1 [\d.]+ frames/s")
        self.assertEqual(len(re.findall(r"^ +[\d.]+ % ", result.stdout, re.MULTILINE)), 3)
        self.check_nothing_is_left()

    def check_calls(self, tool):
        text = self.log("syscall_analysis.log")
        self.assertIn(f"by {tool}", text.splitlines()[1])
        if not IS_SANITIZED:  # it may be too slow for a call within the time
            self.assertRegex(text, r"\bp?poll\b")
        self.assertRegex(text, r"# frame rate: before: cam0 [\d.]+.*meanwhile.*afterwards: cam0 [\d.]+")
        self.check_nothing_is_left()

    @measures
    @unittest.skipUnless(HAS_PERF, "there is no perf")
    @measured
    def test_perf(self):
        self.only_tools("perf")
        result = self.profile(duration="4s")
        if "perf trace failed" in result.stderr:
            self.assertEqual(result.returncode, 3)
            self.skipTest(f"perf trace does not work here: {result.stderr}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.check_calls("perf trace")
        calls = self.log("syscall_analysis.log")
        self.assertIn(f"({self.server.pid})", calls)
        # A camera's thread mostly waits, and all of the time that is named was measured.
        seconds = float(re.search(r"measured: for ([\d.]+) s", calls)[1])
        waited = float(re.search(r"cam0 \(\d+\), (?:.*\n)+? +p?poll +\d+ +\d+ +([\d.]+)", calls)[1]) / 1000
        self.assertGreater(waited, 0.75 * seconds)
        functions = self.log("functions.log")
        self.assertTrue("Overhead" in functions or "not measured: " in functions, functions)

    @measures
    @unittest.skipUnless(HAS_STRACE, "there is no strace")
    def test_strace_where_there_is_no_perf(self):
        self.only_tools("strace")
        result = self.profile()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.check_calls("strace")
        self.assertIn("dropped frames", self.log("syscall_analysis.log"))
        self.assertIn("linux-perf", self.log("syscall_analysis.log"))
        self.assertIn("linux-perf", self.log("functions.log"))
        self.assertIn("linux-perf", result.stderr)

    def test_neither(self):
        self.only_tools()
        self.out.mkdir(parents=True)
        (self.out / "syscall_analysis.log").write_text("of an earlier run\n")
        result = self.profile()
        self.assertEqual(result.returncode, 3)
        for package in ("linux-perf", "package strace"):
            self.assertIn(package, result.stderr)
        self.assertFalse((self.out / "syscall_analysis.log").exists())
        self.assertTrue(self.log("memory_mapping.log"))
        self.check_nothing_is_left()

    def test_refusals(self):
        ended = subprocess.Popen(["true"])
        ended.wait()
        for arguments in (("--pid", str(ended.pid)), ("--pid", "0"), ("--pid", "x"), ("--duration", "1s"),
                          ("--duration", "x"), ("--out", ""), ("nonsense",)):
            result = run_twinlens("profile", "--pid", str(self.server.pid), *arguments, cwd=self.folder)
            self.assertEqual((result.returncode, result.stdout, result.stderr.count("\n")), (2, "", 1), arguments)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["tmp"])

    def test_several_servers(self):
        with Server() as other:
            result = run_twinlens("profile", "--out", str(self.out))
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            if len(result.stderr) < 200:
                for pid in (self.server.pid, other.pid):
                    self.assertIn(str(pid), result.stderr)
        self.assertFalse(self.out.exists())

    @unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
    def test_a_process_of_somebody_else(self):
        self.folder.chmod(0o777)
        try:
            result = run_twinlens(
                "profile", "--pid", str(self.server.pid), "--out", str(self.out), user=65534, group=65534)
        except PermissionError:
            self.skipTest("an ordinary user cannot get at the build")
        self.assertEqual((result.returncode, result.stdout, result.stderr.count("\n")), (3, "", 1), result.stderr)
        self.assertIn("permission", result.stderr.lower())
        self.assertFalse(self.out.exists())

    def test_a_folder_that_cannot_be_written(self):
        (self.folder / "a").write_text("a file\n")
        result = self.profile()
        self.assertEqual((result.returncode, result.stdout, result.stderr.count("\n")), (1, "", 1), result.stderr)

    def check_interrupted(self, process, logs):
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 1, errors)
        self.assertIn("interrupted", errors)
        self.assertEqual({path.name for path in self.out.iterdir()}, set(logs))
        self.check_nothing_is_left()

    def test_interrupted_while_it_counts(self):
        process = self.begin("60s")
        eventually(lambda: list((self.folder / "tmp").iterdir()), 10, "it has begun")
        time.sleep(1)
        self.check_interrupted(process, ["performance.log"])
        self.assertIn("memory stall", self.log("performance.log"))

    @unittest.skipUnless(HAS_STRACE, "there is no strace")
    def test_interrupted_while_it_traces(self):
        self.only_tools("strace")
        process = self.begin("12s")
        eventually(lambda: read_tracer(self.server.pid), 30, "strace is attached")
        time.sleep(0.5)
        self.check_interrupted(process, LOGS)
        self.assertIn("calls", self.log("syscall_analysis.log"))

    @unittest.skipUnless(HAS_STRACE and shutil.which("setpriv"), "there is no strace, or no setpriv")
    def test_killed_while_it_traces(self):
        self.only_tools("strace")
        process = self.begin("12s")
        eventually(lambda: read_tracer(self.server.pid), 30, "strace is attached")
        process.kill()
        process.communicate(timeout=30)
        eventually(lambda: read_tracer(self.server.pid) == 0, 10, "strace has let go")
        before = self.server.camera()["frames"]
        eventually(lambda: self.server.camera()["frames"] > before, 5, "the camera goes on")

    @unittest.skipIf(IS_SANITIZED, "a sanitizer complains when a server is killed")
    def test_the_process_ends_meanwhile(self):
        with Server() as other:
            process = subprocess.Popen(
                [TWINLENS, "profile", "--pid", str(other.pid), "--duration", "4s", "--out", str(self.out)],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=child_environment(self.environment),
                preexec_fn=die_with_parent)
            eventually(lambda: list((self.folder / "tmp").iterdir()), 10, "it has begun")
            other.stop()
            _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 1, errors)
        self.assertIn("ended", errors)
        self.check_nothing_is_left()


main()
