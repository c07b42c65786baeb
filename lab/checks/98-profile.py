"""What viewers get, where the server's time and memory go, and the live view"""

import json
import re
import subprocess
import time

from board import CACHE

LOGS = ("performance.log", "memory_mapping.log", "functions.log", "syscall_analysis.log")
TICKS = "awk '{{ print $14 + $15 }}' /proc/{pid}/stat; cut -d' ' -f1 /proc/uptime"


def run(lab):
    cameras = [f"--camera=cam{i}=v4l2:/dev/{node}" for i, node in enumerate(lab.vivid())]
    with lab.serve("--max-viewers", "16", *cameras) as server:
        check_load(lab, server)
        check_load_from_outside(lab, server)
        viewers = server.start_viewers(4, 26)
        time.sleep(3)
        check_top(lab, server)
        check_profile(lab, server)
        server.viewers_result(viewers)


def sent(server):
    return {name: server.metrics()[f'twinlens_frames_sent_total{{camera="{name}"}}'] for name in ("cam0", "cam1")}


def check_load(lab, server):
    """Against the viewers of the lab, at the same time, and the server's count of what it sent to both."""
    before, load = sent(server), lab.board.load()
    others = server.start_viewers(4, 7)
    result = lab.board.run("twinlens load ws://127.0.0.1:8081 --viewers 4 --duration 6s --json 2>/run/load-errors", 40)
    viewers = server.viewers_result(others)
    taken = lab.board.load().others_since(load)
    report = json.loads(result.output)
    lab.require("load measures on the board", "cameras" in report, report.get("error", ""))
    # It says so where reading was late, as on this board where nothing is idle.
    void = f"void: late by {report['lag_ms']['p99']:.1f} ms (p99)"
    good = result.status == (0 if report["valid"] else 1) and report["lost"] == 0
    lab.check("   its status and its verdict agree", good, "valid" if report["valid"] else void)
    after = sent(server)
    for index, name in enumerate(("cam0", "cam1")):
        camera, tracks = report["cameras"][name], [viewer["cameras"][index] for viewer in viewers]
        slowest = min(track["fps"] for track in tracks)
        figure = f"{camera['fps_min']:.1f} frames/s, {slowest:.1f} of lab-viewer"
        lab.judge(f"   {name}: frames a second", abs(camera["fps_min"] - slowest) < 0.15 * slowest, figure, taken)
        lab.check("   no broken pictures", camera["broken"] == 0 and camera["frames"] > 40, f"{camera['frames']} frames")
        # What both count is a part of what the server sent: it sends while they warm up, too.
        counted = camera["frames"] + sum(track["frames"] for track in tracks)
        total = after[name] - before[name]
        lab.check("   the server sent what they got", 0.6 * total < counted <= total, f"{counted} of {total:.0f}")
        ages = camera["age_on_screen_ms"]
        ordered = 0 < ages["p50"] <= ages["p90"] <= ages["p99"] <= ages["max"] < 2000
        lab.check("   age on screen", ordered and ages["p50"] > camera["age_at_arrival_ms"]["p50"], f"{ages['p50']:.0f} ms")


def clock_ahead(board):
    """The board's monotonic clock against that of this machine: the least and the most that it can be, in s."""
    least, most = -1e9, 1e9
    for _ in range(5):
        begun = time.monotonic()
        uptime = float(board.must("cut -d' ' -f1 /proc/uptime"))
        least, most = max(least, uptime - time.monotonic()), min(most, uptime + 0.01 - begun)
    return least, most


def check_load_from_outside(lab, server):
    """Its clock is another one than the server's."""
    least, most = clock_ahead(lab.board)
    command = [f"{CACHE}/share/load", f"ws://127.0.0.1:{lab.board.port}", "--viewers", "2", "--duration", "4s"]
    before = sent(server)
    result = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=40, check=False)
    report = json.loads(result.stdout)
    lab.require("load measures from this machine", report.get("clock") is not None, report.get("error", ""))
    ahead, error = report["clock"]["ahead_ms"] / 1000, report["clock"]["error_ms"] / 1000
    good = 0 < error < 0.1 and least - error <= ahead <= most + error
    lab.check("   the board's clock", good, f"{ahead:.3f} s ahead, +-{1000 * error:.1f} ms; {least:.3f} to {most:.3f} s by uptime")
    after = sent(server)
    for name, camera in report["cameras"].items():
        total = after[name] - before[name]
        figure = f"{camera['frames']} of {total:.0f} pictures, {camera['broken']} broken"
        # The server sends while load warms up, too.
        lab.check(f"   {name}", camera["broken"] == 0 and 0.4 * total < camera["frames"] <= total, figure)
    text = subprocess.run(command[:-1] + ["1s"], capture_output=True, text=True, timeout=40, check=False).stdout
    lab.check("   it prints the error of the clock", re.search(r"known to \+-[\d.]+ ms", text) is not None)


def check_top(lab, server):
    """Where standard output is not a terminal it is one table."""
    text = lab.board.must("twinlens top | cat")
    used = float(re.search(r"used ([\d.]+) %", text)[1])
    theirs = server.status()["memory"]["system"]["used_percent"]
    lab.check("top: memory in use", abs(used - theirs) < 1, f"{used} %, {theirs:.1f} % in the status")
    cameras = re.findall(r"(?m)^(cam\d) +streaming +([\d.]+) of", text)
    good = [name for name, _ in cameras] == ["cam0", "cam1"] and all(float(fps) > 3 for _, fps in cameras)
    lab.check("   cameras", good, ", ".join(" ".join(camera) for camera in cameras))
    process = re.search(r"(?m)^twinlens-serve +(\d+) +(\d+)", text)
    pss = server.memory()[0] / 1024
    good = process and int(process[1]) == server.pid and abs(int(process[2]) - pss) < 0.1 * pss
    lab.check("   the server's PSS", good, f"{process[2]} KiB, {pss:.0f} KiB in smaps_rollup" if process else "")
    lab.check("   no codes of a terminal", "\x1b" not in text, f"{len(text.splitlines())} lines")


def check_profile(lab, server):
    board = lab.board
    ticks = TICKS.format(pid=server.pid)
    before = board.must(ticks).split()
    result = board.run(f"cd /run && twinlens profile --pid {server.pid} --duration 6s --out /run/profile 2>&1", 60)
    after = board.must(ticks).split()
    text = {name: board.run(f"cat /run/profile/{name}").output for name in LOGS}
    seconds = float(after[1]) - float(before[1])
    percent = (int(after[0]) - int(before[0])) / seconds
    lab.require("profile writes its logs", result.status == 0 and all(text.values()), result.output[-100:] if result.status else "")

    process = re.search(r"whole process +([\d.]+)", text["performance.log"])
    figure = f"{process[1]} % of a core, {percent:.0f} % by ticks over all of it" if process else ""
    lab.check("   CPU", process and 0.5 * percent < float(process[1]) < 2 * percent, figure)
    threads = set(re.findall(r"(?m)^ +(\d+) \S+ +[\d.]+ ", text["performance.log"]))
    there = set(board.must(f"ls /proc/{server.pid}/task").split())
    lab.check("   every thread", threads == there and len(there) >= 3, f"{len(threads)} threads")

    memory = text["memory_mapping.log"]
    sums = {name.strip(): [int(word) for word in rest.split()]
            for name, rest in re.findall(r"(?m)^(\w[\w ]{14} ) +(\d[\d ]+)$", memory)}  # fmt: skip
    pss = server.memory()[0] / 1024
    good = abs(sums["all"][3] - pss) < 0.05 * pss and {"code", "libraries", "heap", "stacks", "frames"} <= set(sums)
    lab.check("   memory: PSS", good, f"{sums['all'][3]} KiB, {pss:.0f} KiB in smaps_rollup")
    maps = board.must(f"awk '/\\/dev\\/video/ {{ n++ }} END {{ print n }}' /proc/{server.pid}/maps").strip()
    figure = f"{sums['device buffers'][0]} of {maps} mappings, {sums['device buffers'][1]} KiB"
    lab.check("   memory: the buffers of both cameras", str(sums["device buffers"][0]) == maps, figure)
    lab.check("   functions: perf is not there, and its package is named",
              "linux-perf" in text["functions.log"] and "linux-perf" in result.output)  # fmt: skip

    calls = dict(re.findall(r"(?m)^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ )? *(\w+)$", text["syscall_analysis.log"]))
    counts = {name: int(count) for count, name in calls.items()}
    good = "by strace -c" in text["syscall_analysis.log"] and counts.get("ppoll", 0) > 10 and counts.get("ioctl", 0) > 20
    lab.check("   calls, by strace", good, ", ".join(f"{name} {count}" for name, count in list(counts.items())[:5]))
    rates = re.search(r"# frame rate: before: (.*); meanwhile: (.*); [\d.]+ s afterwards: (.*)", text["syscall_analysis.log"])
    figure = f"{rates[1]}; {rates[2]}; {rates[3]}" if rates else ""
    lab.check("   and the frame rate is back afterwards", rates and rates[3].endswith(": as before"), figure)
    state = re.search(r"TracerPid:\s+(\d+)", board.must(f"cat /proc/{server.pid}/status"))[1]
    lab.check("   nothing is left", state == "0" and not board.run("pgrep strace; ls /tmp | grep twinlens-profile").output)
