#!/usr/bin/env python3
"""Measures twinlens serve, ustreamer and the floor with the same pictures, in one run. See docs/performance.md.

Called by script/bench, which builds what is needed and tells by TWINLENS and BUILD where it is.
"""

import argparse
import json
import os
import pathlib
import platform
import shutil
import sys
import tempfile
import time

import process
import instructions
import report
import shares
import systems

SETTLE_S = 1
IDLE_S = 5
TRACE_S = 3
TRACED_VIEWERS = 64


class Tools:
    def __init__(self, build, twinlens, source, scratch):
        self.twinlens, self.source, self.scratch = twinlens, source, scratch
        self.viewers, self.floor = build / "bench/bench-viewers", build / "bench/bench-floor"
        self.pictures, self.encoder = build / "bench/bench-pictures", build / "bench/bench-encode"
        self.shim = build / "tests/shim/libv4l2-shim.so"


def trace(tools, system, viewers):
    """System calls for each frame that one viewer was sent."""
    if not process.Trace.is_there():
        return None
    traced = process.Trace(system.pids, tools.scratch / "strace")
    viewers.begin()
    time.sleep(TRACE_S)
    frames = viewers.end()["frames"]
    calls = traced.close()
    return {name: round(count / frames, 4) for name, count in sorted(calls.items(), key=lambda call: -call[1])}


def measure(tools, system, count, seconds, wants_trace):
    """One row: what a system cost while that many viewers watched."""
    with systems.Viewers(tools, system, count) as viewers:
        time.sleep(SETTLE_S)
        busy_before = process.machine_busy_ticks()
        before, begun = process.sample(system.pids), time.monotonic()
        viewers.begin()
        time.sleep(seconds)
        received = viewers.end()
        spent, elapsed = process.difference(before, process.sample(system.pids)), time.monotonic() - begun
        busy_after = process.machine_busy_ticks()
        row = {**received, **system.memory()}
        if wants_trace:
            row["calls_per_frame_and_viewer"] = trace(tools, system, viewers)
    instants = received["frames"] / (count * len(system.ports)) / system.frames_per_viewer
    share = (busy_after[0] - busy_before[0]) / max(1, busy_after[1] - busy_before[1])
    row["fps_min"] = round(row["fps_min"] / system.frames_per_viewer, 2)
    row["fps_mean"] = round(row["fps_mean"] / system.frames_per_viewer, 2)
    row["viewers"] = count
    row["cpu_percent"] = round(spent["cpu_ns"] / elapsed / 1e7, 3)
    row["viewers_cpu_percent"] = round(100 * row.pop("cpu_s") / received["seconds"], 2)
    row["threads_percent"] = {name: round(ns / elapsed / 1e7, 3) for name, ns in spent["threads_ns"].items()}
    for kind in ("voluntary", "involuntary"):
        row[f"{kind}_switches_per_frame"] = round(spent[kind] / max(1, instants), 2)
    row["page_faults_per_frame"] = round(spent["page_faults"] / max(1, instants), 3)
    row["instants"] = round(instants, 1)
    row["others_cpu_percent"] = round(
        100 * share * os.cpu_count() - row["cpu_percent"] - row["viewers_cpu_percent"], 1)
    return row


def compare(run, scenario, counts, cameras, is_raw, kinds):
    """The systems side by side, for each number of viewers one after the other."""
    for count in counts:
        for kind in kinds:
            with kind(run.tools, run.pictures, cameras, is_raw) as system:
                wants_trace = count == TRACED_VIEWERS and cameras == 1 and not run.is_smoke
                row = measure(run.tools, system, count, run.seconds, wants_trace)
                if issubclass(kind, systems.Floor):
                    row["floor"] = system.report()
            run.add({"scenario": scenario, "system": kind.name, **row})


def measure_shares(run):
    """Where the server's processor time goes."""
    for scenario, count, cameras, is_raw in (("passthrough", TRACED_VIEWERS, 1, False), ("two encoded", 4, 2, True)):
        with systems.Twinlens(run.tools, run.pictures, cameras, is_raw) as system:
            with systems.Viewers(run.tools, system, count):
                time.sleep(SETTLE_S)
                found, unit = shares.by_perf(system.pids[0], TRACE_S, run.tools.scratch), "% of its processor time"
        if found is None and shutil.which("valgrind"):
            with systems.TwinlensUnderCallgrind(run.tools, run.pictures, cameras, is_raw) as system:
                with systems.Viewers(run.tools, system, count):
                    time.sleep(TRACE_S)
            found, unit = shares.by_callgrind(system.pids[0], cameras, run.tools.scratch), "% of its own instructions"
        if found is None:
            run.missing.append(f"shares, {scenario}: neither perf nor valgrind works here")
        else:
            run.shares.append({"scenario": scenario, "viewers": count, "unit": unit, **found})


def measure_idle(run, kinds):
    """Nobody watches any more: one viewer came and went."""
    for kind in kinds:
        with kind(run.tools, run.pictures, 2, False) as system:
            with systems.Viewers(run.tools, system, 1):
                pass
            time.sleep(3)
            before = process.sample(system.pids)
            time.sleep(IDLE_S)
            spent = process.difference(before, process.sample(system.pids))
            run.add({"scenario": "idle", "system": kind.name, "viewers": 0,
                     "wakeups_per_second": round(spent["voluntary"] / IDLE_S, 2),
                     "cpu_percent": round(spent["cpu_ns"] / IDLE_S / 1e7, 3), **system.memory()})


class Run:
    def __init__(self, tools, pictures, seconds, is_smoke):
        self.tools, self.pictures, self.seconds, self.is_smoke = tools, pictures, seconds, is_smoke
        self.rows, self.shares, self.missing = [], [], []

    def add(self, row):
        self.rows.append(row)
        print(f"  {row['scenario']}, {row['viewers']} viewers, {row['system']}: {row['cpu_percent']:.2f} %",
              file=sys.stderr, flush=True)

    def everything(self, counts, peers):
        floor, ours = [systems.Floor], [systems.Twinlens]
        compare(self, "passthrough", counts, 1, False, floor + ours + peers)
        many = [4 if self.is_smoke else TRACED_VIEWERS]
        compare(self, "passthrough", many, 1, False, [systems.FloorZerocopy, systems.FloorSendfile])
        compare(self, "multipart", many, 1, False, [systems.TwinlensMultipart])
        compare(self, "two encoded", [4], 2, True, floor + ours + peers)
        measure_shares(self)
        if not self.is_smoke:
            compare(self, "two cameras", [n for n in counts if n <= 64], 2, False, ours + peers)
            measure_idle(self, ours + peers)


def check_smoke(result):
    """Counts, no times: each viewer of each system was sent pictures, and none was lost; raw frames are encoded."""
    wrong = [row for row in result["rows"] if row["lost"] or row["fps_min"] <= 0 or row["cpu_percent"] <= 0
             or row["pss_kb"] <= 0 or row["p50_ms"] is None]
    wrong += [row for row in result["shares"] if row["scenario"] == "two encoded" and row["encode"] < 20]
    wrong += [counts for counts in result["instructions_per_frame"].values() if counts["instructions"] < 1e6]
    for row in wrong:
        print(f"wrong: {json.dumps(row)}")
    return 1 if wrong or not result["rows"] else 0


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return {"cores": os.cpu_count(), "architecture": platform.machine(), "processor": models[0] if models else "",
            "kernel": platform.release(), "load": os.getloadavg()[0]}


def read_arguments():
    parser = argparse.ArgumentParser(prog="script/bench", description="Measure twinlens, ustreamer and the floor.")
    parser.add_argument("--quick", action="store_true", help="4 and 64 viewers only, 3 s each")
    parser.add_argument("--smoke", action="store_true", help="4 viewers, 2 s; checks counts only")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the results")
    parser.add_argument("--pictures", default="scene", metavar="DIR",
                        help="a folder of .jpg files; or scene (default), noise, still: made here")
    parser.add_argument("--seconds", type=float, help="how long each measurement takes (10)")
    parser.add_argument("--viewers", metavar="N,N", help="how many viewers (4,64,256,1000)")
    return parser.parse_args()


def main():
    arguments = read_arguments()
    counts = [4] if arguments.smoke else [4, 64] if arguments.quick else [4, 64, 256, 1000]
    if arguments.viewers:
        counts = [int(word) for word in arguments.viewers.split(",")]
    seconds = arguments.seconds or (2 if arguments.smoke else 3 if arguments.quick else 10)
    peers = [systems.Ustreamer] if shutil.which("ustreamer") else []
    with tempfile.TemporaryDirectory(prefix="twinlens-bench-") as folder:
        scratch = pathlib.Path(folder)
        source = pathlib.Path(__file__).resolve().parent.parent
        tools = Tools(pathlib.Path(os.environ["BUILD"]), os.environ["TWINLENS"], source, scratch)
        pictures = systems.Pictures.load(tools.pictures, arguments.pictures, scratch)
        run = Run(tools, pictures, seconds, arguments.smoke)
        run.everything(counts, peers)
        counted, missing = instructions.count(tools.encoder, pictures, source, scratch)
        sizes = [path.stat().st_size for path in pictures.folder.glob("*.jp*g")]
    if not peers:
        run.missing.append("ustreamer is not installed (Debian's package ustreamer); it is left out")
    bars = report.judge(run.rows, counted)
    result = {"machine": machine(), "pictures": {"kind": arguments.pictures, "size": pictures.size,
              "count": pictures.count, "mean_bytes": sum(sizes) // len(sizes)}, "seconds": seconds,
              "rows": run.rows, "shares": run.shares, "instructions_per_frame": counted, "bars": bars,
              "missing": run.missing + missing}
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    report.show(result)
    return check_smoke(result) if arguments.smoke else 0


if __name__ == "__main__":
    sys.exit(main())
