"""Where a server's processor time goes: encoding, copying, system calls, waking up, and the server itself.

With perf, from samples of the running server. Where perf does not work, with callgrind: then only what happens in
user space is known, in instructions.
"""

import re
import shutil
import subprocess

import process

FREQUENCY = 4000
LINE = re.compile(r"^\s*([\d.]+)%\s+(\S+)\s+(\S+)\s+\[(.)\]\s+(\S+)")
KERNEL = (
    ("copy", re.compile(r"copy_|memcpy|rep_movs")),
    ("wake-ups", re.compile(r"task_switch|schedule|(en|de)queue_(task|entity)|pick_next|try_to_wake|ttwu|hrtimer|futex|"
                            r"wake_up")),
)
# Threads in the order in which twinlens starts them.
FIRST_CAMERA_THREAD = 2


def classify(thread, where, symbol):
    """The camera threads' own time is encoding, or looking through a picture that is passed on."""
    if where == "k":
        return next((name for name, pattern in KERNEL if pattern.search(symbol)), "system calls")
    return "encode" if thread.startswith("cam") else "server"


def read_report(text):
    """class -> share of the server's own threads, in percent."""
    shares = {}
    for line in text.splitlines():
        if (match := LINE.match(line)) and match[2] != process.CAMERA_THREAD:
            name = classify(match[2], match[4], match[5])
            shares[name] = shares.get(name, 0) + float(match[1])
    total = sum(shares.values())
    return {name: round(100 * share / total, 1) for name, share in sorted(shares.items(), key=lambda item: -item[1])}


def by_perf(pid, seconds, scratch):
    """None where perf does not work."""
    if not shutil.which("perf"):
        return None
    data = scratch / "perf.data"
    recorded = subprocess.run(
        ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(FREQUENCY), "-p", str(pid), "-o", str(data), "--",
         "sleep", str(seconds)], capture_output=True, timeout=seconds + 30)
    if recorded.returncode != 0 or not data.exists():
        return None
    report = subprocess.run(
        ["perf", "report", "-i", str(data), "--stdio", "--sort", "comm,dso,symbol"], capture_output=True, text=True,
        timeout=60)
    return read_report(report.stdout) or None


def instructions_of(folder, pid):
    """thread number -> instructions, from what callgrind left behind."""
    result = {}
    for path in folder.glob(f"callgrind.{pid}*-*"):
        if match := re.search(r"^(?:totals|summary): (\d+)", path.read_text(errors="replace"), re.MULTILINE):
            result[int(path.name.rsplit("-", 1)[1])] = int(match[1])
    return result


def callgrind_command(scratch):
    """What goes in front of the server's command."""
    return ["valgrind", "--tool=callgrind", "--separate-threads=yes", f"--callgrind-out-file={scratch}/callgrind.%p"]


def by_callgrind(pid, cameras, scratch):
    """Of a server that has ended."""
    counts = instructions_of(scratch, pid)
    server = counts.get(1, 0)
    encode = sum(counts.get(FIRST_CAMERA_THREAD + i, 0) for i in range(cameras))
    total = server + encode
    return {"encode": round(100 * encode / total, 1), "server": round(100 * server / total, 1)} if total else None
