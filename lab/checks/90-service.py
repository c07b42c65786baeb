"""As a service of systemd, with the unit that is installed"""

from lab import Server

WATCHDOG_SECONDS = 10


def run(lab):
    board = lab.board
    if board.run("test -e /lab/root/usr/lib/systemd/system/twinlens.service").status != 0:
        lab.skip("the service", "this build installs no unit")
        return
    lab.vivid()
    # The forwarded port needs another address; all else is as installed.
    board.must("printf '[server]\\nlisten = 0.0.0.0:8081\\n' >/etc/twinlens/twinlens.conf")
    board.must("systemd-sysusers && systemctl daemon-reload")
    server = Server(lab, unit="twinlens")
    try:
        check_service(lab, server)
    finally:
        board.run("systemctl stop twinlens; journalctl -u twinlens -o short-monotonic")


def check_service(lab, server):
    started = lab.board.run("systemctl start twinlens", 40)
    lab.require("it starts and tells when it is ready", started.status == 0, started.output.strip())
    server.pid = int(server.show("MainPID"))
    user = lab.board.must(f"stat -c %U /proc/{server.pid}").strip()
    lab.check("it runs as a user of its own", user == "twinlens", user)
    with lab.watch() as viewer:
        both = all(viewer.wait_frames(camera, 10, 30) for camera in (0, 1))
        sources = [camera["source"] for camera in server.status()["cameras"]]
        lab.check("it finds both cameras and streams them", both, " ".join(sources))
        text = server.show("StatusText")
        lab.check("its status line", text != "", text)
        reloaded = lab.board.run("systemctl reload twinlens")
        count = len(viewer.of(0))
        same = server.show("MainPID") == str(server.pid)
        goes_on = viewer.wait_frames(0, count + 10, 10)
        lab.check("a reload keeps the viewer", reloaded.status == 0 and same and goes_on)
        check_watchdog(lab, server)
        seconds = float(
            lab.board.must(
                "start=$EPOCHREALTIME; systemctl stop twinlens\n"
                'echo "$start $EPOCHREALTIME" | awk \'{ print $2 - $1 }\''
            )
        )
        result = f"{server.show('Result')}, {server.show('ExecMainStatus')}, {seconds:.1f} s"
        lab.check("it stops cleanly", result.startswith("success, 0,"), result)
        viewer.wait_end(5)
        code = viewer.close_code
        lab.check("the viewer is closed with 1001", code == 1001, str(code))


def check_watchdog(lab, server):
    lab.board.must(f"sleep {WATCHDOG_SECONDS + 2}")
    state = f"{server.show('ActiveState')}, {server.show('NRestarts')} restarts"
    ping = int(server.show("WatchdogTimestampMonotonic"))
    age = float(lab.board.must("cut -d' ' -f1 /proc/uptime")) - ping / 1e6
    good = state == "active, 0 restarts" and ping > 0 and age < WATCHDOG_SECONDS
    lab.check("it outlives its watchdog", good, f"{state}, last ping {age:.1f} s ago")
