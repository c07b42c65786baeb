#!/usr/bin/env python3
"""Start, end, and that nothing is left behind in between."""

import signal
import time
import unittest

import harness
from harness import Server, eventually
from measure import measured
from multipart import Multipart
from viewers import Watcher
from websocket import Refused, WebSocket


class End(unittest.TestCase):
    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                server = Server("--max-viewers", "6")
                bare = WebSocket(server, protocols=())
                multiplexed = WebSocket(server)
                stream = Multipart(server)
                stream.receive()
                multiplexed.receive_frame()
                bare.receive_binary()
                server.process.send_signal(number)
                self.assertEqual(bare.wait_closed(), 1001)
                self.assertEqual(multiplexed.wait_closed(), 1001)
                with self.assertRaises((EOFError, ConnectionResetError)):
                    for _ in range(200):
                        stream.receive()
                server.process.wait(1 * harness.PATIENCE * 2)
                self.assertEqual(server.wait_exit(), 0)

    def test_a_watcher_sees_the_end(self):
        server = Server()
        with Watcher(server) as watcher:
            begun = time.monotonic()
            self.assertTrue(all(watcher.wait_frames(camera, 5, 5 * harness.PATIENCE) for camera in (0, 1)))
            self.assertFalse(watcher.wait_end(0))
            self.assertLess(watcher.longest_gap(0, begun, time.monotonic()), 5 * harness.PATIENCE)
            server.stop()
            self.assertTrue(watcher.wait_end(5))
        self.assertEqual(watcher.close_code, 1001)
        with Server() as server, Watcher(server, "/ws/video?camera=other") as watcher:
            self.assertTrue(watcher.wait_end(5))
            self.assertIsInstance(watcher.error, Refused)
        with Server() as server:
            with Watcher(server) as watcher:
                self.assertTrue(watcher.wait_frames(0, 1, 5 * harness.PATIENCE))
            server.wait_viewers(0)

    @measured
    def test_in_time(self):
        """With nobody there, with good viewers, and with viewers that take nothing and never answer."""
        for name, stalled in (("nobody", 0), ("stalled viewers", 3)):
            with self.subTest(name):
                server = Server()
                viewers = [WebSocket(server, receive_buffer=8192) for _ in range(stalled)]
                server.get("/snapshot/cam0")
                time.sleep(1 if stalled else 0.1)
                took = server.stop(signal.SIGTERM, 1.0)
                harness.figure(f"SIGTERM with {name}: ended after {took * 1000:.0f} ms")
                for viewer in viewers:
                    viewer.abandon()

    def test_twice(self):
        server = Server()
        with WebSocket(server, receive_buffer=8192):
            server.process.send_signal(signal.SIGTERM)
            server.process.send_signal(signal.SIGINT)
            self.assertEqual(server.wait_exit(2), 0)

    @measured
    def test_while_a_camera_is_being_retried(self):
        server = Server(cameras=("cam0=v4l2:/dev/video-none", "cam1=synthetic"))
        viewer = WebSocket(server)
        viewer.receive_frame(1)
        time.sleep(0.6)
        self.assertLess(server.stop(), 1.0 * (10 if harness.IS_SANITIZED else 1))
        viewer.abandon()


class Start(unittest.TestCase):
    def test_it_tells_cameras_and_url(self):
        with Server() as server:
            server.wait_log(r"cam0.*synthetic")
            server.wait_log(r"cam1.*synthetic")
            server.wait_log(rf"http://127\.0\.0\.1:{server.port}/")
            server.wait_log(r"memory.*\b4 viewers .*budget", 1)

    def test_without_cameras_it_shows_two(self):
        """On a machine without a usable device: two synthetic ones, and it says so."""
        with Server(cameras=()) as server:
            cameras = server.status()["cameras"]
            self.assertEqual([camera["name"] for camera in cameras], ["cam0", "cam1"])
            sources = {camera["source"].split(":")[0] for camera in cameras}
            self.assertLessEqual(sources, {"synthetic", "v4l2"})
            if "synthetic" in sources:
                server.wait_log(r"no camera.*synthetic")
            self.assertEqual((cameras[0]["width"] or 640, cameras[0]["fps_target"] or 30), (640, 30))

    def test_replay(self):
        """Pictures of one camera, recorded, are served byte for byte as another one's."""
        with Server() as server, WebSocket(server, "/ws/video/cam0") as viewer:
            pictures = [viewer.receive_frame().jpeg for _ in range(5)]
        with harness.tempfile.TemporaryDirectory() as folder:
            for number, picture in enumerate(pictures):
                with open(f"{folder}/{number:03}.jpg", "wb") as file:
                    file.write(picture)
            with open(f"{folder}/all.mjpeg", "wb") as file:
                file.write(b"".join(pictures))
            cameras = (f"cam0=replay:{folder},fps=60", f"cam1=replay:{folder}/all.mjpeg,fps=60")
            with Server(cameras=cameras) as server, WebSocket(server) as viewer:
                for camera in (0, 1):
                    seen = [viewer.receive_frame(camera) for _ in range(20)]
                    self.assertEqual({frame.jpeg for frame in seen}, set(pictures), "all of them, unchanged")
                    steps = [pictures.index(frame.jpeg) - frame.sequence for frame in seen]
                    self.assertEqual(len({step % len(pictures) for step in steps}), 1, "in order, again and again")


class Leaks(unittest.TestCase):
    def test_two_hundred_viewers_come_and_go(self):
        # More places than are needed at a time: the server may learn late that somebody went.
        with Server("--max-viewers", "64", "-o", "server.send_buffer=256K") as server:
            self.visit(server, 20)
            server.wait_viewers(0)
            # A leak grows each time; more viewers at a time than ever before, as on a busy machine, do so once.
            growth = min(self.growth_of_visits(server, 200) for _ in range(3))
            if not harness.IS_SANITIZED:
                self.assertLessEqual(growth, 64 << 10)
            self.assertEqual(server.status()["memory"]["pool"]["in_use"] <= 4, True)

    def growth_of_visits(self, server, count):
        """Of private memory; descriptors and threads are as many as before."""
        fds, threads = server.count_fds(), server.count_threads()
        _, private = server.memory()
        self.visit(server, count)
        server.wait_viewers(0)
        eventually(lambda: server.count_fds() <= fds, 8, f"{server.count_fds()} descriptors become {fds} again")
        self.assertEqual(server.count_threads(), threads)
        growth = server.memory()[1] - private
        harness.figure(f"{count} viewers came and went: private memory {growth >> 10:+d} KiB")
        return growth

    def visit(self, server, count):
        for number in range(count):
            kind = number % 5
            if kind == 0:
                with Multipart(server) as stream:
                    stream.receive()
            elif kind == 1:
                self.assertEqual(server.get("/snapshot/cam1").status, 200)
            elif kind == 2:
                viewer = WebSocket(server)
                viewer.receive_frame()
                viewer.abandon()
            elif kind == 3:
                with self.assertRaises(Refused):
                    WebSocket(server, "/ws/video/none")
            else:
                with WebSocket(server) as viewer:
                    viewer.send_text('{"action":"get_status"}')
                    viewer.receive_text()

    def test_idle_stop(self):
        options = ("-o", "camera:cam0.idle_stop=300ms", "-o", "camera:cam1.idle_stop=300ms")
        with Server(*options) as server:
            for _ in range(5):
                with WebSocket(server) as viewer:
                    viewer.receive_frame(0)
                    viewer.receive_frame(1)
                server.wait_state("cam0", "idle")
                server.wait_state("cam1", "idle")
                eventually(lambda: server.status()["memory"]["pool"]["in_use"] == 0, 2, "no block is in use")
            before = server.cpu_seconds()
            time.sleep(1)
            used = server.cpu_seconds() - before
            harness.figure(f"idle server: {used * 100:.0f} ms of CPU in 1 s")
            if not harness.IS_SANITIZED:
                self.assertLessEqual(used, 0.02)


if __name__ == "__main__":
    harness.main()
