#!/usr/bin/env python3
"""What cannot work is refused with one clear line and the right exit status; what can work goes on."""

import os
import shutil
import socket
import subprocess
import sys
import unittest

import harness
from harness import TWINLENS, Config, Server, run_twinlens
from websocket import WebSocket

FAILED, USAGE, LACKING = 1, 2, 3
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
ADD_LOOPBACK = (
    "import fcntl, os, socket, struct, sys; "
    f"fcntl.ioctl(socket.socket(), {SIOCSIFFLAGS}, struct.pack('16sh', b'lo', {IFF_UP})); "
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


class Refusals(unittest.TestCase):
    def refused(self, arguments, *words, status=USAGE):
        """serve ends at once with the status and one line that has the words."""
        result = run_twinlens("serve", *arguments)
        lines = result.stderr.splitlines()
        self.assertEqual((result.returncode, result.stdout), (status, ""), result.stderr)
        self.assertEqual(len(lines), 1, result.stderr)
        for word in words:
            self.assertIn(word, lines[0])
        return lines[0]

    def test_options(self):
        """Each verb says in one line which option, what is wrong with it, and where the right ones are listed."""
        for verb, value_option in (
            ("serve", "--listen"), ("cameras", None), ("tune", "--profile"), ("boot", "--limit"), ("soak", "--judge"),
            ("top", "--url"),
        ):
            for arguments, words in (
                (["--bogus"], ["--bogus: unknown"]),
                (["-x"], ["-x: unknown"]),
                (["--help=yes"], ["--help=yes: takes no value"]),
                ([value_option], [f"{value_option}: needs a value"]),
            ):
                if None in arguments:
                    continue
                with self.subTest([verb, *arguments]):
                    result = run_twinlens(verb, *arguments)
                    self.assertEqual((result.returncode, result.stdout), (USAGE, ""), result.stderr)
                    self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
                    for word in [*words, f"{verb}: ", f"see twinlens {verb} --help"]:
                        self.assertIn(word, result.stderr)

    def test_command_line(self):
        for arguments, words in (
            (["--camera", "cam0"], ["cam0"]),
            (["--camera", "cam0=film:/x"], ["film"]),
            (["--camera", "cam0=synthetic,size=0x0"], ["size", "0x0"]),
            (["--camera", "cam0=synthetic,size=99999x99999"], ["size"]),
            (["--camera", "cam0=synthetic,fps=0"], ["fps"]),
            (["--camera", "cam0=synthetic,fps=-5"], ["fps"]),
            (["--camera", "cam0=synthetic,fps=999"], ["fps", "240"]),
            (["--camera", "cam0=synthetic,colour=red"], ["colour"]),
            (["--camera", "cam0=synthetic,format=nv12"], ["format"]),
            (["--camera", "cam0=v4l2"], ["v4l2"]),
            (["--camera", "cam0=v4l2:/dev/video0,format=h264"], ["h264"]),
            (["--camera", "cam0=v4l2:/dev/video0,quality=101"], ["quality", "100"]),
            (["--camera", "ca m=synthetic"], ["ca m"]),
            (["--camera", "=synthetic"], ["name"]),
            (["--camera", "x" * 200 + "=synthetic"], ["name"]),
            (["--listen", "127.0.0.1"], ["127.0.0.1"]),
            (["--listen", "127.0.0.1:99999"], ["99999"]),
            (["--listen", "127.0.0.1:http"], ["http"]),
            (["--max-viewers", "0"], ["max"]),
            (["--max-viewers", "four"], ["four"]),
            (["--max-viewers", "99999999999999999999"], ["max"]),
            (["-o", "server.max_viewers"], ["server.max_viewers"]),
            (["-o", "server.max_veiwers=4"], ["max_veiwers"]),
            (["-o", "sever.listen=1"], ["sever"]),
            (["-o", "server.send_buffer=1X"], ["send_buffer", "1X"]),
            (["-o", "server.stall_timeout=5"], ["stall_timeout", "5"]),
            (["-o", "frames.buffers=0"], ["buffers"]),
            (["-o", "frames.max_frame=1T"], ["max_frame"]),
            (["surprise"], ["surprise"]),
        ):
            with self.subTest(arguments):
                self.refused(["-c", "/dev/null", *arguments], *words)

    def test_usage(self):
        for arguments in (["--nonsense"], ["-c"], ["--listen"]):
            result = run_twinlens("serve", *arguments)
            self.assertEqual(result.returncode, USAGE)
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        for arguments in ([], ["dance"], ["--nonsense"], ["help", "dance"]):
            result = run_twinlens(*arguments)
            self.assertEqual((result.returncode, result.stdout), (USAGE, ""), result.stderr)
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)

    def test_help(self):
        result = run_twinlens("--version")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"\b\d+\.\d+\.\d+\n$")
        overview = run_twinlens("help")
        self.assertEqual((overview.returncode, overview.stderr), (0, ""))
        for verb in ("serve", "cameras"):
            self.assertIn(verb, overview.stdout)
            asked = run_twinlens("help", verb)
            self.assertEqual(asked.returncode, 0)
            self.assertIn(f"twinlens {verb}", asked.stdout)
            self.assertEqual(asked.stdout, run_twinlens(verb, "--help").stdout)

    def test_file(self):
        for text, words in (
            ("[server]\nmax_viewers = 4\nmax_veiwers = 4\n", ["3", "max_veiwers"]),
            ("[sever]\nlisten = 127.0.0.1:1\n", ["sever"]),
            ("\n\n[server]\nmax_viewers = many\n", ["4", "max_viewers", "many"]),
            ("max_viewers = 4\n", ["1"]),
            ("[server]\nlisten\n", ["2"]),
            ("[camera:cam0]\nsource = film:/x\n", ["2", "film"]),
            ("[camera:a b]\nsource = synthetic\n", ["a b"]),
            ("[camera:]\nsource = synthetic\n", ["1"]),
            ("[server]\n" + "x" * 3000 + " = 1\n", ["2"]),
            ("[server]\n" + "x = 1\n" * 100000, ["larger"]),
            ("[memory]\nbudget = -1\n", ["2", "budget", "-1"]),
            ("[server]\nstall_timeout = 1ms\n", ["2", "stall_timeout"]),
            ("".join(f"[camera:c{i}]\nsource = synthetic\n" for i in range(30)), ["camera"]),
        ):
            with self.subTest(text[:60]):
                config = Config(text)
                self.refused(["-c", str(config)], str(config), *words)

    def test_what_is_judged_with_the_rest_of_the_file(self):
        for text, line, words in (
            ("\n[camera:cam0]\nidle_stop = 10s\n", 2, ["cam0", "source"]),
            ("[frames]\npool_blocks = 3\nbuffers = 4\n", 2, ["pool_blocks", "buffers"]),
            ("[camera:a]\nsource = v4l2:/dev/v\n[camera:b]\nsource = v4l2:/dev/v\n", 4, ["b", "/dev/v"]),
        ):
            with self.subTest(text):
                config = Config(text)
                self.refused(["-c", str(config)], f"{config}:{line}: ", *words)

    def test_no_camera_can_work(self):
        """With none of its cameras there, it says what lacks, and ends."""
        result = run_twinlens("serve", "-c", "/dev/null", "--listen", "127.0.0.1:0",
                              "--camera", "a=v4l2:/dev/video-none", "--camera", "b=v4l2:/dev/null")
        self.assertEqual(result.returncode, LACKING, result.stderr)
        for camera, path in (("a", "/dev/video-none"), ("b", "/dev/null")):
            self.assertEqual(len([line for line in result.stderr.splitlines() if f"{camera}: {path}" in line]), 1)

    def test_missing_file(self):
        self.refused(["-c", "/nonexistent/twinlens.conf"], "/nonexistent/twinlens.conf", "No such file")
        self.refused(["-c", "/"], "/")

    @unittest.skipUnless(os.geteuid() == 0, "only root can take its permission away")
    def test_unreadable_file(self):
        config = Config("[server]\n")
        config.path.chmod(0)
        result = subprocess.run(
            ["setpriv", "--reuid=65534", "--clear-groups", TWINLENS, "serve", "-c", str(config)],
            capture_output=True, text=True, timeout=20, env=harness.child_environment(),
        )  # fmt: skip
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("ermission denied", result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)

    def test_budget(self):
        line = self.refused(
            ["-c", "/dev/null", "-o", "memory.budget=10M", "--camera", "cam0=synthetic"], "budget", "10"
        )
        self.assertRegex(line, r"\d+(\.\d+)? ?[MK]i?B|\d{7,}", "the sum")
        # What makes the worst case larger makes a budget too small that was large enough.
        fits = ["-o", "memory.budget=100M", "--camera", "cam0=synthetic"]
        with Server(*fits, cameras=()):
            pass
        self.refused(["-c", "/dev/null", *fits, "--max-viewers", "500"], "budget")
        self.refused(["-c", "/dev/null", *fits, "-o", "frames.max_frame=32M"], "budget")

    def test_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            result = run_twinlens("serve", "-c", "/dev/null", "--camera", "a=synthetic", "--listen",
                                  f"127.0.0.1:{port}")
        self.assertEqual(result.returncode, FAILED)
        lines = [line for line in result.stderr.splitlines() if str(port) in line]
        self.assertEqual(len(lines), 1, result.stderr)
        self.assertIn("in use", lines[0])

    def test_name_of_a_profile(self):
        result = run_twinlens("tune", "plan", "--profile", b"/tmp/\xff.conf")
        self.assertEqual(result.returncode, USAGE, result.stderr)
        self.assertIn("must be a name in UTF-8", result.stderr)

    def test_address_of_another_machine(self):
        result = run_twinlens("serve", "-c", "/dev/null", "--camera", "a=synthetic", "--listen", "192.0.2.1:8081")
        self.assertEqual(result.returncode, FAILED)
        self.assertIn("192.0.2.1", result.stderr.splitlines()[-1])

    def test_name_that_does_not_resolve(self):
        result = run_twinlens("serve", "-c", "/dev/null", "--camera", "a=synthetic", "--listen",
                              "nosuchhost.invalid:1", seconds=30)
        self.assertEqual(result.returncode, USAGE, result.stderr)
        self.assertRegex(result.stderr.splitlines()[-1], r"listen nosuchhost\.invalid:1: .+; give an address")


class Partial(unittest.TestCase):
    """One camera cannot work: one line, and the other one is served."""

    def goes_on(self, bad, *words, states=("lost", "error"), **kwargs):
        with Server(cameras=("bad=" + bad, "good=synthetic"), **kwargs) as server, WebSocket(server) as viewer:
            for _ in range(5):
                viewer.receive_frame(1)
            harness.eventually(lambda: server.camera("bad")["state"] in states, 6, f"bad is one of {states}")
            error = server.camera("bad")["error"]
            for word in words:
                self.assertIn(word, error)
            line = server.wait_log(r"bad.*" + words[0])
            harness.note(line)
            for _ in range(60):
                viewer.receive_frame(1)
            told = [line for line in server.lines if error in line]
            self.assertLessEqual(len(told), 2, "told at the start and when it was wanted, not at every retry")
            self.assertEqual(server.get("/snapshot/good").status, 200)
            return error

    def test_missing_device(self):
        self.goes_on("v4l2:/dev/video-none", "/dev/video-none", "no such device")

    def test_not_a_device(self):
        self.goes_on("v4l2:/dev/null", "/dev/null", states=("error",))
        config = Config("text")
        self.goes_on(f"v4l2:{config}", str(config), states=("error",))

    def test_missing_recording(self):
        self.goes_on("replay:/nonexistent", "/nonexistent", "No such file")

    def test_bad_recording(self):
        with harness.tempfile.TemporaryDirectory() as folder:
            self.goes_on(f"replay:{folder}", folder)
            with open(f"{folder}/a.jpg", "wb") as file:
                file.write(b"no picture at all" * 100)
            self.goes_on(f"replay:{folder}", folder)
            with open(f"{folder}/a.mjpeg", "wb") as file:
                file.write(b"\xff\xd8" + os.urandom(5000))
            self.goes_on(f"replay:{folder}/a.mjpeg", folder)


class Warnings(unittest.TestCase):
    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("unshare"), "needs root, for a network of its own")
    def test_beyond_loopback(self):
        """In a network namespace, which nobody else can reach."""
        for address, warns in (("0.0.0.0", True), ("[::]", True), ("127.0.0.1", False), ("127.0.0.2", False)):
            prefix = ["unshare", "--net", "--", sys.executable, "-c", ADD_LOOPBACK]
            try:
                probe = subprocess.run([*prefix, "true"], capture_output=True, timeout=10)
            except OSError:
                probe = None
            if probe is None or probe.returncode != 0:
                self.skipTest("this machine does not let root have a network namespace")
            with self.subTest(address), Server("--listen", f"{address}:0", prefix=prefix) as server:
                told = [line for line in server.lines if "other machines" in line or "beyond loopback" in line]
                self.assertEqual(len(told), int(warns), server.log)


if __name__ == "__main__":
    harness.main()
