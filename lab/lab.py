"""What the scenarios are written with: checks, cameras and a running server."""

import json
import re
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

from board import BoardError
from picture import decode
from viewers import Watcher
from websocket import Port

BUSY = 0.15  # the share of this machine in other hands from which on rates say nothing


class Stop(Exception):
    """The rest of the scenario makes no sense after a check that failed."""


class Lab:
    def __init__(self, board, log):
        self.board = board
        self.log = log
        self.counts = {"ok": 0, "FAIL": 0, "skip": 0}
        self.scenario = ""
        self.failed = []

    def _print(self, verdict, name, figure):
        self.counts[verdict] += 1
        line = f"  {verdict:<4}  {name:<58}  {figure}".rstrip()
        print(line, flush=True)
        self.log(line)
        if verdict == "FAIL":
            self.failed.append(f"{self.scenario}: {name.strip()}: {figure}")

    def check(self, name, ok, figure=""):
        self._print("ok" if ok else "FAIL", name, figure)
        return ok

    def require(self, name, ok, figure=""):
        if not self.check(name, ok, figure):
            raise Stop

    def fail(self, name, reason):
        self._print("FAIL", name, reason)

    def skip(self, name, reason):
        self._print("skip", name, reason)

    def watch(self):
        """A viewer of every camera on this side, for a with block."""
        return Watcher(Port(self.board.port))

    def judge(self, name, ok, figure, others):
        """A check of a time or a rate. others: the share of this machine that other programs had meanwhile; with
        much of it, a bad figure says nothing, and the check is skipped."""
        if not ok and others > BUSY:
            self.skip(name, f"{figure}, but other programs took {others:.0%} of this machine")
        else:
            self.check(name, ok, figure)

    def vivid(self, **options):
        """Two cameras of the kernel's test driver, loaded anew; the paths of their capture nodes."""
        defaults = {"n_devs": 2, "node_types": "0x1,0x1", "num_inputs": "1,1", "input_types": "0,0"}
        arguments = " ".join(f"{k}={v}" for k, v in {**defaults, **options}.items())
        self.board.must(f"modprobe -r vivid; modprobe vivid {arguments} && udevadm settle")
        names = self.board.must("grep . /sys/class/video4linux/video*/name")
        return re.findall(r"(?m)^/sys/class/video4linux/(video\d+)/name:vivid-\d+-vid-cap$", names)

    def control(self, device, name, value=1):
        self.board.must(f"v4l2-ctl -d /dev/{device} -c {name}={value}")

    def check_streams_elsewhere(self, node):
        """Another program gets frames of the device. v4l2-ctl ends with 0 whatever happens."""
        output = self.board.run(f"v4l2-ctl -d /dev/{node} --stream-mmap --stream-count=5", 20).output
        self.check(f"another program gets frames of {node}", "<<<<<" in output, output.strip()[-60:])

    @contextmanager
    def serve(self, *arguments):
        """A running server, for the time of a with block; then its journal goes to the log."""
        server = Server(self)
        try:
            server.start(arguments)
            yield server
        finally:
            self.board.run("journalctl -u twinlens-lab -o short-monotonic --cursor-file=/run/lab-cursor")
            self.board.run("systemctl stop twinlens-lab; systemctl reset-failed twinlens-lab")


class Server:
    def __init__(self, lab, unit="twinlens-lab"):
        self.board = lab.board
        self.unit = unit
        self.base = f"http://127.0.0.1:{lab.board.port}"
        self.pid = 0

    def start(self, arguments):
        arguments = " ".join(f"'{a}'" for a in arguments)
        self.board.must(
            f"systemd-run --quiet --unit={self.unit} -p RemainAfterExit=yes"
            f" /usr/bin/twinlens serve --listen 0.0.0.0:8081 {arguments}"
        )
        end = time.monotonic() + 20
        while not self.answers():
            if time.monotonic() > end:
                raise BoardError("the server does not answer, see its journal in the log")
            time.sleep(0.2)
        self.pid = int(self.show("MainPID"))

    def show(self, name):
        return self.board.must(f"systemctl show -P {name} {self.unit}").strip()

    def get(self, path):
        """Status and body of a GET through the forwarded port."""
        try:
            with urllib.request.urlopen(self.base + path, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def answers(self):
        try:
            return self.get("/api/status")[0] == 200
        except OSError:
            return False

    def status(self):
        return json.loads(self.get("/api/status")[1])

    def camera(self, index):
        return self.status()["cameras"][index]

    def wait_state(self, index, states, seconds):
        """Waits until the camera is in one of these states; its status then, or None."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            camera = self.camera(index)
            if camera["state"] in states.split():
                return camera
            time.sleep(0.1)
        return None

    def metrics(self):
        """Every sample, by its name with its labels."""
        lines = self.get("/metrics")[1].decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def drops(self, camera):
        """The frames that a camera dropped, by reason."""
        pattern = re.compile(rf'twinlens_frames_dropped_total{{.*camera="{camera}".*}}')
        found = {k: v for k, v in self.metrics().items() if pattern.match(k)}
        return {re.search(r'reason="([^"]*)"', k)[1]: int(v) for k, v in found.items() if v}

    def start_viewers(self, viewers, seconds):
        """Lets that many viewers of every camera watch on the board itself."""
        return self.board.start(f"/lab/lab-viewer {viewers} {seconds}", seconds + 20)

    def viewers_result(self, task):
        status, output = task.result()
        if status != 0:
            raise BoardError(f"lab-viewer ended with {status}: {output.strip()}")
        return json.loads(output)

    def memory(self):
        """Proportional and private dirty bytes of the process."""
        text = self.board.must(f"cat /proc/{self.pid}/smaps_rollup")
        kilobytes = {k: int(v) for k, v in re.findall(r"(?m)^(\w+):\s+(\d+) kB", text)}
        return kilobytes["Pss"] * 1024, kilobytes["Private_Dirty"] * 1024

    def open_devices(self):
        """The video nodes that the server holds open."""
        links = self.board.run(f"readlink /proc/{self.pid}/fd/* | grep ^/dev/video").output
        return sorted(set(links.split()))

    def terminate(self):
        """Sends SIGTERM; seconds until the process is gone, and its exit status."""
        seconds = self.board.must(
            f"start=$EPOCHREALTIME; kill -TERM {self.pid}\n"
            f"while [[ -e /proc/{self.pid} ]]; do sleep 0.02; done\n"
            'echo "$start $EPOCHREALTIME" | awk \'{ print $2 - $1 }\''
        )
        return float(seconds), int(self.show("ExecMainStatus"))


def describe_drops(drops):
    return ", ".join(f"{reason} {count}" for reason, count in sorted(drops.items())) or "none"


def check_memory(lab, memory, what, pss_limit, dirty_limit):
    """Limits in MB. The board runs nothing else that has the same libraries, so all their pages count."""
    pss, dirty = (bytes_ / 1e6 for bytes_ in memory)
    good = pss <= pss_limit and dirty <= dirty_limit
    lab.check(f"memory, {what}", good, f"PSS {pss:.2f} MB, private dirty {dirty:.2f} MB")


def wait_quiet(board, seconds):
    """Waits, for so many seconds at most, until other programs leave this machine to the board."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = board.load()
        time.sleep(2)
        if board.load().others_since(before) < BUSY:
            return


def measure_streams(lab, server, bar):
    """What four viewers on the board get, and the share of this machine that others had meanwhile.
    What is too slow gets a second try."""
    for _ in range(2):
        wait_quiet(lab.board, 20)
        before = lab.board.load()
        task = server.start_viewers(4, 10)
        time.sleep(7)
        memory = server.memory()
        viewers = server.viewers_result(task)
        others = lab.board.load().others_since(before)
        slowest = min(track["fps"] for viewer in viewers for track in viewer["cameras"])
        lab.log(f"{slowest} fps, {server.status()['cpu_percent']} % of a core, others {others:.0%}")
        if slowest >= bar:
            break
    check_memory(lab, memory, "both encoded, 4 viewers", 8, 2)
    return viewers, others


def check_rate(lab, bar, tracks, others):
    slowest = min(track["fps"] for track in tracks)
    gap = max(track["longest_gap_ms"] for track in tracks)
    name = f"   {bar} fps or more at each of 4 viewers"
    figure = f"{slowest:.1f} fps at the slowest, longest gap {gap:.0f} ms"
    lab.judge(name, slowest >= bar, figure, others)


def check_streams(lab, server, formats, bar):
    """Two cameras that give these formats reach this many frames a second at four viewers."""
    viewers, others = measure_streams(lab, server, bar)
    cameras = server.status()["cameras"]
    for index, (wanted, camera) in enumerate(zip(formats, cameras)):
        tracks = [viewer["cameras"][index] for viewer in viewers]
        name = f"cam{index} is {wanted}, 640x480"
        is_that = (camera["format"], camera["width"], camera["height"]) == (wanted, 640, 480)
        lab.check(name, is_that, f"{camera['format']} {camera['width']}x{camera['height']}")
        check_rate(lab, bar, tracks, others)
        frames = sum(track["frames"] for track in tracks)
        bad = sum(track["bad"] for track in tracks)
        lab.check("   every frame is whole", frames > 0 and bad == 0, f"{frames} frames")
    check_from_outside(lab)


def check_from_outside(lab):
    with lab.watch() as viewer:
        for camera in (0, 1):
            came = viewer.wait_frames(camera, 20, 20)
            frames = viewer.of(camera)
            pictures = [decode(frame.jpeg) for frame in frames[-5:]]
            good = all(p and (p.width, p.height) == (640, 480) and not p.warning for p in pictures)
            moves = len({frame.jpeg for frame in frames}) > 1
            name = f"cam{camera} from outside: frames decode, the picture moves"
            lab.check(name, came and good and moves, f"{len(frames)} frames")
