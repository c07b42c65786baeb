"""One rule for all tests of a time or a rate: the best of some attempts counts, as a busy machine can only make it
worse; when none is good enough and other programs had much of the machine meanwhile, the test is skipped, with what it
measured and how much that was."""

import contextlib
import functools
import os
import pathlib

BUSY = 0.3  # the share of this machine in other hands from which on a bad figure says nothing
ATTEMPTS = 3

_IDLE_FIELDS = (3, 4)  # idle and iowait, of the first line of /proc/stat


def _read_processes():
    """number -> (number of its parent, ticks that it and its ended children took)"""
    processes = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        processes[int(path.parent.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    return processes


def own_ticks():
    """What this process, and all that it started, took."""
    processes = _read_processes()
    own, size = {os.getpid()}, 0
    while len(own) > size:
        size = len(own)
        own |= {pid for pid, (parent, _) in processes.items() if parent in own}
    return sum(processes[pid][1] for pid in own if pid in processes)


class Load:
    def __init__(self):
        ticks = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        self.total = sum(ticks)
        self.others = self.total - sum(ticks[i] for i in _IDLE_FIELDS) - own_ticks()

    def others_since(self, earlier):
        """The share of this machine that other programs had, 0..1."""
        return max(0, self.others - earlier.others) / max(1, self.total - earlier.total)


def judge_once(case, is_good, told, others):
    """What was measured once, while other programs had that share of the machine."""
    if is_good:
        return
    if others > BUSY:
        case.skipTest(f"other programs took {others:.0%} of this machine: {told}")
    case.fail(told)


@contextlib.contextmanager
def judged(case, others):
    """What is asserted within it is about something that was measured once, as with judge_once()."""
    try:
        yield
    except AssertionError as error:
        judge_once(case, False, str(error)[:1000], others)


def judge(case, attempt, attempts=ATTEMPTS):
    """attempt() measures, and returns whether that is good enough, and the figures as a text."""
    seen, before = [], Load()
    for _ in range(attempts):
        is_good, text = attempt()
        seen.append(text)
        if is_good:
            return
    judge_once(case, False, f"no attempt met the bar: {'; '.join(seen)}", Load().others_since(before))


def measured(test):
    """A test whose bars are times and rates: all of it is an attempt."""

    @functools.wraps(test)
    def run(case):
        def attempt():
            try:
                test(case)
            except AssertionError as error:
                return False, str(error)[:300]
            return True, ""

        case.subTest = lambda *_, **__: contextlib.nullcontext()  # unittest keeps a failure in one to itself
        judge(case, attempt)

    return run
