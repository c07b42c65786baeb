#!/usr/bin/env python3
"""Four viewers of two cameras at 640x480, one process reading for all: every one gets every frame."""

import unittest

import harness
from harness import Server, figure
from measure import judge
from viewers import Crowd, longest_gap_ms, percentile, rate

SECONDS = 8
VIEWERS = 4
FPS_MIN = 29.5
ENCODED = ("cam0=synthetic", "cam1=synthetic")
PASSED = ("cam0=synthetic,format=mjpeg", "cam1=synthetic,format=mjpeg")


class Performance(unittest.TestCase):
    def measure(self, name, cameras):
        with Server(cameras=cameras) as server, Crowd() as crowd:
            for _ in range(VIEWERS):
                crowd.add(server)
            crowd.run(1)
            crowd.restart()
            cpu = server.cpu_seconds()
            crowd.run(SECONDS)
            cpu = (server.cpu_seconds() - cpu) / SECONDS * 100
            rates = [rate(viewer.times[camera], SECONDS) for viewer in crowd.viewers for camera in (0, 1)]
            gaps = [longest_gap_ms(viewer.times[camera]) for viewer in crowd.viewers for camera in (0, 1)]
            ages = [age / 1000 for viewer in crowd.viewers for age in viewer.ages_us]
            figure(
                f"{VIEWERS} viewers x 2 cameras {name}: {min(rates):.2f} to {max(rates):.2f} fps, longest gap "
                f"{max(gaps):.0f} ms, age {percentile(ages, 50):.2f} / {percentile(ages, 99):.2f} ms (p50 / p99), "
                f"CPU {cpu:.1f}% of a core"
            )
            self.assertFalse(any(viewer.is_closed for viewer in crowd.viewers))
            return min(rates), sum(viewer.skipped for viewer in crowd.viewers)

    def check(self, name, cameras):
        def attempt():
            slowest, skipped = self.measure(name, cameras)
            return slowest >= FPS_MIN and skipped == 0, f"{slowest:.2f} fps, {skipped} skipped"

        judge(self, attempt)

    def test_encoded(self):
        self.check("encoded", ENCODED)

    def test_passed_through(self):
        self.check("passed through", PASSED)


if __name__ == "__main__":
    harness.main()
