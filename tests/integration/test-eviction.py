#!/usr/bin/env python3
"""Viewers that take nothing, or give no sign of life when there is nothing to take."""

import contextlib
import signal
import time
import unittest

import harness
from harness import Config, Server, eventually
from v4l2 import Cameras
from websocket import WebSocket

SMALL = ("cam0=synthetic,size=160x120,fps=10,format=mjpeg",)
STREAM = b"GET /stream/cam0 HTTP/1.1\r\nHost: x\r\n\r\n"


class Eviction(unittest.TestCase):
    """A socket that is full to the brim gives no turn to send: such viewers are stalled as well."""

    OPTIONS = ("-o", "server.stall_timeout=1s", "-o", "server.send_buffer=64K")

    def test_frames_larger_than_the_buffer(self):
        large = "cam0=synthetic,size=1920x1080,fps=10,format=mjpeg,quality=95"
        with Server(*self.OPTIONS, "-o", "frames.max_frame=3M", cameras=(large,)) as server:
            with WebSocket(server) as good, server.connect(receive_buffer=2048) as stream:
                stream.sendall(STREAM)
                viewer = WebSocket(server, receive_buffer=2048)
                for _ in range(10):
                    self.assertGreater(len(good.receive_frame().jpeg), 65536)
                eventually(lambda: server.log.count("took nothing") == 2, 5, "both are cut off")
                viewer.abandon()
                self.assertEqual(len(server.status()["viewers"]), 1)

    def test_answers_that_are_not_read(self):
        with Server(*self.OPTIONS, cameras=SMALL) as server:
            viewer = WebSocket(server, receive_buffer=2048)
            viewer.socket.settimeout(0.5)
            # Its socket is full, or it was cut off already.
            with self.assertRaises((TimeoutError, ConnectionError)):
                while True:
                    viewer.send_text('{"action":"get_status"}')
            server.wait_log("took nothing", 5)
            server.wait_viewers(0)
            viewer.abandon()

    def check_idle_viewers(self, server, idle):
        """Two viewers that are sent no picture: the one that answers pings stays, the frozen one gives its place back."""
        with WebSocket(server, "/ws/video/cam0") as good:
            frozen = WebSocket(server, "/ws/video/cam0")
            idle(good)
            idle(frozen)
            good.socket.settimeout(0.1)
            begun, evicted_after = time.monotonic(), 0
            while time.monotonic() < begun + 5:
                with contextlib.suppress(TimeoutError):
                    good.receive()
                if not evicted_after and len(server.status()["viewers"]) == 1:
                    evicted_after = time.monotonic() - begun
            self.assertGreater(evicted_after, 0.5, "at the earliest after stall_timeout")
            self.assertEqual([viewer["id"] for viewer in server.status()["viewers"]], [1])
            self.assertIn("twinlens_viewers_evicted_total 1\n", server.get("/metrics").text)
            harness.figure(f"a frozen viewer of nothing was evicted after {evicted_after:.1f} s of stall_timeout=1s")
            frozen.abandon()

    def test_viewers_of_nothing(self):
        def stop(viewer):
            viewer.send_text('{"action":"stop_camera","camera":"cam0"}')
            viewer.receive_text()

        with Server(*self.OPTIONS, cameras=SMALL) as server:
            self.check_idle_viewers(server, stop)

    def test_viewers_of_a_lost_camera(self):
        with Server(*self.OPTIONS, cameras=("cam0=v4l2:/dev/video-none", "cam1=synthetic")) as server:
            self.check_idle_viewers(server, lambda _: server.wait_state("cam0", "lost"))

    def test_streams_of_a_lost_camera(self):
        """A client that went away is not noticed by sending; one that is patient keeps its place."""
        with (
            Cameras({"/dev/video90": "yuyv"}) as fakes,
            fakes.server(*self.OPTIONS, cameras=("cam0=v4l2:/dev/video90",)) as server,
            server.connect() as patient,
        ):
            gone = server.connect()
            for connection in (patient, gone):
                connection.sendall(STREAM)
                self.assertEqual(connection.recv(12), b"HTTP/1.1 200")
            fakes.command("/dev/video90 disconnect")
            server.wait_state("cam0", "lost")
            gone.settimeout(0.3)
            with contextlib.suppress(TimeoutError):
                while gone.recv(65536):
                    pass
            gone.close()
            server.wait_viewers(1)
            time.sleep(3)
            self.assertEqual([viewer["id"] for viewer in server.status()["viewers"]], [1])

    def test_a_camera_that_is_taken_away(self):
        text = "[server]\nlisten = 127.0.0.1:{}\nstall_timeout = 1s\nsend_buffer = 64K\n[frames]\nmax_frame = 3M\n"
        large = "[camera:cam1]\nsource = synthetic,size=1920x1080,fps=10,format=mjpeg,quality=95\n"
        small = "[camera:cam0]\nsource = synthetic,size=160x120\n"
        port = harness.free_port()
        config = Config(text.format(port) + small + large)
        with Server("-c", str(config), cameras=(), port=port, listen=False) as server:
            viewer = WebSocket(server, "/ws/video/cam1", receive_buffer=2048)
            server.wait_state("cam1", "streaming")
            time.sleep(0.3)
            config.write(text.format(port) + small)
            server.send_signal(signal.SIGHUP)
            eventually(lambda: "taken away" in server.log, 3, "reloaded")
            server.wait_viewers(0)
            viewer.abandon()


if __name__ == "__main__":
    harness.main()
