"""What the tests of soak share: a soak in the background, in its own time or in one that goes faster."""

import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import time

from harness import PATIENCE, TWINLENS, child_environment, eventually, run_twinlens

HEADER = struct.Struct("=16sIIII")  # of the file of samples: magic, version, bytes of a record, figures, checksum


class Soak:
    """A soak of a server; accelerate: its hours go so many times as fast."""

    def __init__(self, folder, port, *arguments, duration="60s", interval="1s", viewers=2, json_output=True,
                 accelerate=1, since=0, env=None, **kwargs):
        self.folder = pathlib.Path(folder)
        self.command = [TWINLENS, "soak", f"http://127.0.0.1:{port}", "--state", str(folder), "--interval", interval,
                        "--duration", duration, "--viewers", str(viewers), *arguments]
        if json_output:
            self.command.append("--json")
        preload = ["accelerate.so"] if accelerate > 1 or env else []
        clock = {"ACCELERATE": str(accelerate), "ACCELERATE_FROM": str(since or time.monotonic_ns())}
        self.kwargs = dict(kwargs, env=child_environment({**clock, **(env or {})}, preload))
        self.samples = self.folder / "samples"
        self.start()

    def start(self):
        """Also anew: a soak that was killed goes on."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        stdin=subprocess.DEVNULL, **self.kwargs)

    def size(self):
        return self.samples.stat().st_size if self.samples.exists() else 0

    def records(self):
        """Those that are whole."""
        data = self.samples.read_bytes() if self.samples.exists() else b""
        if len(data) < HEADER.size:
            return []
        size = HEADER.unpack(data[:HEADER.size])[2]
        return [data[i:i + size] for i in range(HEADER.size, len(data) - size + 1, size)]

    def wait_samples(self, n):
        """Until there are so many more."""
        wanted = len(self.records()) + n
        eventually(lambda: len(self.records()) >= wanted, 10 + 3 * n, f"{n} samples")

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def wait(self, seconds):
        output, errors = self.process.communicate(timeout=seconds * PATIENCE)
        return self.process.returncode, output, errors

    def end(self, signo=signal.SIGINT, seconds=20):
        self.process.send_signal(signo)
        return self.wait(seconds)

    def report(self):
        return json.loads(run_twinlens("soak", "--report", str(self.folder), "--json").stdout)

    def log(self):
        path = self.folder / "soak.log"
        return path.read_text() if path.exists() else ""


def bar(report, name):
    return next(entry for entry in report["bars"] if entry["name"] == name)


def copy_meminfo(path, cma_total_kb=65536):
    """/proc/meminfo as it is now, on a machine with CMA: what the machine does meanwhile does not matter then."""
    lines = [line for line in pathlib.Path("/proc/meminfo").read_text().splitlines() if not line.startswith("Cma")]
    lines += [f"CmaTotal: {cma_total_kb:12} kB", f"CmaFree: {cma_total_kb:12} kB"]
    path.write_text("\n".join(lines) + "\n")


class Group:
    """A cgroup of its own for a server, where memory of sockets is counted; without a path when none can be made."""

    def __init__(self, name):
        self.path = None
        root = pathlib.Path("/sys/fs/cgroup")
        own = pathlib.Path("/proc/self/cgroup").read_text()
        found = re.search(r"^\d+:memory:(.*)$", own, re.MULTILINE)
        parent = root / "memory" / found[1].strip("/") if found else root
        path = parent / f"twinlens-test-{os.getpid()}-{name}"
        try:
            path.mkdir()
            self.path = path
            if found:
                (path / "memory.kmem.tcp.limit_in_bytes").write_text(str(1 << 40))  # without a limit none is counted
            elif not (path / "memory.stat").exists():
                raise OSError("the controller is not given to it")
        except OSError as error:
            self.why = f"no cgroup can be made: {error.strerror or error}"
            self.remove()

    def prefix(self):
        """Of a command: it runs there."""
        return "sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', str(self.path)

    def remove(self):
        if self.path:
            eventually(self._is_removed, 5, f"{self.path} is empty")
            self.path = None

    def _is_removed(self):
        try:
            self.path.rmdir()
        except OSError:
            return False
        return True
