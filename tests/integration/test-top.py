"""twinlens top on a terminal of its own: what it shows, and how it leaves the terminal."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from harness import IS_SANITIZED, TWINLENS, Server, child_environment, eventually, free_port, main, run_twinlens

LEAVE = b"\x1b[?1049l"  # rmcup of xterm: the screen before comes back
ESCAPES = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z]|\([AB0]|[=>78M])")


class Top:
    """The program on a pseudo-terminal."""

    def __init__(self, *arguments, rows=24, columns=80, term="xterm-256color", locale="C.UTF-8"):
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.output = b""
        self.process = subprocess.Popen(
            [TWINLENS, "top", "--interval", "200ms", *arguments], stdin=slave, stdout=slave, stderr=subprocess.PIPE,
            env=child_environment({"TERM": term, "LC_ALL": locale}), start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds=0.1):
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                self.output += os.read(self.master, 65536)

    @property
    def text(self):
        return ESCAPES.sub(b"", self.output).decode(errors="replace")

    def wait(self, words, seconds=10):
        def has_come():
            self.read(0.05)
            return words in self.text

        eventually(has_come, seconds, f"{words!r} in {self.text[-2000:]!r}")

    def child(self):
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
            return int(children.read().split()[0])

    def end(self):
        deadline = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(0.05)
        self.read(0.1)
        return self.process.returncode

    def close(self):
        self.process.kill()
        self.process.communicate()
        os.close(self.master)
        os.close(self.slave)


class TopScreen(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.url = f"http://127.0.0.1:{cls.server.port}"

    def top(self, *arguments, **kwargs):
        top = Top("--url", self.url, *arguments, **kwargs)
        self.addCleanup(top.close)
        return top

    def check_left(self, top):
        self.assertEqual(termios.tcgetattr(top.slave), top.before)
        self.assertIn(LEAVE, top.output[-200:])

    def test_shows_what_is_there(self):
        top = self.top()
        for words in ("twinlens top", "anonymous", "used", "cam0", "cam1", "twinlens-serve", "█"):
            top.wait(words)
        os.write(top.master, b"q")
        self.assertEqual(top.end(), 0)
        self.check_left(top)

    def test_without_colours_and_blocks(self):
        top = self.top(term="vt100", locale="C")
        top.wait("cam0")
        top.wait("free ")
        self.assertRegex(top.text, r"\[[azkdc]+ *\]")  # how long each part is, is the machine's affair
        self.assertNotRegex(top.output, rb"\x1b\[[34][0-7]m")
        self.assertTrue(top.output.isascii())
        os.write(top.master, b"q")
        self.assertEqual(top.end(), 0)

    def test_resize(self):
        top = self.top(rows=24, columns=80)
        top.wait("cam0")
        for rows, columns in ((10, 30), (60, 200), (1, 1), (24, 80)):
            top.read(0.3)
            top.output = b""
            top.resize(rows, columns)  # the kernel sends SIGWINCH
            top.read(0.7)
            self.assertIn(b"twinlens"[:columns], top.output, (rows, columns))  # all is drawn anew
            places = [(int(row), int(column)) for row, column in re.findall(rb"\x1b\[(\d+);(\d+)H", top.output)]
            self.assertFalse([place for place in places if place > (rows, columns) or place[1] > columns], (rows, columns))
        top.wait("cam0")
        os.write(top.master, b"q")
        self.assertEqual(top.end(), 0)
        self.check_left(top)

    def test_ctrl_c_and_signals(self):
        for signo in (None, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            top = self.top()
            top.wait("cam0")
            if signo is None:
                os.write(top.master, b"\x03")  # the terminal makes it SIGINT for all of the foreground
            else:
                os.killpg(top.process.pid, signo)
            self.assertEqual(top.end(), 0)
            self.check_left(top)

    def test_crash(self):
        # A sanitizer reports SIGSEGV and ends the program in its own way.
        for signo in (signal.SIGKILL,) if IS_SANITIZED else (signal.SIGSEGV, signal.SIGKILL):
            top = self.top()
            top.wait("cam0")
            self.assertNotEqual(termios.tcgetattr(top.slave), top.before)
            os.kill(top.child(), signo)
            self.assertEqual(top.end(), 1)
            self.check_left(top)
            self.assertIn(f"ended by signal {int(signo)}".encode(), top.process.stderr.read())

    def test_terminal_that_is_gone(self):
        top = self.top()
        top.wait("cam0")
        child = top.child()
        os.close(top.slave)
        os.close(top.master)
        top.master, top.slave = pty.openpty()  # for close()
        top.process.wait(20)
        eventually(lambda: not os.path.exists(f"/proc/{child}"), 5, "the end of the child")

    def test_terminal_that_is_not_known(self):
        top = self.top(term="no-such-terminal")
        self.assertEqual(top.end(), 3)
        self.assertIn(b"no-such-terminal", top.process.stderr.read())
        self.assertEqual(termios.tcgetattr(top.slave), top.before)


class TopTable(unittest.TestCase):
    def test_not_a_terminal(self):
        with Server() as server:
            server.get("/snapshot/cam0")
            result = run_twinlens("top", "--url", f"http://127.0.0.1:{server.port}")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertNotIn("\x1b", result.stdout)
        self.assertRegex(result.stdout, r"(?m)^cam0 +streaming +[\d.]+ of 30")
        self.assertRegex(result.stdout, rf"(?m)^twinlens-serve\S* +{server.pid} ")
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)
        with open("/proc/meminfo", encoding="ascii") as lines:
            total = round(int(next(lines).split()[1]) / 1024)
        self.assertIn(f"memory {total} MiB", result.stdout)

    def test_no_server(self):
        port = free_port()
        result = run_twinlens("top", "--url", f"http://127.0.0.1:{port}")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn(f"127.0.0.1:{port}", result.stdout)

    def test_usage(self):
        for arguments in (("--interval", "0"), ("--interval", "soon"), ("--url", "ftp://x"), ("now",), ("--nonsense",)):
            result = run_twinlens("top", *arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ""), arguments)


main()
