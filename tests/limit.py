#!/usr/bin/env python3
"""Runs a command with a time limit, and leaves nothing of it behind.

usage: limit.py SECONDS COMMAND...

The command stays in this process group, in the foreground of the terminal, and is sent SIGTERM at the limit, or when
this program is ended or its parent ends; 10 seconds later it is killed. Whatever it started and did not end, in
whichever group or session, is killed when it has ended. The exit status is its own, 128 and the number of the signal
that ended it, or 124 when it was cut off.
"""

import ctypes
import os
import pathlib
import signal
import subprocess
import sys

GRACE_S = 10
CUT_OFF, CANNOT_RUN = 124, 127
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


class CutOff(Exception):
    pass


def cut_off(*_):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.alarm(0)
    raise CutOff


def wait_for(wanted):
    """The exit status of a child; whatever else ends meanwhile, and would have been reaped by init, is reaped, too."""
    while True:
        pid, status = os.wait()
        if pid == wanted:
            return os.waitstatus_to_exitcode(status)


def kill_children():
    """Kills the children, and theirs, which are this process's as soon as their parents are gone."""
    while True:
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                if int(path.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                    os.kill(int(path.parent.name), signal.SIGKILL)
            except (OSError, ValueError):  # it has ended
                continue
        try:
            os.wait()
        except ChildProcessError:
            return


def main(limit, *command):
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGTERM, cut_off)
    signal.signal(signal.SIGALRM, cut_off)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C is for the command
    signal.alarm(int(limit))
    process = None
    try:
        process = subprocess.Popen(
            command, close_fds=False, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
        )
        status = wait_for(process.pid)
        signal.alarm(0)
    except OSError as error:
        print(f"limit.py: {command[0]}: {error.strerror}", file=sys.stderr)
        status = CANNOT_RUN
    except CutOff:
        status = CUT_OFF
        if process:
            process.terminate()
            try:
                process.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                pass
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    kill_children()
    return 128 - status if status < 0 else status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
