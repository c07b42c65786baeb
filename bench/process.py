"""What processes cost, read from /proc: processor time, context switches, memory, system calls.

The thread of the fake camera is left out: on a board that is the kernel's driver.
"""

import pathlib
import re
import shutil
import signal
import subprocess
import time

CAMERA_THREAD = "v4l2-shim"
MEMORY = {"rss_kb": "Rss", "pss_kb": "Pss", "private_dirty_kb": "Private_Dirty"}
PROC = pathlib.Path("/proc")


def threads(pid):
    """(thread id, name) of each thread that is the program's own."""
    for folder in (PROC / str(pid) / "task").iterdir():
        name = (folder / "comm").read_text().strip()
        if name != CAMERA_THREAD:
            yield int(folder.name), name


def _switches(status, kind):
    return int(re.search(rf"^{kind}_ctxt_switches:\s+(\d+)", status, re.MULTILINE)[1])


FIGURES = ("cpu_ns", "voluntary", "involuntary", "page_faults")


def sample(pids):
    """thread id -> (name, then what FIGURES names: ns on a processor, context switches of two kinds, page faults)."""
    result = {}
    for pid in pids:
        for thread, name in threads(pid):
            folder = PROC / str(pid) / "task" / str(thread)
            on_cpu = int((folder / "schedstat").read_text().split()[0])
            status = (folder / "status").read_text()
            faults = int((folder / "stat").read_text().rpartition(")")[2].split()[7])  # minflt, proc(5)
            result[thread] = (name, on_cpu, _switches(status, "voluntary"), _switches(status, "nonvoluntary"), faults)
    return result


def difference(before, after):
    """What happened between two samples: of all threads, and nanoseconds by the threads' names."""
    by_name = {}
    totals = [0] * len(FIGURES)
    for thread, (name, *figures) in after.items():
        earlier = before.get(thread, (name, *[0] * len(FIGURES)))[1:]
        spent = [now - then for now, then in zip(figures, earlier)]
        by_name[name] = by_name.get(name, 0) + spent[0]
        totals = [total + value for total, value in zip(totals, spent)]
    return {**dict(zip(FIGURES, totals)), "threads_ns": by_name}


def memory(pids):
    """The sum of the processes' memory in KiB."""
    result = dict.fromkeys(MEMORY, 0)
    for pid in pids:
        text = (PROC / str(pid) / "smaps_rollup").read_text()
        for key, name in MEMORY.items():
            result[key] += int(re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)[1])
    return result


def is_asleep(pid):
    """Whether a process waits in nanosleep: its start is over."""
    return (PROC / str(pid) / "wchan").read_text() == "hrtimer_nanosleep"


def machine_busy_ticks():
    """(busy, all) of all processors, in ticks: only to tell whether others were at work."""
    values = [int(word) for word in (PROC / "stat").read_text().split("\n")[0].split()[1:9]]
    return sum(values) - values[3] - values[4], sum(values)


class Trace:
    """Counts the system calls of processes' own threads with strace while it is open."""

    def __init__(self, pids, output):
        self.output = output
        traced = [str(thread) for pid in pids for thread, _ in threads(pid)]
        arguments = [word for thread in traced for word in ("-p", thread)]
        self.process = subprocess.Popen(
            ["strace", "-c", "-o", str(output), *arguments], stderr=subprocess.PIPE, text=True
        )
        for _ in traced:
            if "attached" not in (line := self.process.stderr.readline()):
                self.process.kill()
                raise RuntimeError(f"strace: {line.strip()}")

    @staticmethod
    def is_there():
        return shutil.which("strace") is not None

    def close(self):
        """system call -> how often it was made."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)
        self.process.stderr.close()
        calls = {}
        for line in self.output.read_text().splitlines():
            if match := re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+(\w+)$", line):
                if match[2] != "total":
                    calls[match[2]] = int(match[1])
        return calls


def wait_until(check, seconds, what):
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {seconds} s: {what}")
        time.sleep(0.05)
