"""A kernel that does not measure pressure"""

import base64
import json


def run(lab):
    board = lab.board
    board.must("systemd-sysusers; rm -rf /var/log/twinlens /etc/twinlens/watch.conf; systemctl enable twinlens-watch")
    board.restart(options="psi=0")
    board.must("systemd-run --quiet --unit=twinlens-lab /usr/bin/twinlens serve")
    try:
        check(lab)
    finally:
        board.run("journalctl -b -u twinlens-watch; systemctl stop twinlens-lab; systemctl disable --now twinlens-watch")


def check(lab):
    board = lab.board
    state = board.run("systemctl is-active --wait twinlens-watch").output.strip()
    lab.require("the recorder starts with the board", state == "active", state)
    said = board.must("journalctl -b -u twinlens-watch -o cat --no-pager").splitlines()
    for name in ("memory", "cpu", "io"):
        reasons = [line for line in said if f"psi.{name}" in line]
        good = len(reasons) == 1 and f"/proc/pressure/{name}" in reasons[0]
        lab.check(f"   psi.{name} is absent, with one reason", good, "; ".join(reasons))
    reasons = [line for line in said if "trigger" in line]
    lab.check("   and so is the trigger", len(reasons) == 1, "; ".join(reasons))
    text = board.must("twinlens watch --once --interval 100ms --json -c /dev/null; twinlens watch --once -c /dev/null")
    document, line = text.splitlines()
    sample = json.loads(document)
    values = [value for kind in sample["psi"].values() for value in kind.values()]
    lab.check("   its figures are null", len(values) >= 6 and set(values) == {None}, json.dumps(sample["psi"])[:120])
    service = sample["service"]["twinlens-lab"]
    good = service["psi_some_percent"] is None and service["current_bytes"] > 0
    lab.check("   that of a service, too", good, f"{service['current_bytes']} bytes are known")
    lab.check("   and a dash in the line", " - " in line or "-/-" in line, line[:150])
