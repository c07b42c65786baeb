"""A command with less memory"""

import json

MIB = 1 << 20
# Holds that much: tail keeps the end of what it is given until the input ends.
EAT = "head -c {mib}M /dev/zero | tail -c {mib}M >/dev/null"
# Fills swap with pages of which about a quarter is left when they are compressed.
FILL = "(yes $(head -c 750 /dev/urandom | base64 -w 0) | head -c {mib}M; sleep {seconds}) | tail -c {mib}M >/dev/null"
# Starts a simulation whose command writes a file, ends it, and prints its exit status and the seconds until no process
# and no cgroup of it is left and the machine's memory is back. Mostly with what bash has itself: a program takes long
# to start on this board.
END = """
rm -f /run/started
twinlens simulate {options} -- sh -c 'sleep 300 & echo $! $$ >/run/started.new; mv /run/started.new /run/started; exec sleep 300' &
pid=$!
while [ ! -s /run/started ]; do sleep 0.05; done
read child command </run/started
group=/sys/fs/cgroup$(sed -n 's/^[0-9]*:memory://p; t; s/^0:://p' /proc/$child/cgroup | head -n 1)
[ -d "$group" ] || group=/sys/fs/cgroup/memory${{group#/sys/fs/cgroup}}
[ -e "$group/cgroup.procs" ] || {{ kill $pid; exit 9; }}
{end}
start=$EPOCHREALTIME; wait $pid 2>/dev/null; status=$?
is_left() {{
    [ -e "$group" ] || [ -e /proc/$child ] || [ -e /proc/$command ] && return 0
    read overcommit </proc/sys/vm/nr_overcommit_hugepages; [ $overcommit = 0 ] || return 0
    while read name kib _; do
        [ $name = Hugetlb: ] && [ $kib != 0 ] && return 0
    done </proc/meminfo
    return 1
}}
while is_left; do sleep 0.02; done
echo; echo $status $start $EPOCHREALTIME"""
# systemd takes its time to remove a scope without processes.
NO_SCOPE = "for i in {1..100}; do systemctl list-units --all 'twinlens-simulate-*' | grep -q simulate || exit 0; sleep 0.1; done; exit 1"
ENDS = (
    ("kill -9 of simulate", "kill -9 $pid", 137),
    ("kill -9 of the command", "kill -9 $command", 137),
    ("SIGTERM", "kill $pid", 143),
)


def simulate(lab, options, command, seconds=60):
    """Its exit status and its report."""
    result = lab.board.run(f"twinlens simulate --json {options} -- sh -c '{command}' 2>/run/simulate-errors", seconds)
    try:
        return result.status, json.loads(result.output)
    except ValueError:
        lab.require("it reports", False, lab.board.run("tail -n 3 /run/simulate-errors").output.strip())


def run(lab):
    board = lab.board
    board.run("systemctl is-system-running --wait", 120)
    check_limit(lab, 2)
    check_ends(lab, "--memory 64M")
    check_zram(lab)
    check_find(lab)


def check_limit(lab, version):
    status, report = simulate(lab, "--memory 64M", EAT.format(mib=256))
    good = (status, report["cgroup_version"], report["scope"]) == (137, version, True)
    figure = f"cgroup version {report['cgroup_version']}, exit status {status}"
    lab.check(f"cgroup version {version}: what eats memory is killed, in a scope", good, figure)
    peak = report["peak_bytes"] / MIB
    lab.check("   at the limit of 64 MiB", 48 < peak <= 64, f"peak {peak:.1f} MiB")
    kills, hits = report["oom_kills"], report["limit"]["hits"]
    lab.check("   and that is reported", kills == 1 and hits > 0, f"{kills} OOM kill, {hits} times at the limit")
    psi = report["psi"] or {"of": "nothing", "some_percent": 0}
    good = psi["of"] == ("command" if version == 2 else "machine")
    lab.check("   PSI", good, f"of the {psi['of']}: some {psi['some_percent']:.1f} %")
    status, report = simulate(lab, "--memory 256M", f"{EAT.format(mib=64)}; exit 7")
    good = (status, report["oom_kills"], report["limit"]["hits"]) == (7, 0, 0)
    lab.check("   what fits is left alone", good, f"exit status {status}, peak {report['peak_bytes'] / MIB:.1f} MiB")


def check_ends(lab, options):
    for name, end, wanted in ENDS:
        output = lab.board.must(END.format(options=options, end=end), 180)
        status, start, now = output.splitlines()[-1].split()
        seconds = float(now) - float(start)
        good = int(status) == wanted and seconds < 1
        lab.check(f"   {name}: all is given back within 1 s", good, f"exit status {status}, {seconds:.2f} s")
    lab.check("   and systemd has no scope of it any more", lab.board.run(NO_SCOPE, 60).status == 0)


def check_zram(lab):
    board = lab.board
    board.must("modprobe zram && echo 512M >/sys/block/zram0/disksize && mkswap -q /dev/zram0 && swapon /dev/zram0")
    try:
        status, report = simulate(lab, "--memory 48M", FILL.format(mib=80, seconds=6), 300)
        limit = report["limit"]
        zram, lowest = limit["zram_peak_bytes"] / MIB, limit["lowest_bytes"] / MIB
        lab.check("with swap in zram it ends well", status == 0 and report["oom_kills"] == 0, f"exit status {status}")
        figure = f"{report['swap_peak_bytes'] / MIB:.0f} MiB swapped, {zram:.1f} MiB in zram, limit {lowest:.1f} of 48 MiB"
        good = zram > 5 and not limit["frozen"] and abs(48 - zram - lowest) < 0.05 * 48
        lab.check("   what zram takes is taken off the limit", good, figure)
    finally:
        board.must("swapoff /dev/zram0 && echo 1 >/sys/block/zram0/reset && modprobe -r zram")


def check_find(lab):
    """Of frame rate and age little is asked for: this board is slow, and it is memory that is looked for."""
    cameras = " ".join(f"--camera cam{i}=v4l2:/dev/{node}" for i, node in enumerate(lab.vivid()))
    find = "twinlens simulate --find --json --min-fps 1 --max-age 10s"
    result = lab.board.run(f"{find} -- twinlens serve {cameras} 2>/run/simulate-errors", 400)
    lab.require("the least memory for two cameras and 4 viewers is found", result.status == 0, result.output[-100:].strip())
    report = json.loads(result.output)
    own, shared = (report[name] / MIB for name in ("needed_bytes", "shared_bytes"))
    for step in report["curve"]:
        lab.log(f"{step['memory_bytes'] / MIB:.1f} MiB: {step['outcome']}, {step['fps']:.1f} fps")
    last, failed = report["curve"][-1], [step for step in report["curve"] if step["outcome"] != "held"]
    good = (last["outcome"], last["from_start"]) == ("held", True) and failed and 2 < own < 64
    lab.check("   and confirmed", good, f"{own:.1f} MiB, {shared:.1f} of them loaded by others; {len(report['curve'])} steps")
