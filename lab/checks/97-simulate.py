"""A command, and the whole board, with less memory"""

import json
import re

MIB = 1 << 20
# Holds that much: tail keeps the end of what it is given until the input ends.
EAT = "head -c {mib}M /dev/zero | tail -c {mib}M >/dev/null"
# Of the one a quarter is left when it is compressed, of the other all.
TEXT = "yes $(head -c 750 /dev/urandom | base64 -w 0) | head -c {mib}M"
RANDOM = "head -c {mib}M /dev/urandom"
# Holds it for 4 s from then on when all is there, or ends with what tail ended with. What still runs then, simulate kills.
HOLD = """rm -f /run/filled /run/ended
{{ {fill} && echo >/run/filled && sleep 300; }} | {{ tail -c 200M >/dev/null; echo $? >/run/ended; }} &
check() {{ [ ! -e /run/ended ] || exit $(cat /run/ended); sleep 0.1; }}
while [ ! -e /run/filled ]; do check; done
i=0; while [ $((i += 1)) -le 40 ]; do check; done"""
# Starts a simulation whose command writes a file, ends it, and prints its exit status and the seconds until no process
# and no cgroup of it is left and the machine's memory is back. Mostly with what bash has itself: a program takes long
# to start on this board. script gives it a terminal, whose ^C comes through a pipe; bash has what it
# starts in the background ignore SIGINT.
END = """
rm -f /run/started /run/keys; mkfifo /run/keys; exec 3<>/run/keys
cat >/run/command <<'COMMAND'
{fill}
sleep 300 & echo $! $$ $PPID >/run/started.new; mv /run/started.new /run/started; exec sleep 300
COMMAND
env --default-signal=INT script -qec 'exec twinlens simulate {options} -- sh /run/command' /dev/null <&3 >/dev/null &
terminal=$!
while [ ! -s /run/started ]; do sleep 0.05; done
read child command pid </run/started
group=/sys/fs/cgroup$(sed -n 's/^[0-9]*:memory://p; t; s/^0:://p' /proc/$child/cgroup | head -n 1)
[ -d "$group" ] || group=/sys/fs/cgroup/memory${{group#/sys/fs/cgroup}}
[ -e "$group/cgroup.procs" ] || {{ kill $pid; exit 9; }}
read hugetlb overcommit < <(taken)
{end}
start=$EPOCHREALTIME; wait $terminal 2>/dev/null; status=$?
is_left() {{ [ -e "$group" ] || [ -e /proc/$child ] || [ -e /proc/$command ] || [ "$(taken)" != "0 0" ]; }}
while is_left; do sleep 0.02; done
echo; echo $status $start $EPOCHREALTIME $hugetlb"""
TAKEN = """
taken() {
    read overcommit </proc/sys/vm/nr_overcommit_hugepages
    while read name kib _; do [ $name = Hugetlb: ] && echo $kib $overcommit; done </proc/meminfo
}"""
# systemd takes its time to remove a scope without processes.
NO_SCOPE = "for i in {1..100}; do systemctl list-units --all 'twinlens-simulate-*' | grep -q simulate || exit 0; sleep 0.1; done; exit 1"
FULL = """
usage=$group/memory.current; [ -e $usage ] || usage=$group/memory.usage_in_bytes
until read bytes <$usage && [ $bytes -gt $((60 << 20)) ]; do sleep 0.05; done
kill -9 $pid"""
ENDS = (
    ("kill -9 of simulate", "", "kill -9 $pid", 137),
    ("kill -9 of the command", "", "kill -9 $command", 137),
    ("^C", "", "printf '\\003' >&3", 130),
    ("SIGTERM", "", "kill $pid", 143),
)
# Page cache fills what the memory of tail leaves.
END_FULL = ("kill -9 of simulate, with a full cgroup",
            "{ head -c 30M /dev/zero; cat /var/tmp/file >/dev/null; sleep 300; } | tail -c 30M >/dev/null &", FULL, 137)
V1 = "systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=yes"


def simulate(lab, options, command, seconds=60):
    """Its exit status and its report."""
    lab.board.must(f"cat >/run/command <<'COMMAND'\n{command}\nCOMMAND")
    result = lab.board.run(f"twinlens simulate --json {options} -- sh /run/command 2>/run/simulate-errors", seconds)
    try:
        return result.status, json.loads(result.output)
    except ValueError:
        lab.require("it reports", False, lab.board.run("tail -n 3 /run/simulate-errors").output.strip())


def run(lab):
    board = lab.board
    board.run("systemctl is-system-running --wait", 120)
    check_limit(lab, 2)
    check_ends(lab, "--memory 64M", *ENDS, END_FULL)
    check_zram(lab)
    check_find(lab)
    left = check_whole(lab)
    check_fragmented(lab)
    check_ends(lab, "--memory 3G --whole-machine", *ENDS)

    board.restart(options=f"mem=3G {V1}")
    board.run("systemctl is-system-running --wait", 120)
    total = meminfo(board)["MemTotal"]
    error = (left - total) / total
    figure = f"{left // MIB} MiB simulated, {total // MIB} MiB with mem=3G: {error:+.2%}"
    # The kernel describes each page in 64 bytes of memory, also those that are taken.
    lab.check("MemTotal less what was taken is that of a board with less", -0.03 < error < 0.01, figure)
    _, report = simulate(lab, "--memory 64M", "true")
    lab.check("   how the board was started is reported", report["booted_mem"] == "3G", report["booted_mem"])
    check_limit(lab, 1)
    check_ends(lab, "--memory 64M", *ENDS, END_FULL)
    check_zram(lab)
    board.restart()


def meminfo(board):
    text = board.must("cat /proc/meminfo")
    return {name: int(kib) * 1024 for name, kib in re.findall(r"(?m)^(\w+):\s+(\d+) kB", text)}


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
    status, report = simulate(lab, "--memory 96M", f"{EAT.format(mib=24)}; exit 7")
    good = (status, report["oom_kills"], report["limit"]["hits"]) == (7, 0, 0)
    lab.check("   what fits is left alone", good, f"exit status {status}, peak {report['peak_bytes'] / MIB:.1f} MiB")


def check_ends(lab, options, *ends):
    lab.board.must("head -c 40M /dev/zero >/var/tmp/file && sync /var/tmp/file && echo 1 >/proc/sys/vm/drop_caches")
    for name, fill, end, wanted in ends:
        output = lab.board.must(TAKEN + END.format(options=options, fill=fill, end=end), 60)
        status, start, now, hugetlb = output.splitlines()[-1].split()
        seconds = float(now) - float(start)
        good = int(status) == wanted and seconds < 1 and (int(hugetlb) > 0) == ("whole" in options)
        lab.check(f"   {name}: all is given back within 1 s", good, f"exit status {status}, {seconds:.2f} s")
    lab.check("   and systemd has no scope of it any more", lab.board.run(NO_SCOPE, 60).status == 0)


def check_zram(lab):
    board = lab.board
    board.must("modprobe zram && echo 512M >/sys/block/zram0/disksize && mkswap -q /dev/zram0 && swapon /dev/zram0")
    try:
        status, report = simulate(lab, "--memory 24M", HOLD.format(fill=TEXT.format(mib=40)), 100)
        limit = report["limit"]
        zram, lowest = limit["zram_peak_bytes"] / MIB, limit["lowest_bytes"] / MIB
        lab.check("with swap in zram it ends well", status == 0 and report["oom_kills"] == 0, f"exit status {status}")
        figure = f"{report['swap_peak_bytes'] / MIB:.0f} MiB swapped, {zram:.1f} MiB in zram, limit {lowest:.1f} of 24 MiB"
        good = zram > 2 and not limit["full"] and abs(24 - zram - lowest) < 0.05 * 24
        lab.check("   what zram takes is taken off the limit", good, figure)
        check_incompressible(lab)
    finally:
        board.must("swapoff /dev/zram0 && echo 1 >/sys/block/zram0/reset && modprobe -r zram")


def check_incompressible(lab):
    """A board of 24 MiB has no place for 60 MiB that do not compress: its kernel kills, whatever zram could hold."""
    status, report = simulate(lab, "--memory 24M", HOLD.format(fill=RANDOM.format(mib=60)), 100)
    limit = report["limit"]
    lowest, ratio = limit["lowest_bytes"] / MIB, limit["full_ratio"] or 0
    good = status == 137 and report["oom_kills"] >= 1 and limit["full"] and lowest >= 3
    figure = f"exit status {status}, {report['swap_peak_bytes'] / MIB:.0f} MiB swapped, {ratio:.2f} to 1, limit {lowest:.1f} of 24 MiB"
    lab.check("   what does not compress does not fit, and is killed", good, figure)
    both = f"{RANDOM.format(mib=8)} && {TEXT.format(mib=26)}"
    status, report = simulate(lab, "--memory 24M", HOLD.format(fill=both), 100)
    limit = report["limit"]
    good = status == 0 and report["oom_kills"] == 0 and not limit["full"]
    figure = f"exit status {status}, {limit['zram_peak_bytes'] / MIB:.0f} MiB in zram, limit {limit['lowest_bytes'] / MIB:.1f} of 24 MiB"
    lab.check("   a part that does not, beside what does, is left alone", good, figure)


def check_find(lab):
    """Of frame rate and age little is asked for: this board is slow, and it is memory that is looked for."""
    cameras = " ".join(f"--camera cam{i}=v4l2:/dev/{node}" for i, node in enumerate(lab.vivid()))
    find = "twinlens simulate --find --json --min-fps 1 --max-age 10s"
    result = lab.board.run(f"{find} -- twinlens serve {cameras} 2>/run/simulate-errors", 400)
    lab.require("the least memory for two cameras and 4 viewers is found", result.status == 0,
                "" if result.status == 0 else result.output[-100:].strip())
    report = json.loads(result.output)
    own, shared = (report[name] / MIB for name in ("needed_bytes", "shared_bytes"))
    for step in report["curve"]:
        lab.log(f"{step['memory_bytes'] / MIB:.1f} MiB: {step['outcome']}, {step['fps']:.1f} fps")
    last, failed = report["curve"][-1], [step for step in report["curve"] if step["outcome"] != "held"]
    good = (last["outcome"], last["from_start"]) == ("held", True) and failed and 2 < own < 64
    lab.check("   and confirmed", good, f"{own:.1f} MiB, {shared:.1f} of them loaded by others; {len(report['curve'])} steps")


def run_whole(lab, size):
    """The report, and meminfo meanwhile."""
    board = lab.board
    task = board.start(
        f"twinlens simulate --json --memory {size} --whole-machine -- sh -c"
        " 'echo >/run/here; while [ -e /run/here ]; do sleep 0.05; done' 2>/run/simulate-errors; rm -f /run/here", 100)
    board.must("while [ ! -e /run/here ]; do sleep 0.05; done", 60)
    during = meminfo(board)
    board.must("rm /run/here")
    return json.loads(task.result().output), during


def check_whole(lab):
    """Returns MemTotal less what was taken."""
    board = lab.board
    before = meminfo(board)
    report, during = run_whole(lab, "3G")
    after = meminfo(board)
    machine = report["machine"]
    taken = machine["huge_page_bytes"] + machine["locked_bytes"]
    figure = f"{machine['huge_page_bytes'] // MIB} MiB as huge pages, {machine['locked_bytes'] // MIB} MiB locked"
    # How much of it is huge pages is up to the kernel, which has ten seconds to move what is in their way.
    wanted = machine["ram_bytes"] - 3072 * MIB
    good = report["exit_status"] == 0 and abs(taken - wanted) < 0.02 * wanted
    lab.check("the whole board with 3 GiB", good, figure)
    lost = before["MemAvailable"] - during["MemAvailable"]
    good = abs(lost - taken) < 0.05 * taken and during["MemTotal"] == before["MemTotal"]
    figure = f"{before['MemAvailable'] // MIB} -> {during['MemAvailable'] // MIB} MiB"
    lab.check("   so much less is available", good, figure)
    good = abs(before["MemAvailable"] - after["MemAvailable"]) < 0.05 * taken and after["Hugetlb"] == before["Hugetlb"]
    lab.check("   and it is back", good, f"{after['MemAvailable'] // MIB} MiB")
    refused = board.run("twinlens simulate --memory 64M --whole-machine -- true")
    lines = refused.output.strip().splitlines()
    lab.check("   what does not fit is refused", refused.status == 3 and len(lines) == 1, refused.output.strip()[-60:])
    return before["MemTotal"] - taken


def check_fragmented(lab):
    """Each block of 2 MiB among 1000 MiB has pages of pipes in it, which cannot be moved."""
    board = lab.board
    holder = board.start("/lab/lab-fragment 1000 >/run/fragmented; rm /run/fragmented", 100)
    try:
        board.must("while [ ! -s /run/fragmented ]; do sleep 0.1; done", 60)
        report, _ = run_whole(lab, "1G")
    finally:
        board.run("kill $(cat /run/fragmented)")
        holder.result()
    machine = report["machine"]
    huge, locked = machine["huge_page_bytes"], machine["locked_bytes"]
    taken = machine["ram_bytes"] - 1024 * MIB
    good = report["exit_status"] == 0 and locked > 0 and abs(huge + locked - taken) < 0.02 * taken
    figure = f"{huge // MIB} MiB as huge pages, {locked // MIB} MiB locked"
    lab.check("   with fragmented memory the rest is locked pages", good, figure)
    said = any("locked pages can be moved" in text for text in report["not_reproduced"])
    lab.check("   and that is said", said)
