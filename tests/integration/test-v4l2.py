#!/usr/bin/env python3
"""V4L2 cameras: pictures that pass through untouched, formats, and damaged frames."""

import json
import unittest

import harness
from harness import eventually, figure, run_twinlens
from jpeg import decode, dimensions
from measure import measured
from prometheus import Metrics
from soaking import copy_meminfo
from v4l2 import SHIM, Cameras, record_pictures
from viewers import Crowd, longest_gap_ms
from websocket import WebSocket

MJPEG = {"/dev/video90": "mjpeg:{pictures}", "/dev/video91": "mjpeg:{pictures}"}
TWO = ("cam0=v4l2:/dev/video90", "cam1=v4l2:/dev/video91")

pictures = []


def setUpModule():
    pictures.extend(record_pictures())


class PassedThrough(unittest.TestCase):
    @measured
    def test_bytes_are_those_of_the_camera(self):
        with Cameras(MJPEG, pictures) as cameras, cameras.server(cameras=TWO) as server, WebSocket(server) as viewer:
            seen = {0: [], 1: []}
            while min(len(frames) for frames in seen.values()) < 20:
                frame = viewer.receive_frame()
                seen[frame.camera].append(frame)
            for frames in seen.values():
                self.assertEqual({frame.jpeg for frame in frames}, set(pictures))
                order = [pictures.index(frame.jpeg) for frame in frames]
                for before, after, a, b in zip(frames, frames[1:], order, order[1:]):
                    self.assertEqual((b - a) % len(pictures), (after.sequence - before.sequence) % len(pictures))
                self.assertEqual((frames[0].width, frames[0].height), (640, 480))
            camera = server.camera("cam0")
            self.assertEqual((camera["source"], camera["format"]), ("v4l2:/dev/video90", "MJPG"))
            self.assertEqual((camera["width"], camera["height"], camera["fps_target"]), (640, 480, 30))
            metrics = Metrics(server.get("/metrics").text)
            self.assertEqual(metrics.total("twinlens_frames_encoded_total"), 0)
            snapshot = server.get("/snapshot/cam0").body
            self.assertIn(snapshot, pictures)

    def test_buffers_are_given_back(self):
        """All of them, each time that nobody watches any more."""
        with Cameras(MJPEG, pictures) as cameras:
            meminfo = cameras.top / "meminfo"
            copy_meminfo(meminfo)

            def taken():
                fields = dict(line.split(":") for line in meminfo.read_text().splitlines())
                return int(fields["CmaTotal"].split()[0]) - int(fields["CmaFree"].split()[0])

            cameras.env["V4L2_SHIM_MEMINFO"] = str(meminfo)
            with cameras.server("-o", "camera:cam0.idle_stop=100ms", "-o", "camera:cam1.idle_stop=100ms",
                                cameras=TWO) as server:
                for _ in range(3):
                    eventually(lambda: taken() == 0, 5, "no buffer is left")
                    with WebSocket(server) as viewer:
                        viewer.receive_frame()
                        self.assertGreaterEqual(taken(), 2 * 640 * 480 * 2 // 1024)

    def test_sizes_that_differ_are_told(self):
        with Cameras(MJPEG, pictures) as cameras:
            wanted = ("cam0=v4l2:/dev/video90,size=1920x1080",)
            with cameras.server(cameras=wanted) as server, WebSocket(server) as viewer:
                frame = viewer.receive_frame()
                self.assertEqual((frame.width, frame.height), (640, 480))
                self.assertEqual(server.camera("cam0")["width"], 640)
                server.wait_log(r"cam0.*640x480.*1920x1080|cam0.*1920x1080.*640x480|1920x1080.*640x480")


class Formats(unittest.TestCase):
    def test_raw_formats(self):
        devices = {
            "/dev/video90": "yuyv,size=640x480", "/dev/video91": "uyvy,size=640x480,padding=64",
            "/dev/video92": "nv12,size=640x480,padding=32", "/dev/video93": "nv16,size=320x240",
            "/dev/video94": "nv12,size=640x480,mplane,padding=64,offset=256",
            "/dev/video95": "nv16,size=640x480,mplane",
        }  # fmt: skip
        formats = ("YUYV", "UYVY", "NV12", "NV16", "NV12", "NV16")
        cameras = tuple(f"c{number}=v4l2:/dev/video9{number}" for number in range(6))
        with Cameras(devices) as fakes, fakes.server(cameras=cameras) as server, WebSocket(server) as viewer:
            seen, means = {}, {}
            for _ in range(600):
                frame = viewer.receive_frame()
                seen.setdefault(frame.camera, frame)
                if len(seen) == 6:
                    break
            self.assertEqual(sorted(seen), list(range(6)))
            for number, frame in seen.items():
                size = (320, 240) if number == 3 else (640, 480)
                self.assertEqual(dimensions(frame.jpeg), size)
                width, height, means[number] = decode(frame.jpeg)
                self.assertEqual((width, height), size)
                self.assertEqual(server.camera(f"c{number}")["format"], formats[number])
            # The gradient, not its padding or its chroma, was taken as brightness.
            for number, mean in means.items():
                self.assertAlmostEqual(mean, 127, delta=25, msg=formats[number])

    def test_the_first_two_usable_devices_are_taken(self):
        devices = {
            "/dev/video90": "yuyv,role=metadata", "/dev/video91": "yuyv,size=320x240", "/dev/video92": "grey",
            "/dev/video93": "yuyv,role=output", "/dev/video94": "yuyv,size=640x480", "/dev/video95": "yuyv",
        }  # fmt: skip
        with Cameras(devices) as fakes, fakes.server(cameras=()) as server:
            sources = [camera["source"] for camera in server.status()["cameras"]]
            self.assertEqual(sources, ["v4l2:/dev/video91", "v4l2:/dev/video94"])
            server.wait_log(r"no camera is configured")
            listed = run_twinlens("cameras", "--json", env=fakes.env, preload=[SHIM])
            self.assertEqual(listed.returncode, 0, listed.stderr)
            self.assertIn("/dev/video91", json.dumps(json.loads(listed.stdout)))
            text = run_twinlens("cameras", env=fakes.env, preload=[SHIM])
            self.assertEqual(text.returncode, 0, text.stderr)
            for path in ("/dev/video91", "/dev/video94"):
                self.assertIn(path, text.stdout)

    def test_the_list_says_shortly_why_not(self):
        devices = {
            "/dev/video90": "yuyv,role=metadata", "/dev/video91": "grey", "/dev/video92": "yuyv,role=output",
            "/dev/video93": "yuyv,role=mem2mem", "/dev/video94": "yuyv",
        }  # fmt: skip
        reasons = {
            "/dev/video90": "a metadata node, without pictures",
            "/dev/video91": "offers none of MJPG, YUYV, UYVY, NV12, NV16",
            "/dev/video92": "an output, not a camera",
            "/dev/video93": "a converter from memory to memory, not a camera",
            "/dev/video94": "held by another program or another camera; end it, or choose another device",
        }
        with Cameras(devices) as fakes:
            fakes.command("/dev/video94 refuse open EBUSY")
            listed = run_twinlens("cameras", "--json", env=fakes.env, preload=[SHIM])
            problems = {one["device"]: one["problem"] for one in json.loads(listed.stdout)["cameras"]}
            self.assertEqual(problems, reasons)
            text = run_twinlens("cameras", env=fakes.env, preload=[SHIM]).stdout
            lines = [line.strip() for line in text.splitlines() if "unusable" in line]
            self.assertEqual(lines, [f"unusable {reason}" for reason in reasons.values()])
            self.assertNotIn("twinlens cameras", text)


class Faults(unittest.TestCase):
    def dropped(self, server, reason):
        metrics = Metrics(server.get("/metrics").text)
        return metrics.get("twinlens_frames_dropped_total", camera="cam0", reason=reason)

    def total_dropped(self, server):
        """But for those that were not taken in time: there is a newer one when the machine is busy."""
        return server.camera("cam0")["dropped"] - self.dropped(server, "stale")

    def test_repeated(self):
        with Cameras(MJPEG, pictures) as fakes, fakes.server(cameras=TWO) as server, WebSocket(server) as viewer:
            viewer.receive_frame(0)
            fakes.command("/dev/video90 repeat 3")
            # Those that are not taken in time are stale instead.
            eventually(lambda: (repeated := self.dropped(server, "repeated")) >= 1
                       and repeated + self.dropped(server, "stale") >= 3, 3, "the repeated frames")
            self.assertLessEqual(self.dropped(server, "repeated"), 3)
            viewer.receive_frame(0)

    @measured
    def test_dropped_by_reason(self):
        # A buffer of twice the largest frame that is taken.
        devices = dict(MJPEG, **{"/dev/video90": "mjpeg:{pictures},sizeimage=300000"})
        options = ("-o", "frames.max_frame=150000")
        with (
            Cameras(devices, pictures) as fakes,
            fakes.server(*options, cameras=TWO) as server,
            Crowd() as crowd,
            WebSocket(server, "/ws/video/cam0") as viewer,
        ):
            neighbour = crowd.add(server, "/ws/video/cam1")
            viewer.receive_frame()
            crowd.run(0.3)
            neighbour.restart()
            by_reason = 0
            for fault, reasons in (
                ("error", ["error_flag"]),
                ("empty", ["empty"]),
                ("truncated", ["truncated"]),
                ("oversize", ["oversize"]),
                ("overrun", ["oversize", "truncated", "corrupt"]),
            ):
                with self.subTest(fault):
                    before = [self.dropped(server, reason) for reason in reasons]
                    fakes.command(f"/dev/video90 fault {fault}")

                    def counted():
                        crowd.run(0.02)
                        now = [self.dropped(server, reason) for reason in reasons]
                        return sum(now) - sum(before) >= 4

                    eventually(counted, 3, f"4 more of {reasons}")
                    fakes.command("/dev/video90 fault none")
                    crowd.run(0.1)
                    by_reason += sum(self.dropped(server, reason) for reason in reasons) - sum(before)
                    self.assertIn(viewer.receive_frame().jpeg, pictures)
            crowd.run(0.2)
            self.assertEqual(self.total_dropped(server), by_reason, "each for its own reason")
            gap = longest_gap_ms(neighbour.times[1])
            figure(f"the other camera while frames were damaged: longest gap {gap:.0f} ms")
            if not harness.IS_SANITIZED:
                self.assertLessEqual(gap, 500)
            # Whatever arrived was a good picture of the camera.
            for _ in range(30):
                self.assertIn(viewer.receive_frame().jpeg, pictures)
            self.assertEqual(server.camera("cam0")["state"], "streaming")

    def test_repaired(self):
        with (
            Cameras(MJPEG, pictures) as fakes,
            fakes.server(cameras=TWO) as server,
            WebSocket(server, "/ws/video/cam0") as viewer,
        ):
            viewer.receive_frame()
            for fault in ("tail", "noeoi", "garbage", "nodht"):
                with self.subTest(fault):
                    fakes.command(f"/dev/video90 fault {fault}")
                    frames = [viewer.receive_frame().jpeg for _ in range(16)][8:]
                    for jpeg in frames:
                        self.assertEqual(decode(jpeg)[:2], (640, 480))
                        # Without the tables the picture differs from what it was in where they stand.
                        if fault != "nodht":
                            self.assertIn(jpeg, pictures)
                        self.assertIn(b"\xff\xc4", jpeg)
                    self.assertIn(decode(frames[0]), [decode(picture) for picture in pictures])
            fakes.command("/dev/video90 fault none")
            self.assertEqual(self.total_dropped(server), 0)

    def test_no_permission_for_any(self):
        """Then the pictures are synthetic, and why no camera was taken is said."""
        with Cameras({"/dev/video90": "yuyv"}) as fakes:
            fakes.command("/dev/video90 refuse open EACCES")
            with fakes.server(cameras=()) as server:
                server.wait_log("/dev/video90: permission denied.*group")
                server.wait_log("two synthetic cameras")

    def test_budget(self):
        """A driver that wants more memory than the budget leaves is told so with both figures."""
        with Cameras({"/dev/video90": "mjpeg:{pictures},sizeimage=60000000,min_buffers=8"}, pictures) as fakes:
            with fakes.server("-o", "memory.budget=30M", cameras=("cam0=v4l2:/dev/video90",)) as server:
                with WebSocket(server):
                    server.wait_state("cam0", "error")
                    problem = server.camera("cam0")["error"]
                self.assertRegex(problem, r"457\.\d MiB.*memory\.budget leaves \d+\.\d")
            with fakes.server("-o", "memory.budget=500M", cameras=("cam0=v4l2:/dev/video90",)) as server:
                self.assertEqual(server.get("/snapshot/cam0").status, 200)


if __name__ == "__main__":
    harness.main()
