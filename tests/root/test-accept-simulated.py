#!/usr/bin/env python3
"""accept in the stage simulated: the memory is really taken, and given back however accept ends."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from harness import PATIENCE, TWINLENS, child_environment, die_with_parent, eventually, figure, free_port, main
from machine import meminfo, ram

MIB = 1 << 20
TAKEN = 256 * MIB  # from the machine, which others use, too
SYSCTL = pathlib.Path("/proc/sys/vm/nr_overcommit_hugepages")
CONFIG = "".join(f"[camera:cam{i}]\nsource = synthetic,size=640x480,format=mjpeg\n" for i in range(2))


@unittest.skipIf(os.geteuid() != 0, "not root")
class Simulated(unittest.TestCase):
    def setUp(self):
        if ram() == 0:
            self.skipTest("/proc/iomem does not show the memory of this machine")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "two.conf").write_text(CONFIG)
        self.overcommit = SYSCTL.read_text()

    def start(self):
        process = subprocess.Popen(
            [TWINLENS, "accept", "--stage", "simulated", "--memory", str(ram() - TAKEN), "--duration", "10s",
             "--url", f"http://127.0.0.1:{free_port()}", "-c", str(self.folder / "two.conf"),
             "--out", str(self.folder / "out")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env=child_environment(), preexec_fn=die_with_parent)
        self.addCleanup(self.end, process)
        eventually(lambda: meminfo()["Hugetlb"] > TAKEN / 2, 60, "the memory is taken")
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)

    def check_given_back(self, seconds):
        begun = time.monotonic()
        eventually(lambda: meminfo()["Hugetlb"] == 0 and SYSCTL.read_text() == self.overcommit, seconds, "all is given back")
        figure(f"all given back in {time.monotonic() - begun:.3f} s")

    def test_a_run(self):
        process = self.start()
        output, _ = process.communicate(timeout=120 * PATIENCE)
        report = json.loads((self.folder / "out/accept.json").read_text())
        self.assertIn(process.returncode, (0, 1), output)
        self.check_given_back(1)
        self.assertTrue(report["complete"])
        taken = float(report["simulation"]["summary"].split()[0])
        self.assertTrue(240 <= taken <= 258, taken)
        self.assertTrue(any("CMA" in text for text in report["simulation"]["not_reproduced"]))
        latency = next(criterion for criterion in report["criteria"] if criterion["id"] == "P1")
        self.assertRegex(latency["evidence"], "in turns|too busy")
        self.assertEqual(latency["n"], 10)  # two turns of 5 s of each kind

    def test_killed(self):
        for number in (signal.SIGKILL, signal.SIGINT):
            process = self.start()
            process.send_signal(number)
            process.wait(60)
            self.check_given_back(1)


main()
