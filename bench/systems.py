"""The servers that are compared. All of them are given the same pictures at the same pace."""

import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess

import process
import shares

FPS = 30
QUALITY = 80
BUDGET = "4G"
READY_S = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def memory_of(env):
    """What an environment costs a program that does nothing, in KiB: the fake camera and its pictures."""
    usages = []
    for extra in ({}, env):
        with subprocess.Popen(["sleep", "60"], env=dict(os.environ, **extra)) as idler:
            try:
                process.wait_until(lambda: process.is_asleep(idler.pid), 10, "a program that does nothing sleeps")
                usages.append(process.memory([idler.pid]))
            finally:
                idler.kill()
    return {key: value - usages[0][key] for key, value in usages[1].items()}


class Pictures:
    """A folder of JPEGs and the same pictures raw."""

    def __init__(self, folder, raw, width, height, count):
        self.folder, self.raw = folder, raw
        self.width, self.height, self.count = width, height, count

    @property
    def size(self):
        return f"{self.width}x{self.height}"

    @classmethod
    def load(cls, helper, choice, scratch):
        """choice: scene, noise, still, or a folder of .jpg files."""
        folder, raw = pathlib.Path(choice), scratch / "frames.yuyv"
        if choice in ("scene", "noise", "still"):
            folder = scratch / choice
            folder.mkdir()
            subprocess.run([helper, "make", choice, folder], check=True, timeout=60, stdout=subprocess.DEVNULL)
        result = subprocess.run([helper, "raw", folder, raw], check=True, timeout=60, capture_output=True, text=True)
        return cls(folder, raw, *map(int, result.stdout.split()))


class System:
    """Processes that serve a number of cameras; stopped at the end of a with block."""

    name = ""
    websocket = False
    stamp = None
    is_raw_clock = False
    path = "/"

    def __init__(self, tools, pictures, cameras, is_raw):
        self.tools, self.pictures, self.cameras, self.is_raw = tools, pictures, cameras, is_raw
        self.processes, self.ports, self.camera_memory = [], [], dict.fromkeys(process.MEMORY, 0)

    def __enter__(self):
        try:
            self.start()
            for port in self.ports:
                process.wait_until(lambda: self._listens(port), 10, f"{self.name} listens")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def _listens(self, port):
        for child in self.processes:
            if child.poll() is not None:
                raise RuntimeError(f"{self.name} ended with status {child.returncode}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def spawn(self, command, env=None):
        if env:
            for key, kilobytes in memory_of(env).items():
                self.camera_memory[key] += kilobytes
        log = self.tools.scratch / f"{self.name}.log"
        with open(log, "ab") as output:
            self.processes.append(
                subprocess.Popen(
                    [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                    env=dict(os.environ, **(env or {})),
                )
            )

    def camera_environment(self, first, count):
        form = f"yuyv:{self.pictures.raw}" if self.is_raw else f"mjpeg:{self.pictures.folder}"
        devices = [f"/dev/video{90 + first + i}={form},size={self.pictures.size},fps={FPS}" for i in range(count)]
        return {"V4L2_SHIM": ";".join(devices), "LD_PRELOAD": str(self.tools.shim)}

    @property
    def pids(self):
        return [child.pid for child in self.processes]

    def memory(self):
        """The processes' memory in KiB, without what the fake cameras keep their pictures in."""
        return {key: value - self.camera_memory[key] for key, value in process.memory(self.pids).items()}

    @property
    def frames_per_viewer(self):
        """How many frames of one instant a connection is sent."""
        return self.cameras / len(self.ports)

    def stop(self):
        for child in self.processes:
            child.terminate()
        for child in self.processes:
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


class Floor(System):
    name = "floor"
    stamp = "X-Timestamp"
    send = "copy"

    def start(self):
        self.ports = [free_port()]
        command = [self.tools.floor, "--port", self.ports[0], "--fps", FPS, "--cameras", self.cameras]
        command += ["--send", self.send]
        if self.is_raw:
            command += ["--planar", self.pictures.size, "--quality", QUALITY, self.pictures.raw]
        else:
            command += ["--jpeg", *sorted(self.pictures.folder.glob("*.jp*g"))[:64]]
        self.spawn(command)

    def report(self):
        """What it says of itself; it is stopped by this."""
        self.stop()
        return json.loads((self.tools.scratch / "floor.log").read_text().splitlines()[-1])


class FloorZerocopy(Floor):
    name = "floor-zerocopy"
    send = "zerocopy"


class FloorSendfile(Floor):
    name = "floor-sendfile"
    send = "sendfile"


class Twinlens(System):
    name = "twinlens"
    websocket = True
    path = "/ws/video?camera=all"

    prefix = ()

    def program(self):
        """What looks into a process from outside is to look into the server, not into the front."""
        if self.prefix:
            return [*self.prefix, f"{self.tools.twinlens}-serve"]
        return [self.tools.twinlens, "serve"]

    def start(self):
        self.ports = [free_port()]
        form = "yuyv" if self.is_raw else "mjpeg"
        command = [*self.program(), "--listen", f"127.0.0.1:{self.ports[0]}"]
        frame = max(921600, self.pictures.width * self.pictures.height * 2)
        command += ["--max-viewers", 1100, "-o", f"memory.budget={BUDGET}", "-o", f"frames.max_frame={frame}"]
        for i in range(self.cameras):
            spec = f"v4l2:/dev/video{90 + i},format={form},size={self.pictures.size},fps={FPS},quality={QUALITY}"
            command += ["--camera", f"cam{i}={spec}", "-o", f"camera:cam{i}.idle_stop=1s"]
        self.spawn(command, self.camera_environment(0, self.cameras))


class TwinlensUnderCallgrind(Twinlens):
    """For where perf does not work."""

    def start(self):
        self.prefix = shares.callgrind_command(self.tools.scratch)
        super().start()


class TwinlensMultipart(Twinlens):
    """The same server, spoken to as the others are."""

    name = "twinlens-multipart"
    websocket = False
    stamp = "X-Timestamp"
    path = "/stream/cam0"


class Ustreamer(System):
    """One process for each camera. Its stamps are milliseconds of CLOCK_MONOTONIC_RAW, taken when it has a frame."""

    name = "ustreamer"
    stamp = "X-UStreamer-Grab-Time"
    is_raw_clock = True
    path = "/stream?extra_headers=1"

    def start(self):
        for i in range(self.cameras):
            port = free_port()
            self.ports.append(port)
            form = "YUYV" if self.is_raw else "MJPEG"
            command = [shutil.which("ustreamer"), "--device", f"/dev/video{90 + i}", "--format", form,
                       "--resolution", self.pictures.size, "--desired-fps", FPS, "--quality", QUALITY,
                       "--host", "127.0.0.1", "--port", port, "--tcp-nodelay"]
            self.spawn(command, self.camera_environment(i, 1))


class Viewers:
    """The load generator, with that many viewers on each port of a system."""

    def __init__(self, tools, system, count):
        command = [tools.viewers, "--viewers", count]
        command += ["--stamp", system.stamp] if system.stamp else []
        command += ["--raw"] if system.is_raw_clock else []
        scheme = "ws" if system.websocket else "http"
        command += [f"{scheme}://127.0.0.1:{port}{system.path}" for port in system.ports]
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def __enter__(self):
        if (line := self._line(READY_S)) != "ready":
            self.__exit__()
            raise RuntimeError(f"the viewers did not all get a frame within {READY_S} s {line}")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.process.stdout.close()

    def _line(self, seconds):
        readable, _, _ = select.select([self.process.stdout], [], [], seconds)
        return self.process.stdout.readline().strip() if readable else ""

    def begin(self):
        self.process.stdin.write("begin\n")

    def end(self):
        self.process.stdin.write("end\n")
        return json.loads(self._line(10))
