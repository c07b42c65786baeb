#!/usr/bin/python3
"""What a new user does on a fresh system, with a line for each check; script/fresh prepares the system.

usage: fresh.py ROOT LOG RELEASE [SUITE...]
"""

import os
import pathlib
import re
import secrets
import shlex
import signal
import subprocess
import sys
import time
import urllib.request

from terminal import Terminal

USER, USER_ID, SUDO_GROUP = "user", 1000, 27
SOURCE = f"/home/{USER}/twinlens"
ENVIRONMENT = {
    "HOME": f"/home/{USER}", "USER": USER, "LOGNAME": USER, "SHELL": "/bin/bash", "TERM": "xterm", "LANG": "C.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games",
}
PROMPT = r"\[sudo\] password for \w+:|\[Y/n\] ?"
OPEN = r"open (http://127\.0\.0\.1:\d+)/"
INSTALL_SECONDS = 600
SUITES_SECONDS = 2700
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
STATE = "var/lib/twinlens/tune"


class Stop(Exception):
    """What follows makes no sense after a check that failed."""


class Fresh:
    def __init__(self, root, log):
        self.root = pathlib.Path(root)
        self.log = log
        self.password = secrets.token_hex(8)
        self.counts = {"ok": 0, "FAIL": 0}
        self.failed = []
        self.run("chpasswd", input=f"{USER}:{self.password}\n")

    def check(self, name, ok, figure=""):
        verdict = "ok" if ok else "FAIL"
        self.counts[verdict] += 1
        line = f"  {verdict:<4}  {name:<58}  {figure}".rstrip()
        print(line, flush=True)
        self.log.write(f"{line}\n")
        if not ok:
            self.failed.append(f"  {name.strip()}: {figure}")
        return ok

    def require(self, name, ok, figure=""):
        if not self.check(name, ok, figure):
            raise Stop

    def run(self, *command, **kwargs):
        """Runs a program of the system as root: the CompletedProcess."""
        result = subprocess.run(
            ["/usr/sbin/chroot", self.root, *command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
            check=False, env={**ENVIRONMENT, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"},
            **kwargs,
        )
        self.log.write(f"$ {shlex.join(command)}\n{result.stdout}")
        return result

    def terminal(self, command):
        """What the user types at a prompt; sudo has forgotten every password."""
        self.log.write(f"\n$ {command}\n")
        shell = f"sudo -K; cd {SOURCE} && {command}"
        return Terminal(
            ["/usr/sbin/chroot", f"--userspec={USER_ID}:{USER_ID}", f"--groups={USER_ID},{SUDO_GROUP}", str(self.root),
             "/bin/bash", "-c", shell],
            log=self.log, env=ENVIRONMENT, owner=USER_ID,
        )

    def answer(self, terminal, pattern, seconds):
        """Answers prompts until the pattern comes: its match, or None; and how often a password was asked for."""
        asked = 0
        end = time.monotonic() + seconds
        while match := terminal.expect(f"{PROMPT}|{pattern}", end - time.monotonic()):
            if "password" in match[0]:
                asked += 1
                terminal.send(f"{self.password}\n")
            elif "[Y/n]" in match[0]:
                terminal.send("y\n")
            else:
                return match, asked
        return None, asked

    def type(self, command, seconds):
        """Runs a command to its end: exit status, what it printed, how often a password was asked for."""
        with self.terminal(command) as terminal:
            _, asked = self.answer(terminal, r"(?!)", seconds)
            return terminal.wait(1), terminal.output, asked

    def find_process(self, name):
        """The number, in this namespace, of the process that runs the program of this name."""
        for path in (self.root / "proc").glob("[0-9]*/exe"):
            try:
                program = os.readlink(path)
            except OSError:  # it has ended, or is a thread of the kernel
                continue
            if os.path.basename(program) == name:
                return path.parent.name
        return None


def fetch(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read()


def check_pictures(fresh, base):
    for camera in ("cam0", "cam1"):
        try:
            first = fetch(f"{base}/snapshot/{camera}")
            time.sleep(0.3)
            second = fetch(f"{base}/snapshot/{camera}")
        except OSError as error:
            fresh.check(f"{camera} gives a picture that moves", False, str(error))
            continue
        good = first[:2] == second[:2] == b"\xff\xd8" and first != second
        fresh.check(f"{camera} gives a picture that moves", good, f"{len(first)} and {len(second)} bytes")


def check_server(fresh):
    with fresh.terminal("script/server --listen 127.0.0.1:0") as terminal:
        match, asked = fresh.answer(terminal, OPEN, INSTALL_SECONDS)
        output = terminal.output
        fresh.check("script/server asks for the password", asked == 1, f"{asked} times")
        size = re.search(r"to download: .*; on disk: .*", output)
        fresh.check("it says the size before it installs", bool(size), size[0] if size else "")
        fresh.check("no line of it is a warning of meson", not re.search(r"^WARNING", output, re.MULTILINE))
        fresh.require("it builds, and prints the URL to open", bool(match), match[1] if match else output[-300:])
        check_pictures(fresh, match[1])
        terminal.send("\x03")
        status = terminal.wait(10)
        fresh.check("Ctrl-C ends it", status == 0, f"exit status {status}")


def check_suites(fresh, suites):
    command = shlex.join(["script/test", *suites])
    status, output, asked = fresh.type(command, SUITES_SECONDS)
    last = output.strip().splitlines()[-1] if output.strip() else ""
    fresh.check(f"{command} asks for the password", asked >= 1, f"{asked} times")
    if not fresh.check(f"{command} passes", status == 0 and " 0 failed" in last, last):
        failed = re.search(r"^failed:\n((?:  .*\n)*)", output, re.MULTILINE)
        print(failed[0] if failed else output[-2000:], flush=True)


def check_units(fresh):
    files = fresh.run("dpkg", "-L", "twinlens").stdout.splitlines()
    units = {name for name in files if name.endswith(".service")}
    names = ("twinlens", "twinlens-tune", "twinlens-watch", "twinlens-soak@")
    wanted = {f"/usr/lib/systemd/system/{name}.service" for name in names}
    fresh.check("its units lie under /usr/lib", units == wanted, " ".join(sorted(units)))


def check_links(fresh):
    """Every relative link of the documents leads somewhere."""
    folder = fresh.root / "usr/share/doc/twinlens"
    documents = sorted(folder.rglob("*.md"))
    broken = [
        f"{path.name}: {link}"
        for path in documents
        for link in LINK.findall(path.read_text(encoding="utf-8"))
        if not os.path.lexists(path.parent / link)
    ]
    fresh.check("the links of its documents lead somewhere", documents and not broken, "; ".join(broken))


def check_lintian(fresh, package):
    fresh.run("apt-get", "install", "-q", "-y", "--no-install-recommends", "lintian")
    result = fresh.run("lintian", "--allow-root", "--fail-on", "error,warning", package)
    fresh.check("lintian finds neither errors nor warnings", result.returncode == 0, result.stdout.strip())


def check_reload(fresh):
    """The unit's own command, on a system without procps."""
    unit = (fresh.root / "usr/lib/systemd/system/twinlens.service").read_text()
    line = re.search(r"^ExecReload=(.*)$", unit, re.MULTILINE)
    with fresh.terminal("twinlens serve --listen 127.0.0.1:0") as terminal:
        match = terminal.expect(OPEN, 10)
        pid = fresh.find_process("twinlens-serve") if match else None
        if not line or pid is None:
            fresh.check("its reload works without procps", False, terminal.output)
            return
        command = shlex.split(line[1].replace("$MAINPID", pid))
        result = fresh.run(*command)
        match = terminal.expect("configuration read again", 5)
        fresh.check("its reload works without procps", bool(match), f"{shlex.join(command)} {result.stdout}")
        terminal.send("\x03")
        terminal.wait(10)


def left_behind(fresh):
    """What there is, outside the user's home and apt's cache, with the name of the package in its path."""
    found = set()
    for folder, folders, files in os.walk(fresh.root):
        place = pathlib.Path(folder).relative_to(fresh.root)
        if str(place) in ("proc", "sys", "dev", "home", "var/cache/apt"):
            folders.clear()
            continue
        found |= {str(place / name) for name in [*folders, *files] if "twinlens" in str(place / name)}
    return found


def plant(fresh, *names):
    """Files that look like journals of tune, and cannot be read."""
    folder = fresh.root / STATE
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("damaged\n")


def enable_soak(fresh):
    """As `systemctl enable twinlens-soak@7d` and a run of it leave it."""
    (fresh.root / "var/lib/twinlens-soak/7d").mkdir(parents=True)
    wants = fresh.root / "etc/systemd/system/multi-user.target.wants"
    (wants / "twinlens-soak@7d.service").symlink_to("/usr/lib/systemd/system/twinlens-soak@.service")


def check_removal(fresh, package):
    journal = f"{STATE}/journal"
    plant(fresh, "journal", "journal.old")
    status, output, _ = fresh.type("sudo apt remove twinlens", 120)
    fresh.check("a damaged journal does not stop its removal", status == 0, f"exit status {status}")
    said = re.search(rf"^twinlens: /{journal}: .*it is kept$", output, re.MULTILINE)
    fresh.check("   which says what it leaves", bool(said), said[0] if said else output[-300:])
    status, output, _ = fresh.type("sudo apt purge twinlens", 120)
    left = left_behind(fresh)
    good = status == 0 and left == {os.path.dirname(STATE), STATE, journal}
    fresh.check("   and its purge leaves nothing else", good, " ".join(sorted(left)))

    (fresh.root / journal).unlink()
    status, _, _ = fresh.type(f"sudo apt install {package}", 120)
    plant(fresh, "journal.old")
    enable_soak(fresh)
    purged, _, _ = fresh.type("sudo apt purge twinlens", 120)
    left = left_behind(fresh)
    good = status == purged == 0 and not left
    fresh.check("installed and purged again, it leaves nothing", good, " ".join(sorted(left)))


def check_package(fresh):
    status, output, asked = fresh.type("sudo apt build-dep . && dpkg-buildpackage -us -uc -b", INSTALL_SECONDS)
    packages = sorted((fresh.root / f"home/{USER}").glob("twinlens_*.deb"))
    good = status == 0 and len(packages) == 1
    fresh.require("the package builds as the README says", good, "" if good else output[-500:])
    package = f"../{packages[0].name}"
    state = fresh.type("git status --porcelain", 10)[1].strip()
    fresh.check("the build leaves nothing that git shows", state == "", state)
    status, output, _ = fresh.type(f"sudo apt install {package}", 200)
    fresh.require("it can be installed", status == 0, "" if status == 0 else output[-500:])
    status, output, _ = fresh.type("twinlens --version", 5)
    fresh.check("it runs", status == 0, output.strip())
    check_units(fresh)
    check_links(fresh)
    check_reload(fresh)
    check_lintian(fresh, f"/home/{USER}/{packages[0].name}")
    check_removal(fresh, package)


def try_everything(fresh, suites):
    began = time.monotonic()
    for part in (check_server, lambda fresh: check_suites(fresh, suites), check_package):
        try:
            part(fresh)
        except Stop:
            pass
        fresh.log.write(f"-- {time.monotonic() - began:.0f} s\n")
        print(f"        ({time.monotonic() - began:.0f} s)", flush=True)


def main():
    root, log_path, release, *suites = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
    with open(log_path, "w", encoding="utf-8") as log:
        fresh = Fresh(root, log)
        try_everything(fresh, suites or ["lint"])
    print(f"\nlog: {log_path}")
    if fresh.failed:
        print("\n".join([f"failed on {release}:", *fresh.failed]))
    print(f"{release}: {fresh.counts['ok']} passed, {fresh.counts['FAIL']} failed")
    return 1 if fresh.counts["FAIL"] else 0


if __name__ == "__main__":
    sys.exit(main())
