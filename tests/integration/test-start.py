#!/usr/bin/env python3
"""From exec to the first frame at a viewer that waits."""

import statistics
import time
import unittest

import harness
from harness import Server, figure, free_port
from measure import judge
from websocket import WebSocket

LIMIT_MS = 150
RUNS = 5


class Start(unittest.TestCase):
    def first_frame_ms(self, camera):
        port = free_port()
        server = Server(cameras=(camera,), port=port, wait=False)
        begun = server.started
        while True:
            try:
                viewer = WebSocket(server)
                break
            except ConnectionRefusedError:
                server.check_alive()
                self.assertLess(time.monotonic() - begun, 5)
                time.sleep(0.001)
        viewer.receive_frame()
        took = (time.monotonic() - begun) * 1000
        viewer.close()
        server.stop()
        return took

    def test_first_frame(self):
        for camera in ("cam0=synthetic", "cam0=synthetic,format=mjpeg"):
            judge(self, lambda camera=camera: self.attempt(camera))

    def attempt(self, camera):
        times = sorted(self.first_frame_ms(camera) for _ in range(RUNS))
        text = f"exec to first frame, {camera}: " + ", ".join(f"{took:.0f}" for took in times) + " ms"
        figure(text)
        return statistics.median(times) <= LIMIT_MS, text


if __name__ == "__main__":
    harness.main()
