"""The board: a QEMU process, its console, and the commands that run on it."""

import base64
import ctypes
import itertools
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

CACHE = Path(__file__).resolve().parent / "cache"


class BoardError(Exception):
    """The board does not do what a board does: it is not the fault of what is tested."""


class Result(NamedTuple):
    status: int
    output: str


class Load(NamedTuple):
    total: int
    others: int  # busy with something else than the board

    def others_since(self, earlier):
        """The share of this machine that other programs had, 0..1."""
        return max(0, self.others - earlier.others) / max(1, self.total - earlier.total)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command_line(port, disk=f"snapshot=on,file={CACHE}/image/disk", options="", mib=4096):
    """QEMU without console and agent. The disk of the cache is never written to. options are further ones of the kernel,
    mib is the board's memory."""
    return [
        "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a76", "-m", str(mib), "-smp", "2",
        "-accel", "tcg,thread=multi", "-display", "none", "-no-user-config", "-nodefaults",
        "-kernel", str(CACHE / "kernel/vmlinuz"), "-initrd", str(CACHE / "kernel/initramfs"),
        "-append", f"console=ttyAMA0 quiet loglevel=4 mitigations=off {options}",
        "-drive", f"if=none,id=disk,format=raw,{disk}",
        "-device", "virtio-blk-pci,drive=disk", "-device", "virtio-rng-pci",
        "-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:8081",
        "-device", "virtio-net-pci,netdev=net,romfile=",
        "-virtfs", f"local,path={CACHE}/share,mount_tag=lab,security_model=none,readonly=on",
    ]  # fmt: skip


def die_with_parent():
    """A signal for the whole group, from a terminal or a time limit, is for the parent to handle."""
    os.setpgid(0, 0)
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Task:
    """A command that runs on the board. It ends by itself after its time limit."""

    def __init__(self, command, seconds):
        self.command = command
        self.deadline = time.monotonic() + seconds + 10
        self._done = threading.Event()
        self._result = None

    def finish(self, result):
        self._result = result
        self._done.set()

    def running(self):
        return not self._done.is_set()

    def result(self):
        if not self._done.wait(max(0, self.deadline - time.monotonic())):
            raise BoardError(f"no answer from the board to: {self.command}")
        return self._result


class Board:
    """Boots on entry, ends on exit. `log` is called with a line for everything that happens."""

    def __init__(self, log, log_dir):
        self.port = free_port()
        self._log = log
        self._dir = tempfile.TemporaryDirectory(prefix="lab-")
        self._console = log_dir / "console.log"
        self._ready = threading.Event()
        self._tasks = {}
        self._ids = itertools.count(1)

    def __enter__(self):
        fifo = f"{self._dir.name}/console"
        os.mkfifo(fifo)
        # The console's input needs a writer that never goes away, or the kernel stalls on it.
        self._console_input = os.open(fifo, os.O_RDWR)
        self._disk = f"{self._dir.name}/disk"
        subprocess.run(["cp", "--sparse=always", f"{CACHE}/image/disk", self._disk], check=True, timeout=60)
        self._start()
        return self

    def _start(self, options="", mib=4096):
        agent = f"{self._dir.name}/agent"
        with open(self._console, "ab") as output:
            self._qemu = subprocess.Popen(
                command_line(self.port, f"cache=unsafe,file={self._disk}", options, mib)
                + ["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]
                + ["-chardev", f"socket,id=agent,path={agent},server=on,wait=off"]
                + ["-device", "virtio-serial-pci"]
                + ["-device", "virtserialport,chardev=agent,name=lab.agent"],
                stdin=self._console_input,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,
            )
        self._agent = socket.socket(socket.AF_UNIX)
        for _ in range(100):
            if os.path.exists(agent) or self._qemu.poll() is not None:
                break
            time.sleep(0.1)
        try:
            self._agent.connect(agent)
        except OSError:
            self._qemu.kill()
            raise BoardError(f"QEMU did not start, see {self._console}") from None
        self._reader = threading.Thread(target=self._read_answers, daemon=True)
        self._reader.start()

    def __exit__(self, *_):
        if self._qemu.poll() is None:
            try:
                self.start("systemctl poweroff --force --force", 5)
                self._qemu.wait(10)
            except (OSError, subprocess.TimeoutExpired):
                self._qemu.kill()
                self._qemu.wait()
        self._agent.close()
        os.close(self._console_input)
        self._dir.cleanup()

    def abandon(self, *_):
        """A signal handler: leaves nothing behind, and ends this program at once."""
        self._qemu.kill()
        self._dir.cleanup()
        os._exit(3)

    def wait_ready(self, seconds):
        end = time.monotonic() + seconds
        while not self._ready.wait(1):
            if self._qemu.poll() is not None or time.monotonic() > end:
                raise BoardError(f"the board did not boot in {seconds} s, see {self._console}")

    def restart(self, seconds=150, options="", mib=4096):
        """Shuts the system down and starts it anew: after a mere reset QEMU is much slower. The disk keeps what it has.
        options are further ones for this start of the kernel, mib is the memory that the board has from then on."""
        self._ready.clear()
        self.must("systemctl --no-block poweroff")
        try:
            self._qemu.wait(seconds)
        except subprocess.TimeoutExpired:
            raise BoardError(f"the board did not shut down in {seconds} s, see {self._console}") from None
        self._reader.join(10)
        self._agent.close()
        self._start(options, mib)
        self.wait_ready(seconds)

    def load(self):
        """A reading of what this machine does: ticks of all processors, ticks of the board's QEMU."""
        with open("/proc/stat", encoding="ascii") as file:
            ticks = [int(word) for word in file.readline().split()[1:9]]
        with open(f"/proc/{self._qemu.pid}/stat", encoding="ascii") as file:
            own = sum(int(word) for word in file.read().rsplit(")", 1)[1].split()[11:13])
        idle = ticks[3] + ticks[4]
        return Load(sum(ticks), sum(ticks) - idle - own)

    def start(self, command, seconds=30):
        """Starts a shell command on the board."""
        task = Task(command, seconds)
        number = next(self._ids)
        self._tasks[number] = task
        self._log(f"board [{number}] $ {command}")
        encoded = base64.b64encode(command.encode()).decode()
        self._agent.sendall(f"{number} {seconds} {encoded}\n".encode())
        return task

    def run(self, command, seconds=30):
        """Runs a shell command on the board; a status of 124 is its time limit."""
        return self.start(command, seconds).result()

    def must(self, command, seconds=30):
        """The output of a command that succeeds if the board is all right."""
        result = self.run(command, seconds)
        if result.status != 0:
            raise BoardError(f"`{command}` ended with {result.status}: {result.output.strip()}")
        return result.output

    def _read_answers(self):
        try:
            with self._agent.makefile("r") as lines:
                for line in lines:
                    self._take_answer(line.split())
        except (OSError, ValueError):
            pass
        for task in list(self._tasks.values()):
            task.finish(Result(255, "the board is off"))

    def _take_answer(self, words):
        if words == ["ready"]:
            self._ready.set()
            return
        number, status, *rest = words
        output = base64.b64decode(rest[0]).decode(errors="replace") if rest else ""
        self._log(f"board [{number}] = {status}\n{output.rstrip()}" if output.strip()
                  else f"board [{number}] = {status}")
        self._tasks.pop(int(number)).finish(Result(int(status), output))
