#!/usr/bin/env python3
"""What the recorder costs the server that it watches: rounds with it and without it in turn, the same viewers in each."""

import json
import statistics
import subprocess
import time
import unittest

import harness
from harness import TWINLENS, Server, child_environment, die_with_parent, figure, run_twinlens
from measure import judge

PAIRS = 3
SECONDS = 3
VIEWERS = 4
RATIO_MAX = 1.05  # of the 99th percentile of the ages
FLOOR_MS = 1  # of the age at arrival, of which 5 % are less than the machine's own noise
AGES = ("age_on_screen_ms", "age_at_arrival_ms")


class Effect(unittest.TestCase):
    def load(self, server):
        """Frames that were lost, and the 99th percentile of each age, the worse camera's."""
        result = run_twinlens("load", f"http://127.0.0.1:{server.port}", "--viewers", str(VIEWERS), "--duration", f"{SECONDS}s",
                              "--json", seconds=SECONDS + 10)
        document = json.loads(result.stdout)
        cameras = document["cameras"].values()
        self.assertEqual(len(cameras), 2)
        self.assertGreater(min(camera["frames"] for camera in cameras), 0)
        lost = sum(camera["skipped"] + camera["broken"] for camera in cameras) + document["lost"]
        return lost, [max(camera[age]["p99"] for camera in cameras) for age in AGES]

    def watched(self, server):
        command = [TWINLENS, "watch", "-c", "/dev/null", "--interval", "1s", "--json", "--pid", str(server.pid)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=child_environment(),
                              preexec_fn=die_with_parent) as watch:
            time.sleep(1.2)  # its start is not its work
            try:
                return self.load(server)
            finally:
                watch.terminate()

    def attempt(self, server):
        lost, rounds = 0, {False: [], True: []}
        for pair in range(PAIRS):
            for is_watched in (False, True) if pair % 2 == 0 else (True, False):
                lost_now, ages = self.watched(server) if is_watched else self.load(server)
                lost += lost_now if is_watched else 0
                rounds[is_watched].append(ages)
        (screen, arrival), (screen_alone, arrival_alone) = (
            map(statistics.median, zip(*rounds[is_watched])) for is_watched in (True, False))
        told = (f"watch at 1 s, {VIEWERS} viewers x 2 cameras: {lost} frames lost; p99 with it and without it: age on screen "
                f"{screen:.2f} and {screen_alone:.2f} ms, ratio {screen / screen_alone:.3f}, age at arrival {arrival:.2f} and "
                f"{arrival_alone:.2f} ms")
        figure(told)
        return (lost == 0 and screen <= screen_alone * RATIO_MAX and
                arrival <= max(arrival_alone * RATIO_MAX, arrival_alone + FLOOR_MS), told)

    def test_viewers_do_not_feel_it(self):
        with Server() as server:
            judge(self, lambda: self.attempt(server))


if __name__ == "__main__":
    harness.main()
