#!/usr/bin/env python3
"""simulate --find: the least memory of a server, found on the machine's own kernel."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

from harness import PATIENCE, SANITIZER_WORDS, TWINLENS, child_environment, die_with_parent, eventually, figure, \
    free_port, main

MIB = 1 << 20
HELD = 24
# A server that has so much memory beside it, and uses all of it again and again.
HOLD = f"""
import time
memory = bytearray({HELD} << 20)
while True:
    memory[::4096] = b"x" * (len(memory) // 4096)
    time.sleep(0.1)
"""
CAMERA = "cam0=synthetic,size=320x240,fps=30,format=mjpeg"


@unittest.skipIf(os.geteuid() != 0, "not root")
class Find(unittest.TestCase):
    def setUp(self):
        self.port = free_port()
        self.url = f"ws://127.0.0.1:{self.port}/ws/video?camera=all"
        self.serve = f"{TWINLENS} serve --listen 127.0.0.1:{self.port} --camera {CAMERA}"

    def arguments(self, script, *options):
        return [TWINLENS, "simulate", "--find", "--json", "--url", self.url, *options, "--", "sh", "-c", script]

    def find(self, script, *options, seconds=170):
        """The report, exit status, and what was printed beside it."""
        result = subprocess.run(
            self.arguments(script, *options), capture_output=True, text=True, timeout=seconds * PATIENCE,
            stdin=subprocess.DEVNULL, env=child_environment(), preexec_fn=die_with_parent)
        if SANITIZER_WORDS.search(result.stderr):
            raise AssertionError(result.stderr)
        self.check_nothing_left()
        return json.loads(result.stdout), result.returncode, result.stderr

    def check_nothing_left(self):
        left = [path for path in pathlib.Path("/sys/fs/cgroup").glob("**/twinlens-simulate-*") if path.is_dir()]
        self.assertEqual(left, [])

    def test_finds_what_it_needs(self):
        """The answer is known: what the process beside the server has, and a little for interpreter and server."""
        begun = time.monotonic()
        # Little is asked for: this machine may be busy.
        report, status, _ = self.find(
            f"{sys.executable} -c '{HOLD}' & exec {self.serve}", "--min-fps", "10", "--max-age", "2s")
        needed = report["needed_bytes"] / MIB
        figure(f"needed {needed:.1f} MiB, of which {HELD} are held; {len(report['curve'])} steps in "
               f"{time.monotonic() - begun:.0f} s")
        self.assertEqual(status, 0)
        self.assertTrue(HELD < needed < HELD + 24, needed)
        last = report["curve"][-1]
        self.assertEqual((last["outcome"], last["from_start"]), ("held", True))
        held = [step["memory_bytes"] for step in report["curve"] if step["outcome"] == "held"]
        failed = [step["memory_bytes"] for step in report["curve"] if step["outcome"] != "held"]
        self.assertTrue(failed)
        self.assertLess(max(failed), min(held) * 1.06)
        self.assertGreater(report["baseline"]["fps"], 10)

    def test_says_when_it_does_not_hold_at_all(self):
        report, status, printed = self.find(f"exec {self.serve}", "--min-fps", "500")
        self.assertEqual((status, report["baseline"]["outcome"], report["curve"]), (1, "fps", []))
        self.assertIn("error", report)
        self.assertNotIn("needed_bytes", report)
        self.assertIn("simulate", printed)

    def test_a_command_that_ends(self):
        report, status, _ = self.find("exit 4")
        self.assertEqual((status, report["baseline"]["outcome"]), (1, "ended"))

    def test_interrupt(self):
        process = subprocess.Popen(
            self.arguments(f"exec {self.serve}"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            stdin=subprocess.DEVNULL, env=child_environment(), preexec_fn=die_with_parent)
        eventually(lambda: "open http" in process.stderr.readline(), 20, "the server has started")
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 1)
        self.assertIn("error", json.loads(output))
        self.check_nothing_left()


main()
