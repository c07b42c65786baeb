#!/usr/bin/env python3
"""Memory that gets short while tune gives up its swap: the swap stays, and nobody is killed for it."""

import os
import pathlib
import re
import subprocess
import time

from harness import BUILD, TWINLENS, eventually, main
from machine import MachineTest, VM, read, swaps


class Short(MachineTest):
    def setUp(self):
        super().setUp()
        self.meminfo = self.tune.folder / "meminfo"
        self.meminfo.write_text(pathlib.Path("/proc/meminfo").read_text())

    def start_rollback(self):
        """Its swapoff does not return, and what it reads of memory is the file of the test."""
        command = ("unshare", "-m", "sh", "-c", 'mount --bind "$0" /proc/meminfo && exec "$@"', str(self.meminfo),
                   TWINLENS, "tune", "rollback", "--state", str(self.tune.state))
        environment = {**os.environ, "LD_PRELOAD": str(BUILD / "kill-at.so"), "HANG_SWAPOFF": "1"}
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    def is_in_swapoff(self, pid):
        """Its child has closed all that it was given, and waits."""
        child = read(f"/proc/{pid}/task/{pid}/children")
        return bool(child) and not os.listdir(f"/proc/{child}/fd")

    def test_memory_gets_short(self):
        self.tune.must("apply")
        memory = self.fill_swap()
        device = self.own_device()
        with self.start_rollback() as rollback:
            eventually(lambda: self.is_in_swapoff(rollback.pid), 5, "swapoff begins")
            begun = time.monotonic()
            self.meminfo.write_text(re.sub(r"(MemAvailable:\s+)\d+", r"\g<1>1024", self.meminfo.read_text()))
            text = rollback.communicate(timeout=60)[0]
        self.assertLess(time.monotonic() - begun, 5)
        self.assertEqual(rollback.returncode, 1, text)
        self.assertIn(f"{device}: swapoff was ended, as memory became short", text)
        self.assertIn(device, swaps())
        self.assertEqual(read(VM / "swappiness"), self.before["vm.swappiness"])
        self.tune.must("rollback")
        self.check_restored()
        self.assertEqual(int.from_bytes(memory[4096:4104], "little"), 4096)


if __name__ == "__main__":
    main()
