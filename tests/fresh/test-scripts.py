#!/usr/bin/env python3
"""script/bootstrap and those that call it, on pretended machines, as an ordinary user on a terminal."""

import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import unittest

from machine import SOURCE, Machine
from terminal import Terminal

LIBRARIES = """gcc libc6-dev meson ninja-build pkgconf python3 libwebsockets-dev libjansson-dev libinih-dev
    libsystemd-dev libcurl4-openssl-dev libssl-dev libncurses-dev""".split()
BUILD = [*LIBRARIES, "libjpeg-dev"]
LINT = [*BUILD, "libcmocka-dev", "git", "clang-format-14", "mandoc", "shellcheck"]
PROMPT = r"\[sudo\] password: "


class Scripts(unittest.TestCase):
    def machine(self, **what):
        machine = Machine(**what)
        self.addCleanup(machine.close)
        return machine

    def on_terminal(self, machine, *command):
        terminal = Terminal(machine.command(*command), env=machine.environment)
        self.addCleanup(terminal.__exit__)
        return terminal

    def bootstrap(self, machine, *names, status=0):
        """Runs it on a terminal and answers every prompt: what it printed."""
        terminal = self.on_terminal(machine, "script/bootstrap", *names)
        while terminal.expect(PROMPT, 20):
            terminal.send("secret\n")
        self.assertEqual(terminal.wait(20), status, terminal.output)
        return terminal.output

    def installs(self, machine):
        """The packages of each run of apt-get install."""
        calls = [line.split() for line in machine.read("calls") if " install " in line]
        return [[word for word in call[call.index("install") :] if word[0] != "-"][1:] for call in calls]

    def test_nothing_missing(self):
        machine = self.machine(installed=BUILD)
        result = machine.run("script/bootstrap")
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        self.assertEqual(machine.read("calls"), [])

    def test_says_the_size_before(self):
        machine = self.machine(known=BUILD)
        output = self.bootstrap(machine)
        self.assertIn("to download: 75.0 MB; on disk: 290 MB", output)
        self.assertEqual([sorted(packages) for packages in self.installs(machine)], [sorted(BUILD)])
        self.assertIn("secret", machine.read("passwords"))

    def test_takes_the_name_that_apt_knows(self):
        for name in ("libjpeg-dev", "libjpeg62-turbo-dev", "libjpeg-turbo8-dev"):
            with self.subTest(name):
                machine = self.machine(installed=LIBRARIES, known=[name])
                self.bootstrap(machine)
                self.assertEqual(self.installs(machine), [[name]])
        machine = self.machine(installed=[*LIBRARIES, "libjpeg-turbo8-dev"], known=["libjpeg-dev"])
        self.bootstrap(machine)
        self.assertEqual(self.installs(machine), [])

    def test_refuses_what_apt_does_not_know(self):
        machine = self.machine(installed=LIBRARIES, known=["gcc"])
        output = self.bootstrap(machine, status=3)
        self.assertRegex(output, r"apt knows no package libjpeg-dev\|libjpeg62")
        self.assertEqual(self.installs(machine), [])

    def test_a_missing_option_asks_once(self):
        known = [name for name in LINT if name != "clang-format-14"]
        machine = self.machine(known=known)
        self.assertIn("apt knows no package clang-format-14; its tests are skipped", self.bootstrap(machine, "lint"))
        self.assertEqual(sorted(sum(self.installs(machine), [])), sorted(known))
        calls = machine.read("calls")
        self.assertIn("clang-format-14", self.bootstrap(machine, "lint"))
        self.assertEqual(machine.read("calls"), calls)

    def test_each_suite_installs_its_own(self):
        for suites, has, has_not in (
            (("lint",), {"shellcheck", "git"}, {"chromium", "ffmpeg", "clang", "nodejs"}),
            (("unit",), {"libcmocka-dev"}, {"shellcheck", "ffmpeg"}),
            (("fuzz",), {"clang", "libclang-rt-14-dev"}, {"ffmpeg"}),
            (("unit", "integration"), {"ffmpeg", "libcmocka-dev"}, {"chromium"}),
            (("bench",), {"ustreamer", "libcmocka-dev"}, {"ffmpeg"}),
            (("test",), {"chromium", "ffmpeg", "clang", "shellcheck"}, {"ustreamer", "mmdebstrap"}),
        ):
            with self.subTest(suites):
                known = {*LINT, *has, *has_not, "clang-format", "python3-websockets", "curl", "ca-certificates"}
                machine = self.machine(installed=BUILD, known=known)
                self.bootstrap(machine, *suites)
                packages = set(sum(self.installs(machine), []))
                self.assertLessEqual(has, packages)
                self.assertFalse(has_not & packages)

    def test_usage(self):
        machine = self.machine()
        for script in ("script/bootstrap", "script/fresh"):
            self.assertEqual(machine.run(script, "nothing").returncode, 2, script)
        self.assertEqual(machine.read("calls"), [])

    def test_waits_for_the_lock(self):
        machine = self.machine(installed=LIBRARIES, known=["libjpeg-dev"])
        lock = machine.lock()
        terminal = self.on_terminal(machine, "script/bootstrap")
        self.assertTrue(terminal.expect(r"waiting for process \d+ \(.+\): it holds apt's lock", 10), terminal.output)
        self.assertEqual(machine.read("calls"), [])
        lock.close()
        for _ in ("update", "install"):
            self.assertTrue(terminal.expect(PROMPT, 10), terminal.output)
            terminal.send("secret\n")
        self.assertEqual(terminal.wait(10), 0, terminal.output)
        self.assertEqual(self.installs(machine), [["libjpeg-dev"]])

    def test_sudo_asks_on_the_terminal(self):
        for command in (("script/server",), ("script/test", "lint"), ("script/bench",), (".ci/run",)):
            with self.subTest(command):
                machine = self.machine(known=LINT)
                terminal = self.on_terminal(machine, *command)
                self.assertTrue(terminal.expect(PROMPT, 10), terminal.output)
                terminal.send("secret\n")
                self.assertTrue(terminal.expect(PROMPT, 10), terminal.output)  # update is done
                self.assertIn("secret", machine.read("passwords"))

    def test_format_refuses_another_version(self):
        machine = self.machine()
        for name in ("clang-format-14", "clang-format"):
            machine.add_program(name, "echo 'Debian clang-format version 19.1.7 (3)'\n")
        for arguments in ((), ("--check",)):
            result = machine.run("script/format", *arguments)
            self.assertEqual(result.returncode, 3, result.stdout)
            self.assertIn("version 19", result.stdout)


class Limit(unittest.TestCase):
    """What tests/limit.py runs leaves nothing behind."""

    def run_with(self, seconds, command):
        """Runs it by the shell behind a `sleep` in a session of its own, as tests have, and waits until both have
        ended, which closes the pipe that they hold: the exit status."""
        reader, writer = os.pipe()
        with open(reader, "rb", buffering=0) as pipe:
            process = subprocess.Popen(
                [sys.executable, SOURCE / "tests/limit.py", str(seconds), "sh", "-c",
                 f"setsid sleep 60 & echo >&{writer}; {command}"], pass_fds=[writer],
            )  # fmt: skip
            os.close(writer)
            self.assertEqual(pipe.read(1), b"\n")
            status = process.wait(20)
            self.assertEqual(select.select([pipe], [], [], 10)[0], [pipe], "something still runs")
            self.assertEqual(pipe.read(1), b"")
        return status

    def test_at_its_end(self):
        self.assertEqual(self.run_with(20, "exit 3"), 3)

    def test_nothing_stays_a_zombie(self):
        gone = "pid=$(sh -c 'sleep 0.1 & echo $!'); for i in $(seq 100); do [ -e /proc/$pid ] || exit 3; sleep 0.05; done"
        self.assertEqual(self.run_with(20, gone), 3)

    def test_at_the_limit(self):
        self.assertEqual(self.run_with(1, "wait"), 124)


def copy_scripts(folder, *names):
    """The same files of the source, below another folder."""
    for name in names:
        path = pathlib.Path(folder) / name
        path.parent.mkdir(exist_ok=True)
        shutil.copy(SOURCE / name, path)


def write_script(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)


class Suites(unittest.TestCase):
    """What script/test counts, with a meson that only writes a log."""

    GOOD = {"name": "t", "result": "OK"}

    def run_with(self, tests, status):
        """Of one run of `meson test`, what its log has and its exit status: the failures and the last line."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            copy_scripts(root, "script/test", "tests/limit.py", "tests/summarize.py")
            (root / "log").write_text("".join(json.dumps(test) + "\n" for test in tests))
            write_script(root / "script/bootstrap", "")
            write_script(root / "bin/ninja", "")
            write_script(root / "bin/meson", f"""
                case $1 in
                setup) mkdir -p $2/meson-logs && : >$2/build.ninja ;;
                test) [ -s log ] && cp log build-test/meson-logs/quick.json; exit {status} ;;
                esac
                """)
            environment = os.environ | {"PATH": f"{root}/bin:{os.environ['PATH']}"}
            result = subprocess.run([root / "script/test", "lint"], env=environment, capture_output=True, text=True,
                                    timeout=20, check=False)  # fmt: skip
        lines = result.stdout.splitlines()
        self.assertEqual(result.returncode, int(" 0 failed" not in lines[-1]), lines)
        return [line.strip() for line in lines[lines.index("failed:") + 1 : -1]] if "failed:" in lines else [], lines[-1]

    def test_all_passed(self):
        self.assertEqual(self.run_with([self.GOOD], 0), ([], "1 passed, 0 failed, 0 skipped"))

    def test_a_failure_counts_once(self):
        bad = {"name": "u", "result": "FAIL"}
        self.assertEqual(self.run_with([self.GOOD, bad], 1),
                         (["quick, build-test: u: fail"], "1 passed, 1 failed, 0 skipped"))  # fmt: skip

    def test_no_suite_is_lost(self):
        for status in (0, 1):
            self.assertEqual(self.run_with([], status)[0],
                             [f"meson test ran nothing for quick in build-test: exit status {status}"])  # fmt: skip

    def test_one_that_ends_early_fails(self):
        self.assertEqual(self.run_with([self.GOOD], 2),
                         (["meson test itself failed for quick in build-test: exit status 2"],
                          "1 passed, 1 failed, 0 skipped"))  # fmt: skip


class Ended(unittest.TestCase):
    """Scripts that are ended leave nothing behind of what they run."""

    def check(self, script, step):
        reader, writer = os.pipe()
        with tempfile.TemporaryDirectory() as folder, open(reader, "rb", buffering=0) as pipe:
            root = pathlib.Path(folder)
            copy_scripts(root, script)
            write_script(root / step, f"echo >&{writer}; exec sleep 60\n")
            process = subprocess.Popen([root / script], stdout=subprocess.DEVNULL, pass_fds=[writer])
            os.close(writer)
            self.assertEqual(pipe.read(1), b"\n")
            process.terminate()
            process.wait(20)
            self.assertEqual(select.select([pipe], [], [], 10)[0], [pipe], "something still runs")

    def test_everything(self):
        self.check(".ci/run", "script/test")

    def test_suites(self):
        self.check("script/test", "script/bootstrap")


class Everything(unittest.TestCase):
    """The end of .ci/run, with steps that only print."""

    def run_steps(self, **steps):
        """Each is what a script prints, and its exit status: the lines behind the steps' own, and the status."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            copy_scripts(root, ".ci/run")
            for name, (lines, status) in steps.items():
                (root / name).write_text("".join(f"{line}\n" for line in lines))
                write_script(root / "script" / name, f'[ "$1" = --build ] || cat {name}\nexit {status}\n')
            result = subprocess.run([root / ".ci/run"], capture_output=True, text=True, timeout=20, check=False)
        lines = result.stdout.splitlines()
        begin = next(i for i, line in enumerate(lines) if line.startswith(("=== failed", "=== closing")))
        return lines[begin:], result.returncode

    GOOD = ["noise", "9 passed, 0 failed"]

    def test_all_passed(self):
        lines, status = self.run_steps(test=(self.GOOD, 0), fresh=(self.GOOD, 0), lab=(self.GOOD, 0))
        self.assertEqual((lines[1:], status), ([self.GOOD[-1]] * 3, 0))

    def test_ends_with_why(self):
        noise = [f"line {i}" for i in range(1000)]
        failed = ["failed:", "  suite: test: case", *(f"      why {i}" for i in range(500)), "9 passed, 1 failed"]
        lines, status = self.run_steps(test=(noise + failed, 1), fresh=(self.GOOD, 0), lab=(noise, 3))
        self.assertEqual(status, 1)
        self.assertEqual(lines[:3], ["=== failed: test", *failed[:2]])
        lab = lines.index("=== failed: lab")
        self.assertLessEqual(lab, 1 + 40)
        self.assertEqual(lines[lab + 1 : -4], noise[-20:])
        self.assertEqual(lines[-3:], [self.GOOD[-1], noise[-1], failed[-1]])


    def test_all_that_failed_is_named(self):
        names = [f"  suite: test: case {i}" for i in range(30)]
        failed = ["failed:", *(line for name in names for line in (name, "      why")), "9 passed, 30 failed"]
        lines, _ = self.run_steps(test=(failed, 1), fresh=(failed, 1), lab=(failed, 1))
        self.assertEqual([line for line in lines if line in names], names * 3)


class Summary(unittest.TestCase):
    def summarize(self, tests, status):
        """The lines that it prints of a log with these tests."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "build-x/meson-logs/unit.json"
            path.parent.mkdir(parents=True)
            path.write_text("\n".join(map(json.dumps, tests)) + "\n", encoding="utf-8")
            result = subprocess.run(
                [sys.executable, SOURCE / "tests/summarize.py", path, "--", *(["no build"] if status else [])],
                capture_output=True, text=True, timeout=20, check=False,
            )
        self.assertEqual(result.returncode, status, result.stderr)
        return result.stdout.splitlines()

    def test_failures_say_why(self):
        tap = "ok 1 - A.a\n# took 0.10 s\n# test-a.py:7: check()\n# AssertionError: 1 != 2\nnot ok 2 - A.b\n# took 1.00 s\n"
        tests = [
            {"name": "tap", "result": "ERROR", "stdout": tap},
            {"name": "crash", "result": "FAIL", "stdout": "begun\n", "stderr": "\nAborted\n"},
        ]
        self.assertEqual(self.summarize(tests, 1), [
            "failed:", "  unit, build-x: tap: A.b", "      test-a.py:7: check()", "      AssertionError: 1 != 2",
            "  unit, build-x: crash: fail", "      begun", "      Aborted", "  no build", "1 passed, 3 failed, 0 skipped",
        ])  # fmt: skip

    def test_many_failures_are_named_in_few_lines(self):
        said = "".join(f"{i} {'x' * 5000}\n" for i in range(1000))
        lines = self.summarize([{"name": f"t{i}", "result": "FAIL", "stdout": said} for i in range(15)], 1)
        self.assertEqual(sum(line.endswith(": fail") for line in lines), 15)
        self.assertEqual(len(lines), 1 + 15 * (1 + 80 // 16) + 1 + 1)
        self.assertLess(max(map(len, lines)), 320)
        self.assertTrue(any(line.startswith("      999 ") for line in lines))

    def test_skips_are_grouped(self):
        root = "# a note\nok 1 - A.b # SKIP not root\nok 2 - A.c # SKIP not root\nok 3 - A.d\n"
        tests = [
            {"name": "tune", "result": "OK", "stdout": root},
            {"name": "browser", "result": "SKIP", "stdout": "skipped: node is missing\n"},
            *({"name": f"t{i}", "result": "OK", "stdout": "ok 1 - A.b # SKIP not root\n"} for i in range(4)),
        ]
        names = "; ".join(f"unit, build-x: {name}" for name in ("tune", "t0", "t1"))
        self.assertEqual(self.summarize(tests, 0), [
            "skipped:", f"  6 x not root ({names}, and 2 more tests)",
            "  1 x node is missing (unit, build-x: browser)", "1 passed, 0 failed, 7 skipped",
        ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
