"""A pretended machine: what dpkg and apt know, in files, and a sudo that asks on the terminal."""

import fcntl
import os
import pathlib
import shutil
import subprocess
import tempfile

SOURCE = pathlib.Path(os.environ.get("SOURCE", "."))
NOBODY = 65534

PROGRAMS = {
    "dpkg-query": """
for name; do
    grep -qxe "$name" "$MACHINE/installed" && echo "installed $name"
done
""",
    "apt-cache": """
grep -qxe "$2" "$MACHINE/known" && printf '%s:\\n  Candidate: 1:14.0-1\\n' "$2"
""",
    "apt-config": """
printf "status='%s' lists='%s' archives='%s'\\n" "$MACHINE/status" "$MACHINE/lists/" "$MACHINE/archives/"
""",
    "apt-get": """
case " $* " in
*" --assume-no "*)
    printf 'Need to get 75.0 MB/76.0 MB of archives.\\n'
    printf 'After this operation, 290 MB of additional disk space will be used.\\n'
    exit 1
    ;;
esac
echo "$*" >>"$MACHINE/calls"
case " $* " in
*" update "*) touch "$MACHINE/lists/main_Packages" ;;
*) printf '%s\\n' "$@" >>"$MACHINE/installed" ;;
esac
""",
    "sudo": """
[ "$1" = -- ] && shift
printf '[sudo] password: ' >/dev/tty
read -r answer </dev/tty || exit 1
echo "$answer" >>"$MACHINE/passwords"
exec "$@"
""",
    "meson": "exit 1\n",
    "ninja": "exit 1\n",
    "clang": "exit 1\n",
}


class Machine:
    def __init__(self, installed=(), known=()):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        for name in ("bin", "lists", "archives"):
            (self.root / name).mkdir()
        for name, text in PROGRAMS.items():
            self.add_program(name, text)
        for name in ("calls", "passwords", "status"):
            (self.root / name).touch()
        self.write("installed", installed)
        self.write("known", known)
        shutil.copytree(SOURCE / "script", self.root / "source/script")
        shutil.copytree(SOURCE / ".ci", self.root / "source/.ci")
        self.environment = {
            "PATH": f"{self.root}/bin:{os.environ['PATH']}", "MACHINE": str(self.root), "HOME": "/nonexistent",
            "LC_ALL": "C.UTF-8",
        }
        if os.geteuid() == 0:
            for path in [self.root, *self.root.rglob("*")]:
                os.chown(path, NOBODY, NOBODY)

    def add_program(self, name, text):
        path = self.root / "bin" / name
        path.write_text(f"#!/bin/sh\n{text}")
        path.chmod(0o755)

    def write(self, name, lines):
        (self.root / name).write_text("".join(f"{line}\n" for line in lines))

    def read(self, name):
        return (self.root / name).read_text().splitlines()

    def command(self, script, *arguments):
        """For an ordinary user, who needs sudo."""
        ordinary = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        prefix = ordinary if os.geteuid() == 0 else ()
        return [*prefix, str(self.root / "source" / script), *arguments]

    def lock(self):
        """Holds apt's lock of the archives; to be closed."""
        lock = open(self.root / "archives/lock", "w", encoding="utf-8")
        fcntl.lockf(lock, fcntl.LOCK_EX)
        return lock

    def run(self, script, *arguments):
        """Without a terminal, and so without a sudo that works, unless root runs it."""
        return subprocess.run(
            self.command(script, *arguments), env=self.environment, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, start_new_session=True, check=False,
        )

    def close(self):
        self.folder.cleanup()
