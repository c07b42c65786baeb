"""The recorder as a service: its figures, what it lives through, and its alerts"""

import base64
import email
import email.header
import gzip
import json
import re
import time

from lab import Server

MIB = 1 << 20
PAGE = 4096
CONF = """[watch]
interval = {interval}
action_attempts = 1
log = /var/log/twinlens/watch.log
samples = /var/log/twinlens/watch.jsonl
state = /run/twinlens-watch/state.json
name = leaker
[alert:memory]
mail = root
subject = 内存告警
[alert:stalling]
exec = echo $TWINLENS_EVENT $TWINLENS_PSI_MEMORY_FULL_AVG10_PERCENT >>/run/twinlens-watch/stalling
[alert:leak]
when = process.leaker.anonymous_bytes > 8M
exec = exec dd if=/dev/zero of=/dev/null bs=100M count=1
"""
MEMINFO, ROLLUP, MM_STAT = "/proc/meminfo", "/proc/{pid}/smaps_rollup", "/sys/block/zram0/mm_stat"
CURRENT = "/sys/fs/cgroup/system.slice/twinlens.service/memory.current"
UNUSABLE, EXTFRAG = (f"/sys/kernel/debug/extfrag/{name}_index" for name in ("unusable", "extfrag"))
# Reads files again and again for some seconds, each with the time before and after, by nothing but what bash has
# itself: another program would take memory while it reads.
SERIES = """
exec 4<>/run/lab-pause
for ((end = SECONDS + 5; SECONDS < end;)); do
    for file in {files}; do
        begun=$EPOCHREALTIME; mapfile -t lines <$file
        printf '@ %s %s %s\\n' $begun $EPOCHREALTIME $file; printf '%s\\n' "${{lines[@]}}"
    done
    read -t 0.01 -u 4
done >/run/lab-series; gzip -c /run/lab-series | base64 -w 0"""
# Runs a command between two readings of what it is compared with, until they are equal.
BETWEEN = """
refer() {{
    {refer}
}}
for i in {{1..8}}; do
    before=$(refer); {command} >/run/lab-output; after=$(refer)
    [ "$before" = "$after" ] && break
done
[ "$before" = "$after" ] && echo "$before" && cat /run/lab-output"""
# free and the recorder are given one and the same /proc/meminfo.
FROZEN = """
unshare --mount sh -ec 'cat /proc/meminfo >/run/lab-meminfo; mount --bind /run/lab-meminfo /proc/meminfo
free --bytes --wide; twinlens watch --once --json -c /dev/null --interval 10ms'"""
# Twice waits to be told, keeps 30 blocks more, and says so.
LEAK = """
rm -f /run/lab-leak* /run/lab-pause; mkfifo /run/lab-pause; cp /bin/bash /run/leaker
cat >/run/lab-leaker <<'END'
printf -v block '%1048576s' x; exec 4<>/run/lab-pause
for round in 1 2; do
    until [[ -e /run/lab-leak-$round ]]; do read -t 0.1 -u 4; done
    for i in {1..30}; do kept[round * 30 + i]=$block; read -t 0.05 -u 4; done
    : >/run/lab-leaked-$round
done
read -u 4
END
systemd-run --quiet --unit=lab-leaker /run/leaker /run/lab-leaker"""
# As distributions configure it for other programs: the file is moved, with or without a signal to the program.
ROTATE = """
printf '/var/log/twinlens/watch.jsonl {\\n rotate 4\\n nocreate\\n}\\n' >/run/lab-rotate
logrotate --force --state /run/lab-rotated /run/lab-rotate"""
# Over MemoryHigh= and without swap there is nothing to reclaim, and the kernel keeps it waiting.
HOG = """
cat >/run/lab-hog <<'END'
printf -v block '%1048576s' x
while :; do kept+=("$block"); done
END
systemd-run --quiet --unit=lab-hog -p MemoryHigh=8M -p TimeoutStopSec=1 bash /run/lab-hog"""
# Memory that belongs to no process, until so many percent are in use.
FILL = """
mkdir -p /run/lab-full; mount -t tmpfs -o size=100%,huge=always lab-full /run/lab-full
half=$(awk '/^MemTotal:/ {{ t = $2 }} /^MemAvailable:/ {{ a = $2 }}
            END {{ printf "%.0f", (a - t * (100 - {percent}) / 100) / 2 * 1024 }}' /proc/meminfo)
fallocate -l $half /run/lab-full/1 & fallocate -l $half /run/lab-full/2; wait"""


def run(lab):
    board = lab.board
    lab.vivid()
    board.must("printf '[server]\\nlisten = 0.0.0.0:8081\\n' >/etc/twinlens/twinlens.conf")
    configure(board, "500ms")
    board.must("systemd-sysusers && systemctl daemon-reload")
    board.must(LEAK)
    server = Server(lab, unit="twinlens")
    try:
        board.must("systemctl start twinlens", 40)
        server.pid = int(server.show("MainPID"))
        check_unit(lab)
        check_figures(lab, server.pid)
        check_tools(lab, server.pid)
        check_zram_removed(lab)
        check_leak(lab)
        check_rotation(lab)
        check_kill(lab)
        check_stalling(lab)
        check_memory(lab)
        check_mail(lab)
        check_complete(lab)
    finally:
        board.run("systemctl stop twinlens-watch twinlens lab-leaker lab-hog; umount /run/lab-full; modprobe -r zram")
        board.run("journalctl -u twinlens-watch -u twinlens -o short-monotonic; cat /var/log/twinlens/watch.log")


def configure(board, interval):
    board.must(f"mkdir -p /etc/twinlens; cat >/etc/twinlens/watch.conf <<'END'\n{CONF.format(interval=interval)}END")


def show(board, *names):
    text = board.must(f"systemctl show {' '.join('-p ' + name for name in names)} twinlens-watch")
    values = dict(line.split("=", 1) for line in text.splitlines())
    return [values[name] for name in names]


def journal(board):
    return board.must("journalctl -b -u twinlens-watch -o cat --no-pager")


def samples(board, count):
    """The last ones that were recorded."""
    lines = board.must(f"tail -n {count} /var/log/twinlens/watch.jsonl | gzip -c | base64 -w 0")
    return [json.loads(line) for line in gzip.decompress(base64.b64decode(lines)).splitlines()]


def wait(board, condition, seconds):
    """Waits on the board until a condition of the shell holds. Returns whether it does."""
    return board.run(f"for ((i = 0; i < {seconds * 2}; i++)); do {condition} && exit; sleep 0.5; done; exit 1",
                     seconds + 20).status == 0  # fmt: skip


def check_unit(lab):
    board = lab.board
    started = board.run("systemctl start twinlens-watch", 40)
    lab.require("it starts and tells when it is ready", started.status == 0, started.output.strip())
    pid = int(show(board, "MainPID")[0])
    status = board.must(f"cat /proc/{pid}/status /proc/{pid}/oom_score_adj; stat -c %U /proc/{pid}")
    fields = dict(re.findall(r"(?m)^(\w+):\s+(\S+)", status))
    score, user = status.split()[-2:]
    lab.check("   it runs as the server's user", user == "twinlens", user)
    lab.check("   the OOM killer spares it", score == "-900", f"oom_score_adj {score}")
    names = capabilities(int(fields["CapEff"], 16))
    good = names == ["19 sys_ptrace", "24 sys_resource"] and int(fields["CapAmb"], 16) == 0
    lab.check("   it has two capabilities, and its commands none", good, ", ".join(names))
    lab.check("   its memory is locked", int(fields["VmLck"]) > 0, f"VmLck {fields['VmLck']} kB")
    said = journal(board)
    lab.check("   it has a PSI trigger", "trigger" not in said and "READY" not in said)


def capabilities(mask):
    known = {19: "sys_ptrace", 24: "sys_resource"}
    return [f"{bit} {known.get(bit, '')}".strip() for bit in range(64) if mask >> bit & 1]


def parse_kib(text):
    return {name: int(value) * 1024 for name, value in re.findall(r"(?m)^(\w+):\s+(\d+) kB$", text)}


def figures_of(path, text):
    """What a file of the kernel says, by the names of the recorder."""
    kib = parse_kib(text)
    if path == MEMINFO:
        names = {"total": "MemTotal", "available": "MemAvailable", "free": "MemFree", "buffers": "Buffers",
                 "cached": "Cached", "slab": "Slab", "anonymous": "AnonPages"}  # fmt: skip
        return {f"memory.{ours}_bytes": kib[theirs] for ours, theirs in names.items()}
    if path.endswith("smaps_rollup"):
        return {
            "process.serve.rss_bytes": kib["Rss"],
            "process.serve.pss_bytes": kib["Pss"],
            "process.serve.anonymous_bytes": kib["Pss_Anon"] + kib["SwapPss"],
            "process.serve.uss_bytes": kib["Private_Clean"] + kib["Private_Dirty"],
        }
    if path == CURRENT:
        return {"service.twinlens.current_bytes": int(text)}
    if path == MM_STAT:
        stored, compressed, memory, *_ = map(int, text.split())
        return {"zram.stored_bytes": stored, "zram.compressed_bytes": compressed, "zram.memory_bytes": memory}
    kind = "unusable" if path == UNUSABLE else "external"
    return {
        f"fragmentation.{kind}.{node}.{zone}.{order}": float(value)
        for node, zone, values in re.findall(r"(?m)^Node (\d+), zone\s+(\w+)\s+(.*)$", text)
        for order, value in enumerate(values.split())
    }


def value_of(sample, name):
    value = sample
    for part in name.split("."):
        value = value[part]
    return value


def read_series(lab, files):
    """For each file its readings: the times before and after, and the figures."""
    encoded = lab.board.must(SERIES.format(files=" ".join(files)), 60)
    series = {path: [] for path in files}
    for block in gzip.decompress(base64.b64decode(encoded)).decode().split("@ ")[1:]:
        head, _, text = block.partition("\n")
        begun, ended, path = head.split()
        series[path].append((float(begun), float(ended), figures_of(path, text)))
    return series


def readings_around(readings, moment):
    """From the last one before this moment to the first one after the sample must have been taken."""
    before = [i for i, (_, ended, _) in enumerate(readings) if ended <= moment]
    after = [i for i, (begun, _, _) in enumerate(readings) if begun >= moment + 0.05]
    return [figures for _, _, figures in readings[before[-1] : after[0] + 1]] if before and after else []


def compare(readings, recorded, tolerance):
    """How many samples were compared, the figures that are not between the readings around the sample, give or take the
    tolerance, in more than a quarter of them, and the figures that did not move meanwhile in one of them at least. What
    moves between two readings and back, as PSS does with each program that starts, is in no reading."""
    count, wrong, still = 0, {}, set()
    for sample in recorded:
        around = readings_around(readings, sample["sample"]["taken_unix_ms"] / 1000)
        count += bool(around)
        for name in around[0] if around else ():
            low, high = (choose(figures[name] for figures in around) for choose in (min, max))
            value = value_of(sample, name)
            if value is None or not low - tolerance <= value <= high + tolerance:
                wrong.setdefault(name, []).append(f"{name} {value}, {low} to {high}")
            if high - low <= tolerance:
                still.add(name)
    return count, [found[0] for found in wrong.values() if len(found) > count / 4], still


def check_figures(lab, pid):
    """Against the kernel's files, as read by the shell just before and after each sample."""
    board = lab.board
    board.must("modprobe zram && echo 64M >/sys/block/zram0/disksize"
               " && cat /usr/bin/bash /usr/lib/*/libcrypto.so.3 | dd of=/dev/zram0 bs=1M conv=fsync status=none")  # fmt: skip
    rollup = ROLLUP.format(pid=pid)
    series = read_series(lab, (MEMINFO, rollup, CURRENT, MM_STAT, UNUSABLE, EXTFRAG))
    board.must("sleep 0.6")
    recorded = samples(board, 30)
    for path, what, tolerance, unit in (
        (MEMINFO, "the machine's memory", PAGE, "one page"),
        (rollup, "the server's memory", PAGE, "one page"),
        (CURRENT, "the server's cgroup", PAGE, "one page"),
        (MM_STAT, "zram", PAGE, "one page"),
        (UNUSABLE, "the kernel's unusable_index", 0.001, "0.001"),
        (EXTFRAG, "the kernel's extfrag_index", 0.001, "0.001"),
    ):
        count, wrong, still = compare(series[path], recorded, tolerance)
        names = series[path][0][2]
        figure = f"{len(names)} figures, {count} samples, {len(still)} stood still; {'; '.join(wrong)[:160]}"
        good = count >= 4 and not wrong and len(still) >= 0.8 * len(names)
        lab.check(f"{what} is right, within {unit}", good, figure.rstrip("; "))
    table = recorded[-1]["zram"]["table_bytes"]
    lab.check("   and the table of zram is counted", table == 64 * MIB // PAGE * 16, f"{table} bytes")


def between(lab, what, refer, command):
    """The output of a command, and what it is compared with, which is the same before and after it."""
    result = lab.board.run(BETWEEN.format(refer=refer, command=command), 60)
    lab.require(what, result.status == 0, "it does not stand still" if result.status else "")
    return result.output


def check_tools(lab, pid):
    """Against free, zramctl, ps, systemd-cgtop and smaps by hand."""
    board = lab.board
    frees, document = board.must(FROZEN).rsplit("\n{", 1)
    memory = json.loads("{" + document)["memory"]
    names, values, *_ = [line.split() for line in frees.splitlines()]
    theirs = dict(zip(names, map(int, values[1:])))
    ours = {"total": memory["total_bytes"], "used": memory["total_bytes"] - memory["available_bytes"],
            "free": memory["free_bytes"], "buffers": memory["buffers_bytes"],
            "available": memory["available_bytes"]}  # fmt: skip
    wrong = [f"{name} {ours[name]}, {theirs[name]}" for name in ours if abs(ours[name] - theirs[name]) > PAGE]
    lab.check("free says the same, within one page", not wrong, "; ".join(wrong) or f"used {theirs['used'] / MIB:.1f} MiB")
    percent = 100 * theirs["used"] / theirs["total"]
    lab.check("   and the percentage is of its figures", abs(memory["used_percent"] - percent) < 0.01, f"{percent:.2f} %")

    refer = f"""ps -o nlwp= -p {pid} | tr -d ' '
    awk '/^(Rss|Pss|Anonymous|SwapPss):/ {{ sum[$1] += $2 * 1024 }}
         END {{ print sum["Rss:"], sum["Pss:"], sum["Anonymous:"] + sum["SwapPss:"] }}' /proc/{pid}/smaps
    ls /proc/{pid}/fd | wc -l
    systemd-cgtop --batch --iterations=1 --raw --depth=2 | awk '$1 ~ /twinlens.service$/ {{ print $4 }}'
    zramctl --bytes --noheadings --raw --output DATA,COMPR,TOTAL /dev/zram0"""
    said = between(lab, "ps, smaps, systemd-cgtop and zramctl say twice the same", refer,
                   "tail -n 1 /var/log/twinlens/watch.jsonl")  # fmt: skip
    *lines, document = said.splitlines()
    sample = json.loads(document)
    serve, service, zram = sample["process"]["serve"], sample["service"]["twinlens"], sample["zram"]
    theirs = [int(word) for word in " ".join(lines).split()]
    ours = [serve["threads"], serve["rss_bytes"], serve["pss_bytes"], serve["anonymous_bytes"], serve["descriptors"],
            service["current_bytes"], zram["stored_bytes"], zram["compressed_bytes"], zram["memory_bytes"]]  # fmt: skip
    names = "threads rss pss anonymous descriptors cgroup stored compressed zram".split()
    # Each of some hundred mappings has its PSS cut to a KiB in smaps, but not in smaps_rollup.
    slack = {"threads": 0, "descriptors": 0, "pss": 200 << 10}
    wrong = [f"{name} {mine}, {his}" for name, mine, his in zip(names, ours, theirs) if abs(mine - his) > slack.get(name, PAGE)]
    good = len(theirs) == len(ours) and not wrong
    lab.check("   and the recorder the same, within one page", good, "; ".join(wrong)[:160] or f"{len(names)} figures")


def check_zram_removed(lab):
    removed = lab.board.run("modprobe -r zram; sleep 0.6; ls /sys/block | grep zram").output.strip()
    values = set(samples(lab.board, 1)[0]["zram"].values())
    lab.check("zram can be removed while it is watched, and is absent then", not removed and values == {None}, removed)


def check_leak(lab):
    """The first round is for what the shell itself needs."""
    sizes = []
    for number in (1, 2):
        lab.board.must(f": >/run/lab-leak-{number}")
        lab.require(f"a process leaks, round {number}", wait(lab.board, f"[ -e /run/lab-leaked-{number} ]", 60))
        lab.board.must("sleep 1.1")
        sizes.append(samples(lab.board, 1)[0]["process"]["leaker"]["anonymous_bytes"])
    cleared = "alert leak cleared" in journal(lab.board)
    lab.board.must("systemctl stop lab-leaker")
    lab.check("   no sample lacks a part of it", not cleared)
    grown, leaked = sizes[1] - sizes[0], 30 * MIB
    # Each block may have a page more, for its length and its end.
    lab.check("   and its figure grows by that", 0 <= grown - leaked <= 30 * PAGE, f"{grown / MIB:.2f} of {leaked / MIB:.0f} MiB")
    check_hungry_action(lab)


def check_hungry_action(lab):
    """What the alert on the leak runs takes more than the unit allows."""
    board = lab.board
    killed = wait(board, "journalctl -b -u twinlens-watch -o cat | grep -q 'alert leak: command .* ended by signal 9'", 10)
    lab.check("a command that takes too much memory is killed", killed)
    lab.check("   and the recorder is not", show(board, "NRestarts", "ActiveState") == ["0", "active"])


def check_rotation(lab):
    board = lab.board
    pid = show(board, "MainPID")
    for what, command in (("logrotate", ROTATE), ("logrotate and a reload", f"{ROTATE}; systemctl reload twinlens-watch")):
        board.must(command)
        written = wait(board, "[ -s /var/log/twinlens/watch.jsonl ]", 5)
        lab.check(f"after {what} it writes to a new file", written and show(board, "MainPID") == pid)


def check_kill(lab):
    board = lab.board
    configure(board, "5s")
    before = show(board, "MainPID")
    board.must("systemctl kill --signal=KILL twinlens-watch")
    there = wait(board, "[ $(systemctl show -P NRestarts twinlens-watch) = 1 ] && systemctl -q is-active twinlens-watch", 15)
    lab.check("kill -9: systemd starts it again", there and show(board, "MainPID") != before)
    restarts = show(board, "NRestarts", "Result")
    lab.check("   once", restarts == ["1", "success"], ", ".join(restarts))


def active_alerts(board):
    return [alert["name"] for alert in json.loads(board.must("cat /run/twinlens-watch/state.json"))["alerts"]]


def check_stalling(lab):
    """The interval is 5 s: what is seen earlier is seen because of the trigger."""
    board = lab.board
    count = samples(board, 1)[0]["sample"]["sequence"]
    began = time.monotonic()
    board.must(HOG)
    raised = wait(board, "grep -q raised /run/twinlens-watch/stalling", 40)
    seconds = time.monotonic() - began
    told = board.run("cat /run/twinlens-watch/stalling").output.strip()
    lab.require("a hog in a small cgroup: the rule on PSI fires", raised, f"{seconds:.0f} s, {told}")
    figure = float(told.split()[1])
    lab.check("   its command has the figure", 10 < figure <= 100, f"{figure} %")
    taken = samples(board, 1)[0]["sample"]["sequence"] - count
    lab.check("   the trigger has samples taken earlier", taken > seconds / 5 + 2, f"{taken} in {seconds:.0f} s")
    message = re.search(r"alert stalling raised: .*", journal(board))
    lab.check("   the message has figures and processes", message and "largest: " in message[0], message[0][:150] if message else "")
    board.must("systemctl stop lab-hog")
    lab.check("   and clears without the hog", wait(board, "grep -q cleared /run/twinlens-watch/stalling", 45))


def check_memory(lab):
    board = lab.board
    began = time.monotonic()
    board.must(FILL.format(percent=90), 60)
    filled = time.monotonic()
    raised = wait(board, "grep -q '\"memory\"' /run/twinlens-watch/state.json", 20)
    figure = f"filled in {filled - began:.1f} s, seen after {time.monotonic() - filled:.1f} s"
    lab.require("memory is filled: the alert fires", raised and "memory" in active_alerts(board), figure)
    board.must("umount /run/lab-full; modprobe -r zram")
    cleared = wait(board, "! grep -q '\"memory\"' /run/twinlens-watch/state.json", 20)
    lab.check("   and clears when it is given back", cleared)
    raised = journal(board).count("alert stalling raised:")
    lab.check("   the rule on PSI did not fire again while pressure fell", raised == 1, f"raised {raised} times")


def check_mail(lab):
    board = lab.board
    there = wait(board, "[ $(grep -c ^Subject: /var/mail/root) = 2 ]", 10)
    lab.require("both mails are delivered by dma", there, board.run("mailq; tail -n 3 /var/log/mail*").output[:150] if not there else "")
    box = board.must("cat /var/mail/root")
    mails = [email.message_from_string(text) for text in re.split(r"(?m)^From .*\n", box)[1:]]
    subjects = [str(email.header.make_header(email.header.decode_header(mail["Subject"]))) for mail in mails]
    expected = ["内存告警 (board: raised)", "内存告警 (board: cleared)"]
    lab.check("   their subjects", subjects == expected, ", ".join(subjects))
    body = mails[0].get_payload(decode=True).decode()
    percent = re.search(r"memory\.used_percent is ([\d.]+) \(> 85\)", body)
    lab.check("   the figure and its limit", percent and 85 < float(percent[1]) <= 92, percent[0] if percent else body[:100])


def check_complete(lab):
    """The sequence begins anew with each start."""
    board = lab.board
    board.must("systemctl stop twinlens-watch")
    encoded = board.must("cd /var/log/twinlens && cat $(ls -r watch.jsonl*) | gzip -c | base64 -w 0")
    documents = [json.loads(line) for line in gzip.decompress(base64.b64decode(encoded)).splitlines()]
    numbers = [document["sample"]["sequence"] for document in documents]
    gaps = [f"{a}, {b}" for a, b in zip(numbers, numbers[1:]) if b not in (a + 1, 0)]
    figure = f"{len(numbers)} samples, {numbers.count(0)} starts; {'; '.join(gaps)}"
    lab.check("no sample was lost", not gaps and numbers.count(0) == 2, figure.rstrip("; "))
