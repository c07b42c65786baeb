#!/usr/bin/env python3
"""The figures of load against those of the script that the server follows."""

import unittest

import harness
from harness import figure
from scripted import Scripted, Truth, load, steady

# A busy machine can only make figures worse, so the best of some attempts counts.
ATTEMPTS = 5
WITHIN_MS = 1
SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1}


class AgainstTruth(unittest.TestCase):
    """The figures are those of the script; what the machine adds by being busy is allowed for by trying again."""

    def differences(self, server, document):
        """Of each viewer, by what is compared: how far it is from what can be, in ms or frames."""
        begun = document["begun_us"] / 1e6
        ended = begun + document["duration_s"]
        for number, (viewer, sent) in enumerate(zip(document["each"], server.sent[1:])):
            early, late = (Truth(sent, begun, ended, is_late) for is_late in (False, True))
            seen = viewer["cam0"]
            figures = {
                "gap": (seen["gap_max_ms"], early.gap * 1000, late.gap * 1000),
                "frames": (seen["frames"], early.frames, late.frames),
            }
            for name, share in SHARES.items():
                figures[f"on screen {name}"] = (
                    seen["age_on_screen_ms"][name], early.on_screen(share) * 1000, late.on_screen(share) * 1000)
                if share < 1:
                    figures[f"at arrival {name}"] = (
                        seen["age_at_arrival_ms"][name], early.at_arrival(share) * 1000, late.at_arrival(share) * 1000)
            for name, (figure_, *bounds) in figures.items():
                yield (number, name), max(figure_ - max(bounds), min(bounds) - figure_, 0)

    def check(self, script, duration, is_right, viewers=2, **kwargs):
        attempts = []
        for _ in range(ATTEMPTS):
            with Scripted(script, **kwargs) as server:
                _, document = load(server.url(), "--viewers", viewers, duration=duration)
                differences = dict(self.differences(server, document))
            worst = max(differences, key=lambda name: differences[name])
            attempts.append(f"viewer {worst[0]}, {worst[1]}: {differences[worst]:.2f}")
            if is_right(document["cameras"]["cam0"]) and differences[worst] <= WITHIN_MS:
                figure(f"worst difference to the truth: {attempts[-1]} (ms or frames)")
                return document
        self.fail(f"no attempt was right: {attempts}; {document}")

    def test_steady(self):
        def is_right(camera):
            return (camera["freezes"], camera["frozen_ms"], camera["skipped"]) == (0, 0, 0)

        self.check(steady(50, 5, age=0.03), 2, is_right)

    def test_freezes(self):
        """One of 600 ms, in which the camera stood still; one of 260 ms, in which the viewer was skipped; a gap of
        120 ms, which is none."""
        def is_right(camera):
            frozen = abs(camera["frozen_ms"] - 2 * (620 + 280))
            return camera["freezes"] == 4 and camera["skipped"] == 2 * (13 + 5) and frozen < 20

        gaps = ((2, 2.6, True), (3, 3.26), (3.5, 3.6))
        self.check(steady(50, 8, gaps), 4, is_right)

    def test_a_freeze_that_does_not_end(self):
        def is_right(camera):
            return camera["freezes"] == 2 and camera["gap_max_ms"] > 1000

        self.check(steady(50, 2), 3, is_right)

    def test_old_pictures(self):
        """Each 300 ms old when it comes; of the freeze the last one ends up 1.3 s old."""
        def is_right(camera):
            return camera["freezes"] == 2

        self.check(steady(20, 8, ((3, 4),), age=0.3), 4, is_right)

    def test_another_clock(self):
        document = self.check(steady(30, 6), 2, lambda camera: True, ahead=-7.5)
        self.assertAlmostEqual(document["clock"]["ahead_ms"], -7500, delta=5)
        self.assertLess(document["clock"]["error_ms"], 5)
        self.assertGreater(document["clock"]["error_ms"], 0)


if __name__ == "__main__":
    harness.main()
