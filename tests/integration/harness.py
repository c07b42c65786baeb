"""What the integration tests share: a server of their own, limits on waiting, and a report in TAP.

A test file is a unittest that ends in harness.main(). The build tells by the environment what to test:
TWINLENS is the program, SANITIZER the one it was built with ("none", "address,undefined" or "thread"), BUILD the
folder with the helpers, SOURCE the top of the source.
"""

import ctypes
import http.client
import itertools
import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time

from tap import figure, main, note  # main and figure are for the tests
from websocket import Port

TWINLENS = os.environ.get("TWINLENS", "twinlens")
SANITIZER = os.environ.get("SANITIZER", "none")
BUILD = pathlib.Path(os.environ.get("BUILD", "."))
IS_SANITIZED = SANITIZER != "none"
# What a limit in seconds is multiplied with: sanitizers slow a program down.
PATIENCE = 5 if IS_SANITIZED else 1

SANITIZER_WORDS = re.compile(r"Sanitizer|runtime error:|DEADLYSIGNAL")
READY = re.compile(r"\bopen https?://(?:[\w.-]+|\[[\w:]+\]):(\d+)")
TWO_SYNTHETIC = (
    "cam0=synthetic,size=640x480,fps=30,format=yuyv",
    "cam1=synthetic,size=320x240,fps=30,format=mjpeg",
)

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def eventually(check, seconds, what):
    """Calls check until it returns something true, which is returned. Fails after a time."""
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        if result := check():
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds * PATIENCE:g} s: {what}")
        time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def child_environment(extra=None, preload=()):
    environment = dict(os.environ, LC_ALL="C.UTF-8")
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM", "LD_PRELOAD"):
        environment.pop(name, None)
    environment["ASAN_OPTIONS"] = "detect_leaks=1:verify_asan_link_order=0:detect_stack_use_after_return=1"
    environment["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=0"
    environment["TSAN_OPTIONS"] = "halt_on_error=0:second_deadlock_stack=1"
    if preload:
        environment["LD_PRELOAD"] = " ".join(str(BUILD / library) for library in preload)
    environment.update(extra or {})
    return environment


def run_twinlens(*arguments, seconds=10, env=None, preload=(), prefix=(), **kwargs):
    """Runs the program to its end: the CompletedProcess."""
    result = subprocess.run(
        [*prefix, TWINLENS, *arguments], capture_output=True, text=True, timeout=seconds * PATIENCE,
        stdin=subprocess.DEVNULL, env=child_environment(env, preload), preexec_fn=die_with_parent, **kwargs,
    )
    if SANITIZER_WORDS.search(result.stderr):
        raise AssertionError(result.stderr)
    return result


class PowerWatch:
    """What durable.c sees of runs of tune with their journal in state."""

    library = BUILD.parent / "integration/durable.so"

    def __init__(self, folder, state):
        self.report = pathlib.Path(folder) / "power"
        self.environment = {"DURABLE": str(state), "REPORT": str(self.report)}

    def count_changes(self):
        """Of the last run; fails when a power cut would have lost anything."""
        *lost, changes = self.report.read_text().splitlines()
        self.report.unlink()
        if lost:
            raise AssertionError("not on the disk in time: " + "; ".join(lost))
        return int(changes.split()[1])


class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


class Server:
    """A running `twinlens serve` on a port of its own, stopped and judged at the end of a with block."""

    def __init__(self, *arguments, cameras=TWO_SYNTHETIC, env=None, preload=(), port=0, listen=True, wait=True,
                 prefix=(), default_file=False, **kwargs):
        command = [*prefix, TWINLENS, "serve", *arguments]
        if "-c" not in arguments and not default_file:
            command += ["-c", "/dev/null"]
        if listen and "--listen" not in arguments:
            command += ["--listen", f"127.0.0.1:{port}"]
        for camera in cameras:
            command += ["--camera", camera]
        self.port = port or None
        self.lines = []
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=child_environment(env, preload), preexec_fn=die_with_parent, **kwargs,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if wait:
            try:
                self.wait_ready()
            except BaseException:
                self.kill()
                raise

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return "\n".join(self.lines)

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip("\n"))
            if match := READY.search(self.lines[-1]):
                self.port = int(match[1])

    def wait_ready(self):
        def is_ready():
            if self.process.poll() is not None:
                self.reader.join(5)
                raise AssertionError(f"serve ended with {self.process.returncode}:\n{self.log}")
            return self.port and READY.search(self.log)

        eventually(is_ready, 5, f"the line with the URL; there was:\n{self.log}")

    def wait_log(self, pattern, seconds=3):
        """The first line that matches."""
        def find():
            return next((line for line in list(self.lines) if re.search(pattern, line)), None)

        return eventually(find, seconds, f"a line like {pattern!r}; there was:\n{self.log}")

    # Requests

    def request(self, target, method="GET", headers=None, seconds=8):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds * PATIENCE)
        try:
            connection.request(method, target, headers=headers or {})
            response = connection.getresponse()
            return Response(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def get(self, target, **kwargs):
        return self.request(target, **kwargs)

    def status(self):
        return self.get("/api/status").json()

    def camera(self, name="cam0"):
        return next(camera for camera in self.status()["cameras"] if camera["name"] == name)

    def wait_state(self, name, state, seconds=5):
        eventually(lambda: self.camera(name)["state"] == state, seconds, f"{name} is {state}")

    def wait_viewers(self, count, seconds=5):
        eventually(lambda: len(self.status()["viewers"]) == count, seconds, f"{count} viewers")

    def connect(self, seconds=8, receive_buffer=None):
        return Port(self.port).connect(seconds * PATIENCE, receive_buffer)

    # The process

    def memory(self):
        """PSS and private dirty memory in bytes."""
        fields = {}
        for line in pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()[1:]:
            name, value = line.split(":")
            fields[name] = int(value.split()[0]) * 1024
        return fields["Pss"], fields["Private_Dirty"]

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def count_fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def count_threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def send_signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self.reader.join(5)
        self.process.stdout.close()

    def stop(self, number=signal.SIGTERM, seconds=5.0):
        """Ends it with a signal and checks that it ends well: in time, status 0, nothing to complain about."""
        begun = time.monotonic()
        self.check_alive()
        self.send_signal(number)
        try:
            self.process.wait(seconds * (10 if IS_SANITIZED else 1))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running {seconds} s after signal {number}:\n{self.log}") from None
        finally:
            took = time.monotonic() - begun
            self.kill()
        self.check_output()
        if self.process.returncode != 0:
            raise AssertionError(f"ended with {self.process.returncode} after signal {number}:\n{self.log}")
        return took

    def wait_exit(self, seconds=5):
        """Waits for it to end by itself: the exit status."""
        try:
            self.process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {seconds} s:\n{self.log}") from None
        finally:
            self.kill()
        self.check_output()
        return self.process.returncode

    def check_alive(self):
        if self.process.poll() is not None:
            self.reader.join(5)
            raise AssertionError(f"it ended by itself, with {self.process.returncode}:\n{self.log}")

    def check_output(self):
        if SANITIZER_WORDS.search(self.log):
            raise AssertionError(self.log)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self.process.stdout.closed:
            return
        if kind is None:
            self.stop()
            return
        self.kill()
        said = [f"{line} (x {len(list(same))})" for line, same in itertools.groupby(self.lines)]
        note("\n".join(["the server said:", *said[-40:]]))


class NotifySocket:
    """Stands in for the service manager: collects what sd_notify sends."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.messages = []

    def collect(self, seconds=0.0):
        deadline = time.monotonic() + seconds
        while select.select([self.socket], [], [], max(0.0, deadline - time.monotonic()))[0]:
            text = self.socket.recv(65536).decode()
            self.messages.append((time.monotonic(), dict(line.split("=", 1) for line in text.splitlines() if line)))
        return self.messages

    def wait(self, key, value=None, seconds=5, after=0):
        """The first message with this variable, of those with index >= after: (index, time, variables)."""
        def find():
            self.collect(0.01)
            for index, (when, variables) in list(enumerate(self.messages))[after:]:
                if key in variables and value in (None, variables[key]):
                    return index, when, variables
            return None

        return eventually(find, seconds, f"{key}={value} on the notify socket; there was {self.messages}")

    def close(self):
        self.socket.close()
        self.folder.cleanup()


class Config:
    """A configuration file in a temporary folder."""

    def __init__(self, text):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name) / "twinlens.conf"
        self.write(text)

    def write(self, text):
        self.path.write_text(text)

    def __str__(self):
        return str(self.path)
