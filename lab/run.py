#!/usr/bin/python3
"""Boots the board, runs the scenarios on it and prints the verdict; script/lab calls it."""

import importlib.util
import os
import signal
import sys
import time
import traceback
from pathlib import Path

from board import CACHE, Board, BoardError, command_line, free_port
from lab import Lab, Stop

LOG = CACHE / "log"
BOOT_SECONDS = 150


def open_shell():
    port = free_port()
    print(f"The board's port 8081 is http://127.0.0.1:{port}/ here; /lab/root holds twinlens.", flush=True)
    arguments = command_line(port) + ["-serial", "mon:stdio"]
    os.execvp(arguments[0], arguments)


def find_scenarios(names):
    """The files of lab/checks in their order, or those that have these names."""
    files = sorted(Path(__file__).parent.glob("checks/*.py"))
    return [file for file in files if not names or file.stem.split("-", 1)[1] in names]


def run_scenario(lab, file):
    spec = importlib.util.spec_from_file_location(file.stem.replace("-", "_"), file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    print(f"\n{module.__doc__.strip()}", flush=True)
    lab.log(f"== {file.stem}")
    lab.scenario = file.stem
    try:
        module.run(lab)
    except Stop:
        pass
    except BoardError as error:
        lab.fail("the board", str(error))
    except Exception as error:
        lab.log(traceback.format_exc())
        lab.fail("the scenario ran to its end", f"{type(error).__name__}: {error}")


def run_all(scenarios, log):
    started = time.monotonic()
    with Board(log, LOG) as board:
        signal.signal(signal.SIGTERM, board.abandon)
        lab = Lab(board, log)
        try:
            board.wait_ready(BOOT_SECONDS)
            board.must("cp -r --no-preserve=ownership /lab/root/. /")
        except BoardError as error:
            print(f"script/lab: {error}", file=sys.stderr)
            return 3
        print(f"\nthe board booted in {time.monotonic() - started:.0f} s", flush=True)
        for file in scenarios:
            run_scenario(lab, file)
    print(f"\nlog: {LOG}")
    if lab.failed:
        print("failed:")
        print("\n".join(f"  {line}" for line in lab.failed))
    print("{ok} passed, {FAIL} failed, {skip} skipped".format(**lab.counts))
    return 1 if lab.counts["FAIL"] or not lab.counts["ok"] else 0


def main():
    names = sys.argv[1:]
    if names == ["--shell"]:
        open_shell()
    started = time.monotonic()
    with open(LOG / "lab.log", "w", encoding="utf-8") as file:

        def log(text):
            file.write(f"{time.monotonic() - started:7.2f}  {text}\n")
            file.flush()

        return run_all(find_scenarios(names), log)


sys.exit(main())
