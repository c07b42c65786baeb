#!/usr/bin/env python3
"""Viewers that stop reading: the good ones do not notice, the server does not grow, the stalled ones are evicted."""

import time
import unittest

import harness
from harness import Server, eventually, figure
from measure import judge
from viewers import Crowd, longest_gap_ms, rate

GOOD, STALLED = 4, 3
SECONDS = 6
STALL_TIMEOUT_S = 3
GAP_MAX_MS = 45
FPS_MIN = 29.5
# What the slow viewer takes in a tenth of a second: 160 KB/s, of 600 KB/s or more.
SLOW_BYTES = 16000
ATTEMPTS = 5


class Stalled(unittest.TestCase):
    def attempt(self):
        options = ("--max-viewers", str(GOOD + STALLED), "-o", f"server.stall_timeout={STALL_TIMEOUT_S}s")
        with Server(*options, cameras=("cam0=synthetic", "cam1=synthetic")) as server, Crowd() as crowd:
            for _ in range(GOOD + STALLED):
                crowd.add(server, receive_buffer=65536)
            crowd.run(2)
            good, stalled = crowd.viewers[:GOOD], crowd.viewers[GOOD:]
            _, before = server.memory()
            crowd.restart()
            for viewer in stalled:
                crowd.stall(viewer)
            begun = time.monotonic()
            crowd.run(STALL_TIMEOUT_S / 2)
            _, during = server.memory()
            crowd.run(SECONDS - STALL_TIMEOUT_S / 2)
            _, after = server.memory()
            seconds = time.monotonic() - begun
            rates = [rate(viewer.times[camera], seconds) for viewer in good for camera in (0, 1)]
            gap = max(longest_gap_ms(viewer.times[camera]) for viewer in good for camera in (0, 1))
            figure(
                f"{GOOD} good and {STALLED} stalled viewers: good ones {min(rates):.2f} fps or more, longest gap "
                f"{gap:.1f} ms, private memory {(during - before) / 1024:+.0f} KiB while stalled, "
                f"{(after - before) / 1024:+.0f} KiB after"
            )
            self.assertFalse(any(viewer.is_closed for viewer in good))
            self.assertLessEqual(max(during, after) - before, 0, "private memory grew")
            # They are gone, and have told so in the figures.
            eventually(lambda: len(server.status()["viewers"]) == GOOD, 3, "the stalled ones are evicted")
            self.assertIn(f"twinlens_viewers_evicted_total {STALLED}", server.get("/metrics").text)
            return gap, sum(viewer.skipped for viewer in good), min(rates)

    def test_stalled(self):
        def attempt():
            gap, skipped, slowest = self.attempt()
            is_good = gap <= GAP_MAX_MS and skipped == 0 and slowest >= FPS_MIN
            return is_good, f"gap {gap:.1f} ms, {skipped} skipped, {slowest:.2f} fps"

        judge(self, attempt, ATTEMPTS)

    def test_slow_but_reading(self):
        """A viewer that takes less than there is loses frames, but is not evicted, and sees new pictures."""
        judge(self, self.attempt_slow)

    def attempt_slow(self):
        options = ("-o", "server.stall_timeout=1s", "-o", "server.send_buffer=128K")
        with Server(*options, cameras=("cam0=synthetic",)) as server, Crowd() as crowd:
            fast = crowd.add(server)
            slow = crowd.add(server, receive_buffer=32768)
            crowd.stall(slow)
            end = time.monotonic() + 5
            ages = []
            while time.monotonic() < end:
                crowd.run(0.1)
                slow.read(SLOW_BYTES)
                ages = slow.ages_us[-5:]
            figure(f"a slow viewer got {len(slow.times[0])} frames in 5 s, skipped {slow.skipped}, "
                   f"the last ones {max(ages) / 1000:.0f} ms old at most")
            self.assertFalse(slow.is_closed)
            self.assertGreater(len(slow.times[0]), 5)
            self.assertGreater(slow.skipped, 10)
            fast_rate = rate(fast.times[0], 5)
            is_good = max(ages) < 1_500_000 and fast_rate >= 28
            return is_good, f"{max(ages) / 1000:.0f} ms old at most, the fast one {fast_rate:.1f} fps"

    def test_multipart_stalls_too(self):
        options = ("-o", "server.stall_timeout=1s")
        with Server(*options, cameras=("cam0=synthetic",)) as server:
            connection = server.connect(receive_buffer=16384)
            connection.sendall(b"GET /stream/cam0 HTTP/1.1\r\nHost: x\r\n\r\n")
            server.wait_viewers(1)
            begun = time.monotonic()
            server.wait_viewers(0, 6)
            figure(f"a stalled multipart viewer was evicted after {time.monotonic() - begun:.1f} s of 1 s allowed")
            connection.close()


if __name__ == "__main__":
    harness.main()
