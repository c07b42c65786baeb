#!/usr/bin/env python3
"""profile leaks: finds the leak of a server that loses memory, of each kind, and none in the real one.

LEAKS=all has it look for all of them, lost and kept, instead of some of each.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from harness import BUILD, IS_SANITIZED, TWINLENS, child_environment, die_with_parent, figure, main

LEAKY = BUILD.parent / "leaky" / "twinlens-serve-leaky"
KINDS = ("viewer", "frame", "reconnect", "reload")
WANTS_ALL = os.environ.get("LEAKS") == "all"
VERDICT = re.compile(r"^(.+): (\d+) rounds; lost: (\d+) bytes; reachable: (\d+) .*, (\d+) after .*; errors: (\d+)$",
                     re.MULTILINE)
ROUND = re.compile(r"^# +(\d+|end) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)$", re.MULTILINE)


@unittest.skipIf(IS_SANITIZED, "valgrind runs no program with a sanitizer")
@unittest.skipUnless(shutil.which("valgrind") and shutil.which("vgdb"), "there is no valgrind")
class Leaks(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "out"
        (self.folder / "tmp").mkdir()
        self.environment = {"TMPDIR": str(self.folder / "tmp")}

    def begin(self, server, duration, **environment):
        """profile beside a server, as it is installed."""
        shutil.copy(f"{TWINLENS}-profile", self.folder)
        shutil.copy(server, self.folder / "twinlens-serve")
        process = subprocess.Popen(
            [self.folder / "twinlens-profile", "leaks", "--duration", duration, "--out", self.out],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=child_environment({**self.environment, **environment}), preexec_fn=die_with_parent)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def run_leaks(self, server, duration, **environment):
        begun = time.monotonic()
        process = self.begin(server, duration, **environment)
        output, errors = process.communicate(timeout=180)
        self.took = time.monotonic() - begun
        self.assertEqual(list((self.folder / "tmp").iterdir()), [])
        log = self.out / "valgrind_output.log"
        self.log = log.read_text() if log.exists() else ""
        return process.returncode, output, errors

    def test_none_in_the_real_one(self):
        # A busy machine takes longer for the rounds that a verdict needs.
        for duration in ("20s", "100s"):
            status, output, errors = self.run_leaks(f"{TWINLENS}-serve", duration)
            if "undecided" not in output:
                break
        self.assertEqual((status, errors), (0, ""), output)
        verdict, rounds, lost, first, last, problems = VERDICT.search(output).groups()
        self.assertEqual((verdict, lost, problems), ("no leak", "0", "0"))
        self.assertGreaterEqual(int(rounds), 4)
        figure(f"the real server: {rounds} rounds in {self.took:.0f} s, reachable {first} -> {last} bytes")
        self.assertEqual([name for name, *_ in ROUND.findall(self.log)],
                         [*map(str, range(1, int(rounds) + 1)), "end"])
        self.assertIn("HEAP SUMMARY", self.log)

    def check_found(self, kind, is_kept):
        environment = {"LEAK": kind, **({"LEAK_KEPT": "1"} if is_kept else {})}
        status, output, errors = self.run_leaks(LEAKY, "100s", **environment)
        self.assertEqual(status, 1, output + errors)
        verdict, rounds, lost, first, last, problems = VERDICT.search(output).groups()
        self.assertEqual(problems, "0")
        # A block of 56 bytes for each of several events; it says where it was allocated.
        if is_kept:
            self.assertEqual((verdict, rounds, lost), ("reachable memory grows", "4", "0"))
            self.assertGreaterEqual(int(last) - int(first), 3 * 56)
        else:
            self.assertEqual(verdict, "lost memory")
            self.assertGreaterEqual(int(lost), 56)
        self.assertIn("lose_memory", self.log)
        figure(f"{kind}, {'kept' if is_kept else 'lost'}: found after {rounds} rounds, {self.took:.0f} s")

    def test_finds_what_is_lost(self):
        for kind in KINDS if WANTS_ALL else KINDS[:2]:
            with self.subTest(kind):
                self.check_found(kind, False)

    def test_finds_what_is_kept(self):
        for kind in KINDS if WANTS_ALL else KINDS[2:]:
            with self.subTest(kind):
                self.check_found(kind, True)

    def test_interrupted(self):
        process = self.begin(f"{TWINLENS}-serve", "60s")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not list((self.folder / "tmp").glob("*/vgdb*")):
            time.sleep(0.05)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1, errors)
        self.assertIn("interrupted", errors)
        self.assertIn("ERROR SUMMARY", (self.out / "valgrind_output.log").read_text())
        self.assertEqual([path.name for path in self.out.iterdir()], ["valgrind_output.log"])
        self.assertEqual(list((self.folder / "tmp").iterdir()), [])
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                self.assertNotIn(bytes(self.folder), path.read_bytes())
            except OSError:
                continue

    def test_too_short_to_judge(self):
        status, output, errors = self.run_leaks(f"{TWINLENS}-serve", "2s")
        self.assertEqual(status, 1, output)
        self.assertIn("--duration", errors)

    def test_without_valgrind(self):
        self.environment["PATH"] = str(self.folder)
        status, output, errors = self.run_leaks(f"{TWINLENS}-serve", "10s")
        self.assertEqual((status, output, errors.count("\n")), (3, "", 1))
        self.assertIn("valgrind", errors)
        self.assertFalse((self.out / "valgrind_output.log").exists())


main()
