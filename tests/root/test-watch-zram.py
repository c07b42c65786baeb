#!/usr/bin/env python3
"""The figures of zram and swap on this machine's own, against zramctl, free and swapon in the same second."""

import contextlib
import json
import mmap
import os
import pathlib
import shutil
import subprocess
import unittest

import machine
from harness import figure, main, run_twinlens

SIZE = 64 << 20
PAGE = os.sysconf("SC_PAGESIZE")
MADV_PAGEOUT = 21


def once():
    result = run_twinlens("watch", "--once", "--interval", "50ms", "-c", "/dev/null", "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def zramctl(columns):
    """The sums of all devices that are set up, by column."""
    output = subprocess.run(["zramctl", "--bytes", "--noheadings", "--raw", "--output", ",".join(columns)], check=True,
                            capture_output=True, text=True, timeout=10).stdout
    rows = [[int(field) for field in line.split()] for line in output.splitlines()]
    return dict(zip(columns, map(sum, zip(*rows))))


@contextlib.contextmanager
def swap_in_zram():
    """A device of its own, in use as swap; given back at the end."""
    number = (machine.ZRAM_CONTROL / "hot_add").read_text().strip()
    device, block = f"/dev/zram{number}", pathlib.Path(f"/sys/block/zram{number}")
    try:
        (block / "disksize").write_text(str(SIZE))
        subprocess.run(["mkswap", device], check=True, capture_output=True, timeout=10)
        subprocess.run(["swapon", "-p", "100", device], check=True, capture_output=True, timeout=10)
        try:
            yield device
        finally:
            subprocess.run(["swapoff", device], check=True, timeout=30)
    finally:
        (machine.ZRAM_CONTROL / "hot_remove").write_text(number)


class Zram(unittest.TestCase):
    def setUp(self):
        machine.skip_unless_possible()
        for program in ("zramctl", "mkswap", "swapon"):
            if not shutil.which(program):
                self.skipTest(f"there is no {program}")

    def test_figures_are_those_of_zramctl_and_swapon(self):
        pages = 8 << 20
        with swap_in_zram(), mmap.mmap(-1, pages) as memory:
            memory.madvise(mmap.MADV_NOHUGEPAGE)
            # Half of it random, a quarter of one value, the rest compresses well.
            memory.write(os.urandom(pages // 2) + b"\1" * (pages // 4) + bytes(range(256)) * (pages // 1024))
            memory.madvise(MADV_PAGEOUT)
            for _ in range(20):  # until nothing moved between the two readings
                before = zramctl(("DISKSIZE", "DATA", "COMPR"))
                document = once()
                if zramctl(("DISKSIZE", "DATA", "COMPR")) == before:
                    break
            zram, swap = document["zram"], document["swap"]
            self.assertGreater(before["DATA"], pages // 2)
            self.assertAlmostEqual(zram["stored_bytes"], before["DATA"], delta=PAGE)
            self.assertAlmostEqual(zram["compressed_bytes"], before["COMPR"], delta=PAGE)
            self.assertEqual(zram["table_bytes"], before["DISKSIZE"] // PAGE * 16)
            self.assertAlmostEqual(zram["used_percent"], 100 * before["DATA"] / before["DISKSIZE"], delta=0.1)
            # Pages of one value take no memory, so the ratio is that of the others.
            self.assertLess(zram["ratio"], before["DATA"] / before["COMPR"])
            self.assertGreaterEqual(zram["memory_bytes"], zram["compressed_bytes"])
            rows = [line.split() for line in pathlib.Path("/proc/swaps").read_text().splitlines()[1:]]
            self.assertEqual(swap["total_bytes"], sum(int(row[2]) for row in rows) * 1024)
            self.assertAlmostEqual(swap["used_bytes"], sum(int(row[3]) for row in rows) * 1024, delta=1 << 20)
            pathlib.Path("/proc/sys/vm/stat_refresh").write_text("1")  # each CPU keeps up to 125 pages to itself
            zspages = int(next(line for line in pathlib.Path("/proc/vmstat").read_text().splitlines()
                               if line.startswith("nr_zspages ")).split()[1])
            self.assertGreaterEqual(zspages * PAGE + PAGE, zram["memory_bytes"])
            figure(f"watch, zram: stored {zram['stored_bytes']} (zramctl {before['DATA']}), compressed "
                   f"{zram['compressed_bytes']} ({before['COMPR']})")


if __name__ == "__main__":
    main()
