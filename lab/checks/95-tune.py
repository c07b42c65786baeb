"""The board fitted into its memory, and taken back"""

import json
import re
import time

# What Debian enables of the packages that the guide's profile names.
SERVICES = (
    "bluetooth.service cups.service cups.socket cups.path cups-browsed.service"
    " avahi-daemon.service avahi-daemon.socket ModemManager.service"
)
STATES = f"systemctl show -p Id -p LoadState -p UnitFileState -p ActiveState {SERVICES}"
# What asks for the services, as their clients do.
CLIENTS = (
    "for name in org.bluez org.freedesktop.Avahi org.freedesktop.ModemManager1; do"
    " busctl --timeout=5 call $name / org.freedesktop.DBus.Peer Ping; done;"
    " timeout 5 bash -c ': >/dev/tcp/127.0.0.1/631'; touch /var/spool/cups/d99999-001;"
    " sleep 1; rm /var/spool/cups/d99999-001"
)
UNIT = "twinlens-tune.service"
# What else zram brings, and the claims of devices.
REST_OF_ZRAM = "lsmod | grep -oE '^(zram|zsmalloc|lz4|lz4_compress) '; ls /sys/block | grep zram; ls /run/twinlens-zram-*"
# Runs apply, and prints its status and the most private memory that it had, in KiB: written to, and of files.
APPLY_AND_WATCH = """
twinlens tune apply --json > /run/report & pid=$!; dirty=0; clean=0
while [ -d /proc/$pid ]; do
    d=0 c=0
    while read -r name kib _; do
        case $name in Private_Dirty:) d=$kib ;; Private_Clean:) c=$kib ;; esac
    done < /proc/$pid/smaps_rollup
    [ $d -gt $dirty ] && dirty=$d
    [ $c -gt $clean ] && clean=$c
done 2> /dev/null
wait $pid; echo $? $dirty $clean; cat /run/report"""
# The swap of the plan is undone as by a restart, and made again.
BOOT_AGAIN = f"""
device=$(grep -o 'zram[0-9]*' /proc/swaps) && swapoff /dev/$device && echo 1 > /sys/block/$device/reset &&
echo ${{device#zram}} > /sys/class/zram-control/hot_remove && systemctl restart {UNIT}"""
VALUES = {"swappiness": "60", "dirty_ratio": "15", "dirty_background_ratio": "5", "overcommit_memory": "1"}


def run(lab):
    board = lab.board
    wait_booted(board)
    before = snapshot(board)
    rest = snapshot_rest(board)
    used_before = used_mb(board)
    applied = check_apply(lab)
    board.run(CLIENTS, 40)
    check_second_apply(lab)
    check_boot(lab)
    board.must(f"sleep {max(0, 60 - (time.monotonic() - applied)):.0f}", 70)
    check_applied(lab, "60 s later, and after clients called")

    board.restart()
    wait_booted(board)
    used_after = used_mb(board)
    figure = f"{used_before:.0f} MB before, {used_after:.0f} MB with the plan"
    lab.check("memory used after the start", used_after < used_before, figure)
    check_applied(lab, "after a restart of the board")
    check_boot_unit(lab)
    check_mask(lab)

    check_rollback(lab, before)
    board.restart()
    wait_booted(board)
    check_same(lab, "   and after a restart", before, snapshot(board))
    check_same(lab, "   with every unit file and zram device", rest, snapshot_rest(board))


def wait_booted(board):
    """A system that is degraded is up, too."""
    board.run("systemctl is-system-running --wait", 120)


def snapshot(board):
    """What apply may change: links, files, vm.*, swap and zram devices, and what runs."""
    return {
        "links": board.must("find /etc/systemd /etc/sysctl.d -printf '%p %y %m %l\\n' | sort"),
        # The kernel works user_reserve_kbytes out anew at each start, from the memory that is free.
        "vm": board.must("cd /proc/sys/vm && grep -s . * | grep -v '^stat_refresh\\|^user_reserve_kbytes'"),
        "swap": board.must(f"cut -f1 /proc/swaps; {REST_OF_ZRAM}; true"),
        "states": "\n".join(" ".join(state) for state in show_states(board)),
    }


def show_states(board):
    """For each of the services: its name, load state, active state and unit file state."""
    blocks = board.must(STATES).strip().split("\n\n")
    values = [dict(line.split("=", 1) for line in block.splitlines()) for block in blocks]
    return [[value[key] for key in ("Id", "LoadState", "ActiveState", "UnitFileState")] for value in values]


def snapshot_rest(board):
    """The unit files: with the links in /etc they make the state of each, which systemctl list-unit-files takes half a
    minute to print."""
    return {"unit files": board.must("find /usr/lib/systemd/system /run/systemd/system -printf '%p %y %l\\n' | sort")}


def check_same(lab, name, before, after):
    differing = [
        f"{part}: {' '.join(line.split())}"
        for part in before
        for line in sorted(set(before[part].splitlines()) ^ set(after[part].splitlines()))
    ]
    for line in differing:
        lab.log(f"differs, {line}")
    count = sum(len(text.splitlines()) for text in before.values())
    lab.check(name, not differing, "; ".join(differing)[:200] or f"{count} settings compared")


def used_mb(board):
    """As /api/status counts it: MemTotal - MemAvailable."""
    text = board.must("cat /proc/meminfo")
    total, available = (int(re.search(rf"{name}:\s+(\d+)", text)[1]) for name in ("MemTotal", "MemAvailable"))
    return (total - available) / 1024


def run_report(lab, verb):
    """What the verb tells of its steps, and its time."""
    result = lab.board.run(f"twinlens tune {verb} --json", 180)
    lab.require(verb, result.status == 0, result.output[-200:] if result.status else "")
    return json.loads(result.output)


def tell_time(lab, report, others):
    """That of the program, without what the services took, and compared with systemd's reading of its files."""
    settled = [step for step in report["steps"] if step["outcome"] == "settled"]
    reload = sum(step["seconds"] - step["waited_seconds"] for step in settled)
    rest = report["seconds"] - report["waited_seconds"] - reload
    figure = f"{report['seconds']:.1f} s: {report['waited_seconds']:.1f} services, {reload:.1f} systemd's reload, {rest:.1f}"
    lab.check("   systemd reads its files once", len(settled) == 1, str(len(settled)))
    lab.judge("   its time", 0 < rest <= 2 * reload, figure, others)


def check_apply(lab):
    """Returns when it was applied."""
    load = lab.board.load()
    figures, _, report = lab.board.must(APPLY_AND_WATCH, 180).partition("\n")
    applied = time.monotonic()
    others = lab.board.load().others_since(load)
    status, dirty, clean = map(int, figures.split())
    lab.require("apply", status == 0, f"exit status {status}")
    report = json.loads(report)
    for step in report["steps"]:
        gained = (step["available_after_bytes"] - step["available_before_bytes"]) / 1e6
        name = step["object"] or f"all of kind {step['kind']}"
        good = step["outcome"] == ("made" if step["object"] else "settled")
        lab.check(f"   {name}", good, f"{gained:+.1f} MB available, {step['seconds']:.2f} s")
    tell_time(lab, report, others)
    figure = f"{dirty} KiB written to; {clean} KiB of files that nobody else has mapped"
    lab.check("   its private memory, 2 MB at the most", 0 < dirty <= 2048, figure)
    check_applied(lab, "after it")
    return applied


def check_second_apply(lab):
    report = run_report(lab, "apply")
    lab.check("   the second time it changes nothing", report["made"] == 0, f"{report['made']} changes in {report['seconds']:.1f} s")


def check_applied(lab, when):
    board = lab.board
    states = show_states(board)
    running = [name for name, _, active, _ in states if active in ("active", "activating", "reloading")]
    lab.check(f"{when}: none of its services runs", len(states) == 8 and not running, " ".join(running))
    lines = board.must(f"cd /proc/sys/vm && grep . {' '.join(VALUES)}").splitlines()
    values = dict(line.split(":") for line in lines)
    lab.check("   vm.*", values == VALUES, " ".join(values.values()))
    swap = board.must("tail -n +2 /proc/swaps").split()
    good = len(swap) == 5 and "zram" in swap[0] and int(swap[2]) // 1024 == 1023 and swap[4] == "10"
    lab.check("   swap on zram, 1 GiB, priority 10", good, " ".join(swap))
    status = board.run("twinlens tune status", 60)
    lab.check("   status agrees", status.status == 0, f"exit status {status.status}")


def check_boot(lab):
    """The figures of `twinlens boot` are those of systemd-analyze."""
    report = json.loads(lab.board.run("twinlens boot --json", 60).output)
    said = lab.board.must("systemd-analyze time; systemd-analyze blame --no-pager", 60)
    total = re.search(r"= (?:(\d+)min )?([\d.]+)s", said)
    theirs = 60 * float(total[1] or 0) + float(total[2])
    good = abs(theirs - report["total_s"]) < 0.002
    lab.check("boot: the total is that of systemd-analyze", good, f"{report['total_s']:.3f} s, {theirs:.3f} s")
    seconds = {unit["unit"]: unit["duration_s"] for unit in report["units"]}
    told = {name: float(time) for time, name in re.findall(r"(?m)^\s*([\d.]+)s (\S+)$", said)}
    both = set(seconds) & set(told)
    worst = max((abs(seconds[name] - told[name]) for name in both), default=9)
    lab.check("   and so are the slowest units", len(both) > 5 and worst < 0.002, f"{len(both)} units")
    chain = lab.board.must("systemd-analyze critical-chain --no-pager", 60)
    names = re.findall(r"(?m)^[\s└─]*(\S+\.\w+) @", chain)
    ours = [link["unit"] for link in report["critical_chain"]]
    lab.check("   and the critical chain", ours == names and len(ours) > 3, " ".join(ours[:4]))
    result = lab.board.run("twinlens boot --limit 1s", 60)
    lab.check("   over the limit it fails", result.status == 1, f"exit status {result.status}")


def unit_seconds(board, unit):
    names = ("Result", "ExecMainStatus", "ExecMainStartTimestampMonotonic", "ExecMainExitTimestampMonotonic")
    shown = board.must(f"systemctl show {' '.join(f'-p {name}' for name in names)} {unit}")
    result, status, begun, ended = (re.search(rf"(?m)^{name}=(.*)$", shown)[1] for name in names)
    return (result, status) == ("success", "0"), (int(ended) - int(begun)) / 1e6


def check_boot_unit(lab):
    """While all else starts an emulated board tells little of its time: systemd-sysctl is there to compare with."""
    is_good, at_boot = unit_seconds(lab.board, UNIT)
    _, other = unit_seconds(lab.board, "systemd-sysctl.service")
    lab.check("   the boot unit ended well", is_good, f"in {at_boot:.2f} s; systemd-sysctl.service in {other:.2f} s")
    load = lab.board.load()
    lab.board.must(BOOT_AGAIN, 60)
    others = lab.board.load().others_since(load)
    is_good, again = unit_seconds(lab.board, UNIT)
    lab.check("   it ends well, too, when nothing else starts", is_good)
    lab.judge("   and in less than 1 s", again < 1, f"{again:.2f} s", others)


def check_mask(lab):
    lab.board.must(f"systemctl mask {UNIT}")
    status = lab.board.run("twinlens tune status", 60)
    lab.check("   status tells of its mask", status.status == 1 and "masked by" in status.output)
    lab.board.must(f"systemctl unmask {UNIT}")


def check_rollback(lab, before):
    report = run_report(lab, "rollback")
    good = {step["outcome"] for step in report["steps"]} <= {"restored", "not_undone", "as_before"}
    lab.check("   each of its steps", good, f"{report['seconds']:.1f} s, {report['waited_seconds']:.1f} of it services")
    check_same(lab, "   all is as it was before", before, snapshot(lab.board))
