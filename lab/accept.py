"""Runs of accept on the board, with what other programs measure meanwhile."""

import base64
import json
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager
from typing import NamedTuple

from board import CACHE

SECONDS = 12
ATTEMPTS = 3
LIMIT_S = 600  # systemd may be asked twice for the start-up, for up to 120 s each
OUT = "/var/lib/accept"
MJPEG = "/dev/video40"
CONFIG = """[server]
max_viewers = 6
[camera:cam0]
source = v4l2:/dev/{0}
[camera:cam1]
source = v4l2:{1},format=mjpeg
"""
# Each second: what free prints, the PSS of the server, added up from smaps, and its RSS by ps.
SAMPLER = r"""
while [ ! -e /run/accept-stop ]; do
    free -k | awk '/^Mem:/ {print "free", $2, $7}'
    for pid in $(pidof twinlens-serve); do
        awk '/^Pss:/ {sum += $2} END {print "pss", sum}' /proc/$pid/smaps 2>/dev/null
        ps -o rss= -p $pid | awk '{print "rss", $1}'
    done
    sleep 1
done"""


class Run(NamedTuple):
    report: dict
    samples: list  # of SAMPLER, its lines as words
    rates: dict  # camera -> frames a second as ffprobe saw them, where there is one
    others: float  # the share of this machine that other programs had

    def criterion(self, name):
        return next(criterion for criterion in self.report["criteria"] if criterion["id"] == name)

    def figures(self, kind):
        """The samples of this kind, each a list of MiB."""
        return [[int(word) / 1024 for word in line[1:]] for line in self.samples if line[0] == kind]


@contextmanager
def cameras(lab):
    """A camera whose pictures are encoded, and one that sends JPEG: two of the first kind are too much for the board."""
    board = lab.board
    nodes = lab.vivid()
    board.must(
        f"modprobe v4l2loopback video_nr=40 exclusive_caps=1 max_buffers=8 && udevadm settle\n"
        f"cat >/etc/accept.conf <<'END'\n{CONFIG.format(nodes[0], MJPEG)}END")
    feeder = board.start(f"/lab/lab-feeder {MJPEG} 30 good", LIMIT_S)
    try:
        yield
    finally:
        board.run("pkill -x lab-feeder")
        feeder.result()


def probe(port, rates):
    """The rate of each camera for some seconds, as soon as there is a server."""
    for camera in ("cam0", "cam1"):
        for _ in range(100):
            output = subprocess.run(
                ["timeout", "15", "ffprobe", "-v", "error", "-f", "mpjpeg", "-use_wallclock_as_timestamps", "1",
                 "-read_intervals", "%+4", "-show_entries", "packet=pts_time", "-of", "csv=p=0",
                 f"http://127.0.0.1:{port}/stream/{camera}"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
            times = [float(word.strip(",")) for word in output.stdout.split()]
            if len(times) > 20:
                rates[camera] = (len(times) - 1) / (times[-1] - times[0])
                break
            time.sleep(0.2)


def accept(lab, stage, judged):
    """Runs it, and again when its viewers were too late for one of these criteria: an emulated board is slow at times.
    The report is kept in the folder of the log."""
    for _ in range(ATTEMPTS):
        run = run_once(lab, stage)
        if not any(is_late(run.criterion(name)) for name in judged):
            break
    return run


def is_late(criterion):
    return "too busy" in criterion["evidence"]


def run_once(lab, stage):
    board, rates = lab.board, {}
    before = board.load()
    board.must(f"rm -f /run/accept-stop; cat >/run/accept-sampler <<'END'\n{SAMPLER}\nEND")
    sampler = board.start("bash /run/accept-sampler >/run/accept-samples", LIMIT_S)
    watcher = threading.Thread(target=probe, args=(board.port, rates), daemon=True)
    if shutil.which("ffprobe"):
        watcher.start()
    result = board.run(
        f"twinlens accept --stage {stage} --duration {SECONDS}s --url http://10.0.2.15:8081 -c /etc/accept.conf"
        f" --out {OUT}/{stage}", LIMIT_S)
    board.must("touch /run/accept-stop")
    sampler.result()
    lab.require(f"accept --stage {stage}: a report", result.status in (0, 1), result.output[-200:].strip() if result.status > 1 else "")
    folder = CACHE / "log" / f"accept-{stage}"
    folder.mkdir(parents=True, exist_ok=True)
    archive = base64.b64decode(board.must(f"tar -C {OUT}/{stage} -cz . | base64 -w 0", 60))
    subprocess.run(["tar", "-C", folder, "-xz"], input=archive, check=True, timeout=30)
    report = json.loads((folder / "accept.json").read_text())
    lines = [line.split() for line in board.must("cat /run/accept-samples").splitlines()]
    return Run(report, lines, rates, board.load().others_since(before))


def check_judged(lab, run, judged):
    """Every criterion that one run can decide on is decided; what other programs kept from it is skipped."""
    states = {criterion["id"]: criterion["state"] for criterion in run.report["criteria"]}
    for name in judged:
        criterion = run.criterion(name)
        good = states[name] in ("pass", "fail", "undecided")
        figure = f"{states[name]}, {criterion['value']} {criterion['unit']}" if good else criterion["evidence"][:90]
        if is_late(criterion):
            lab.judge(f"   {name} is judged", good, "the viewers were late", run.others)
        else:
            lab.check(f"   {name} is judged", good, figure)
    rest = {states[name] for name in ("F3", "P3", "S1")}
    lab.check("   and what takes a soak is not", run.report["complete"] and rest == {"not run"}, " ".join(rest))


def check_near(lab, name, ours, theirs, share, unit):
    good = abs(ours - theirs) <= share * max(abs(ours), abs(theirs))
    lab.check(f"   {name}", good, f"{ours:.1f} {unit}, {theirs:.1f} {unit}")
