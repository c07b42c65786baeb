"""A soak as a service, which outlives kills and a restart of the board"""

import json
import time

UNIT = "twinlens-soak@1h"
STATE = "/var/lib/twinlens-soak/1h"
CONFIG = """[server]
listen = 0.0.0.0:8081
[camera:cam0]
source = synthetic,size=160x120,fps=5
"""
# It samples more often, and goes on sooner, than in a run of days; all else is as installed.
DROP_IN = f"""[Service]
RestartSec=1s
ExecStart=
ExecStart=/usr/bin/twinlens soak http://127.0.0.1:8081 --viewers 1 --interval 1s --duration %i --state %S/twinlens-soak/%i
"""
FOLDER = "/etc/systemd/system/twinlens-soak@.service.d"


def run(lab):
    board = lab.board
    if board.run("test -e /lab/root/usr/lib/systemd/system/twinlens-soak@.service").status != 0:
        lab.skip("the soak", "this build installs no unit")
        return
    board.must(f"mkdir -p {FOLDER} && cat >{FOLDER}/lab.conf <<'END'\n{DROP_IN}END")
    board.must(f"cat >/etc/twinlens/twinlens.conf <<'END'\n{CONFIG}END")
    board.must(f"systemd-sysusers && systemctl daemon-reload && systemctl enable twinlens {UNIT} && rm -rf {STATE}")
    try:
        board.must(f"systemctl restart twinlens && systemctl start {UNIT}", 40)
        check_kill(lab)
        check_restart(lab)
        check_reboot(lab)
        check_report(lab)
    finally:
        board.run(f"systemctl disable --now {UNIT} twinlens; journalctl -b -u {UNIT} -u twinlens; cat {STATE}/soak.log")


def report(lab):
    """It fails as long as there is no sample, and later because an hour has not passed yet."""
    found = json.loads(lab.board.run(f"twinlens soak --report {STATE} --json").output)
    return {"samples": 0, "segments": 0, "damaged": 0, "series": {}, **found}


def wait_samples(lab, more, seconds=40):
    """What there is when there are so many samples more than before."""
    end = time.monotonic() + seconds
    wanted = report(lab)["samples"] + more
    while time.monotonic() < end:
        now = report(lab)
        if now["samples"] >= wanted:
            return now
        time.sleep(0.5)
    lab.require("there are samples", False, f"{now['samples']} of {wanted} after {seconds} s")


def describe(seen):
    return f"{seen['segments']} runs of the server, {seen['samples']} samples, {seen['damaged']} damaged"


def check_kill(lab):
    before = wait_samples(lab, 3)
    lab.check("it runs as a service", before["segments"] == 1 and before["series"] != {}, describe(before))
    user = lab.board.must(f"stat -c %U $(systemctl show -P MainPID {UNIT} | sed 's|.*|/proc/&|')").strip()
    lab.check("   as the server's user", user == "twinlens", user)
    memory = before["series"].get("process.serve.anonymous_bytes", {}).get("last") or 0
    lab.check("   and sees the memory of the server", memory > 100 << 10, f"{memory / 1e6:.2f} MB anonymous")
    lab.board.must(f"systemctl kill -s KILL {UNIT}")
    after = wait_samples(lab, 2)
    good = (after["segments"], after["damaged"]) == (1, 0)
    lab.check("killed, it is started again and goes on", good, describe(after))


def check_restart(lab):
    lab.board.must("systemctl restart twinlens", 40)
    after = wait_samples(lab, 4)
    lab.check("the server is restarted: another run of it", (after["segments"], after["damaged"]) == (2, 0), describe(after))


def check_reboot(lab):
    lab.board.restart()
    after = wait_samples(lab, 2, 90)
    lab.check("the board is restarted: yet another", (after["segments"], after["damaged"]) == (3, 0), describe(after))


def check_report(lab):
    after = report(lab)
    gap = after["elapsed_s"] - after["measured_s"]
    figure = f"{after['measured_s']:.0f} s measured of {after['elapsed_s']:.0f} s"
    lab.check("   the gap counts as time, and not as measured", gap > 5 and after["measured_s"] > 5, figure)
    restarts = next(bar for bar in after["bars"] if bar["name"] == "restarts of the server")
    lab.check("   the restarts are counted", (restarts["state"], restarts["value"]) == ("missed", 2), str(restarts["value"]))
    text = lab.board.run(f"twinlens soak --report {STATE}").output
    good = text.startswith("UNDECIDED\n") and "process.serve.anonymous_bytes" in text and "Likely to be decided in" in text
    lab.check("   the report can be read", good and max(map(len, text.splitlines())) <= 80, text.splitlines()[0])
    log = lab.board.must(f"cat {STATE}/soak.log")
    good = log.count(" begun: ") == 1 and log.count(" continued: ") >= 2 and "the server was restarted" in log
    lab.check("   and so can its log", good, f"{log.count(' continued: ')} times continued")
