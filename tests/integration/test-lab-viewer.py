#!/usr/bin/env python3
"""What the lab measures with on the board."""

import json
import subprocess
import unittest

import harness
from harness import BUILD, PATIENCE, Server
from measure import measured

LAB_VIEWER = BUILD.parents[1] / "lab/lab-viewer"
SECONDS = 2


def measure(viewers, port, seconds=SECONDS):
    return subprocess.run(
        [LAB_VIEWER, str(viewers), str(seconds), str(port)], capture_output=True, text=True,
        timeout=30 * PATIENCE, check=False,
    )


class LabViewer(unittest.TestCase):
    @measured
    def test_two_cameras(self):
        with Server(cameras=("cam0=synthetic,fps=20", "cam1=synthetic,fps=10,format=mjpeg")) as server:
            result = measure(3, server.port)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        viewers = json.loads(result.stdout)
        self.assertEqual(len(viewers), 3)
        for viewer in viewers:
            self.assertEqual(viewer["close"], 0)
            for camera, fps in zip(viewer["cameras"], (20, 10)):
                self.assertEqual(camera["bad"], 0)
                self.assertLessEqual(abs(camera["frames"] - SECONDS * fps), fps)
                self.assertLessEqual(abs(camera["fps"] - fps), fps / 2)
                self.assertGreaterEqual(camera["longest_gap_ms"], 1000 / fps - 10)
                self.assertGreater(camera["longest_age_ms"], 0)
                self.assertGreater(camera["mean_bytes"], 1000)

    def test_the_server_ends(self):
        server = Server()
        with subprocess.Popen(
            [LAB_VIEWER, "2", "30", str(server.port)], stdout=subprocess.PIPE, text=True
        ) as viewer:
            server.wait_viewers(2)
            harness.eventually(lambda: server.camera()["frames"] > 5, 5, "frames")
            server.stop()
            output, _ = viewer.communicate(timeout=30)
        self.assertEqual([entry["close"] for entry in json.loads(output)], [1001, 1001])

    def test_refused(self):
        with Server("--max-viewers", "1") as server:
            result = measure(2, server.port)
        self.assertEqual(result.returncode, 1)
        self.assertIn("503", result.stderr)
        self.assertEqual(measure(0, 8081).returncode, 2)


if __name__ == "__main__":
    harness.main()
