#!/usr/bin/env python3
"""Cameras that freeze, go away, come back elsewhere, or refuse; the other one does not notice."""

import re
import signal
import time
import unittest

import harness
from harness import figure
from measure import judge, measured
from prometheus import Metrics
from v4l2 import Cameras, record_pictures
from viewers import Crowd, longest_gap_ms
from websocket import WebSocket

MJPEG = {"/dev/video90": "mjpeg:{pictures},bus=usb-a", "/dev/video91": "mjpeg:{pictures},bus=usb-b"}
TWO = ("cam0=v4l2:/dev/video90", "cam1=v4l2:/dev/video91")
GAP_MAX_MS = 100

pictures = []


def setUpModule():
    pictures.extend(record_pictures("320x240"))


class Recovery(unittest.TestCase):
    def setUp(self):
        self.fakes = Cameras(MJPEG, pictures)
        self.addCleanup(self.fakes.close)

    def watch_until(self, server, crowd, state, seconds):
        """Reads the viewers until cam0 has this state: how long that took."""
        begun = time.monotonic()
        while server.camera("cam0")["state"] != state:
            crowd.run(0.02)
            took = time.monotonic() - begun
            self.assertLess(took, seconds * harness.PATIENCE, f"cam0 is {server.camera('cam0')}, not {state}")
        return time.monotonic() - begun

    def goes_and_comes(self, *args):
        """The device goes and comes back; the other camera does not notice."""
        cameras = []

        def attempt():
            camera, gap = self.attempt(*args)
            cameras.append(camera)
            return gap <= GAP_MAX_MS or harness.IS_SANITIZED, f"gap {gap:.0f} ms"

        judge(self, attempt)
        return cameras[-1]

    def attempt(self, go, come, lost_within, back_within, words):
        with (
            Cameras(MJPEG, pictures) as fakes,
            fakes.server(cameras=TWO) as server,
            Crowd() as crowd,
        ):
            viewer, neighbour = crowd.add(server), crowd.add(server, "/ws/video/cam1")
            crowd.run(1)
            crowd.restart()
            for command in go:
                fakes.command(command)
            lost = self.watch_until(server, crowd, "lost", lost_within)
            camera = server.camera("cam0")
            self.assertRegex(camera["error"], words)
            self.assertEqual(camera["fps"], 0)
            self.assertEqual(server.get("/healthz").status, 503)
            self.assertIn("cam0", server.get("/healthz").text)
            self.assertEqual(server.get("/snapshot/cam0").status, 503, "no old picture is shown")
            crowd.run(0.7)
            received = len(viewer.times.get(0, []))
            for command in come:
                fakes.command(command)
            back = self.watch_until(server, crowd, "streaming", back_within)
            crowd.run(1)
            gap = max(longest_gap_ms(viewer.times[1]), longest_gap_ms(neighbour.times[1]))
            figure(f"{go[-1]}: lost after {lost * 1000:.0f} ms, back {back * 1000:.0f} ms after {come[-1]}; "
                   f"the other camera's longest gap {gap:.0f} ms")
            self.assertFalse(viewer.is_closed)
            self.assertGreater(len(viewer.times[0]), received + 10 // harness.PATIENCE, "frames come again")
            camera = server.camera("cam0")
            self.assertEqual((camera["reconnects"], camera["error"]), (1, None))
            metrics = Metrics(server.get("/metrics").text)
            self.assertEqual(metrics.get("twinlens_camera_reconnects_total", camera="cam0"), 1)
            self.assertEqual(metrics.get("twinlens_camera_reconnects_total", camera="cam1"), 0)
            self.assertEqual(server.get("/healthz").status, 200)
            return camera, gap

    def test_freeze(self):
        self.goes_and_comes(["/dev/video90 freeze"], ["/dev/video90 thaw"], 3, 7, "no frame")

    def test_readable_without_a_frame(self):
        """The descriptor says that there is a frame, and none is given: frozen, too, and not a loop without rest."""
        self.goes_and_comes(
            ["/dev/video90 refuse dqbuf EAGAIN"], ["/dev/video90 refuse dqbuf 0"], 3, 7, "no frame for 2 s"
        )
        with self.fakes.server(cameras=TWO) as server, WebSocket(server, "/ws/video/cam0") as viewer:
            viewer.receive_frame()
            self.fakes.command("/dev/video90 refuse dqbuf EAGAIN")
            before = server.cpu_seconds()
            time.sleep(1)
            share = server.cpu_seconds() - before
            figure(f"readable without a frame: {share * 1000:.0f} ms of CPU in 1 s")
            self.assertLess(share, 0.3 * harness.PATIENCE)

    def test_disconnect(self):
        self.goes_and_comes(["/dev/video90 disconnect"], ["/dev/video90 reconnect"], 1, 3, "/dev/video90")

    def test_comes_back_under_another_number(self):
        camera = self.goes_and_comes(
            ["/dev/video90 disconnect"], ["/dev/video90 reconnect /dev/video97"], 1, 3, "/dev/video90"
        )
        self.assertEqual((camera["state"], camera["width"]), ("streaming", 640))

    def test_another_camera_takes_its_number(self):
        """What is found under the number then is not it, so it is not taken for it."""
        devices = dict(MJPEG, **{"/dev/video92": "mjpeg:{pictures},bus=usb-c"})
        with Cameras(devices, pictures) as fakes, fakes.server(cameras=TWO) as server:
            with WebSocket(server, "/ws/video/cam0") as viewer:
                viewer.receive_frame()
                fakes.command("/dev/video90 disconnect")
                server.wait_state("cam0", "lost")
                fakes.command("/dev/video92 disconnect")
                fakes.command("/dev/video92 reconnect /dev/video90")
                time.sleep(1.2)
                self.assertEqual(server.camera("cam0")["state"], "lost")
                fakes.command("/dev/video90 reconnect /dev/video98")
                server.wait_state("cam0", "streaming")
                viewer.receive_frame()

    def test_fatal_stream_error(self):
        self.goes_and_comes(
            ["/dev/video90 refuse streamon EIO", "/dev/video90 refuse dqbuf EIO"],
            ["/dev/video90 refuse streamon 0", "/dev/video90 refuse dqbuf 0"], 2, 4, "Input/output error",
        )  # fmt: skip

    def test_retries_back_off(self):
        with self.fakes.server(cameras=TWO) as server, WebSocket(server, "/ws/video/cam0") as viewer:
            viewer.receive_frame()
            self.fakes.command("/dev/video90 disconnect")
            server.wait_state("cam0", "lost")
            before = server.cpu_seconds()
            time.sleep(3)
            used = server.cpu_seconds() - before
            figure(f"3 s of a lost camera: {used * 1000:.0f} ms of CPU")
            if not harness.IS_SANITIZED:
                self.assertLess(used, 0.1)
            self.assertLessEqual(len([line for line in server.lines if "cam0" in line and "lost" in line]), 2)

    def test_lost_and_idle(self):
        """Nobody watches any more: it is not retried for ever."""
        options = ("-o", "camera:cam0.idle_stop=300ms")
        with self.fakes.server(*options, cameras=TWO) as server:
            with WebSocket(server, "/ws/video/cam0") as viewer:
                viewer.receive_frame()
                self.fakes.command("/dev/video90 disconnect")
                server.wait_state("cam0", "lost")
            server.wait_state("cam0", "idle")
            self.assertEqual(server.get("/healthz").status, 200)

    @measured
    def test_end_while_frozen(self):
        self.fakes.command("/dev/video90 thaw")  # after an earlier attempt
        server = self.fakes.server(cameras=TWO)
        viewer = WebSocket(server)
        viewer.receive_frame(0)
        self.fakes.command("/dev/video90 freeze")
        time.sleep(0.3)
        server.stop(signal.SIGTERM, 1.0)
        viewer.abandon()

    def test_many_disconnects(self):
        with self.fakes.server(cameras=TWO) as server, WebSocket(server, "/ws/video/cam0") as viewer:
            viewer.receive_frame()
            fds, threads = server.count_fds(), server.count_threads()
            for _ in range(4):
                self.fakes.command("/dev/video90 disconnect")
                server.wait_state("cam0", "lost")
                self.fakes.command("/dev/video90 reconnect")
                server.wait_state("cam0", "streaming")
            harness.eventually(lambda: server.count_fds() <= fds, 3, "no descriptor is left open")
            self.assertEqual(server.count_threads(), threads)
            self.assertEqual(server.camera("cam0")["reconnects"], 4)


class Refusals(unittest.TestCase):
    """A device that cannot be used: one line that says why, and the other camera is served."""

    def refused(self, refusal, *words):
        with Cameras(MJPEG, pictures) as fakes:
            fakes.command(f"/dev/video90 refuse {refusal}")
            with fakes.server(cameras=TWO) as server, WebSocket(server) as viewer:
                for _ in range(10):
                    self.assertEqual(viewer.receive_frame().camera, 1)
                harness.eventually(lambda: server.camera("cam0")["error"], 3, "an error")
                camera = server.camera("cam0")
                self.assertEqual(camera["state"], "error")
                for word in words:
                    self.assertIn(word, camera["error"])
                harness.note(server.wait_log(re.escape(camera["error"])))
                for _ in range(30):
                    viewer.receive_frame(1)
                # At the start, and when it was wanted; not at every retry.
                self.assertLessEqual(len([line for line in server.lines if camera["error"] in line]), 2)
                # It is taken as soon as it can be.
                fakes.command(f"/dev/video90 refuse {refusal.split()[0]} 0")
                server.wait_state("cam0", "streaming")
                viewer.receive_frame(0)
                self.assertIsNone(server.camera("cam0")["error"])

    def test_busy(self):
        for call in ("s_fmt", "reqbufs", "streamon"):
            self.refused(f"{call} EBUSY", "held by", "/dev/video90")

    def test_no_permission(self):
        self.refused("open EACCES", "ermission", "group", "video")

    def test_no_bandwidth(self):
        self.refused("streamon ENOSPC", "bandwidth", "/dev/video90")

    def test_out_of_memory(self):
        self.refused("reqbufs ENOMEM", "/dev/video90")


if __name__ == "__main__":
    harness.main()
