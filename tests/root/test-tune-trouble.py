#!/usr/bin/env python3
"""What gets in the way while tune makes its swap, and gives it up."""

import os
import pathlib
import re
import subprocess
import time

from harness import BUILD, TWINLENS, eventually, main
from machine import PROFILE, MachineTest, VM, read, swaps


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


class Busy(MachineTest):
    def busy(self, times):
        return {"LD_PRELOAD": str(BUILD / "busy.so"), "BUSY": str(times)}

    def test_a_while(self):
        """As udev makes it: tried again."""
        self.tune.must("apply", env=self.busy(3))
        self.own_device()
        self.tune.must("rollback", env=self.busy(3))
        self.check_restored()

    def test_for_good(self):
        """It is told, and nothing is lost."""
        refused = self.tune.must("apply", status=1, env=self.busy(10**6))
        self.assertRegex(refused.stdout, r"/dev/zram\d+: making a swap area: Device or resource busy")
        self.tune.must("apply")
        device = self.own_device()
        refused = self.tune.must("rollback", status=1, env=self.busy(10**6))
        self.assertIn(f"{pathlib.Path(device).name}: cannot be removed: somebody has it open", refused.stdout)
        self.assertNotIn(device, swaps())
        self.tune.must("rollback")
        self.check_restored()

    def test_open(self):
        """By somebody who looks at it when it is to be removed, and goes."""
        self.tune.must("apply")
        command = [TWINLENS, "tune", "rollback", "--state", str(self.tune.state)]
        device = self.own_device()
        with open(device, "rb") as file, subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as rollback:
            eventually(lambda: device not in swaps(), 5, "swapoff")
            time.sleep(0.3)
            self.assertIsNone(rollback.poll())
            file.close()
            text = rollback.communicate(timeout=30)[0]
        self.assertEqual(rollback.returncode, 0, text)
        self.check_restored()

    def test_another_size(self):
        """It is read back: what the kernel made of it is told, and taken back."""
        refused = self.tune.must("apply", status=1, env=self.busy(0) | {"OTHER_SIZE": "32M"})
        self.assertIn("the kernel made 33554432 of it", refused.stdout)
        self.tune.must("rollback")
        self.check_restored()


class NoLz4(MachineTest):
    profile = PROFILE.replace("algorithm = lz4", "algorithm = none-such").replace("lzo-rle zstd", "lz4 lzo-rle zstd lzo")

    def test_fallback(self):
        """Another algorithm is taken, and that is said: before, and when it is done."""
        plan = self.tune.must("plan").stdout
        self.assertRegex(" ".join(plan.split()), r"this kernel has no none-such: (\S+) instead")
        made = self.tune.must("apply").stdout
        name = re.search(r"zram swap: this kernel has no none-such: (\S+) instead", made)[1]
        self.assertIn(f"[{name}]", read(f"/sys/block/{pathlib.Path(self.own_device()).name}/comp_algorithm"))
        self.tune.must("rollback")
        self.check_restored()


if __name__ == "__main__":
    main()
