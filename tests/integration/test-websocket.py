#!/usr/bin/env python3
"""The WebSocket interface, as a good client uses it."""

import json
import time
import unittest

import harness
from harness import Server
from jpeg import decode, dimensions
from measure import measured
from websocket import PING, PONG, TEXT, Refused, WebSocket

BARE = ()
SIZES = {0: (640, 480), 1: (320, 240)}


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--max-viewers", "6", "-o", "camera:cam0.idle_stop=500ms", "-o",
                            "camera:cam1.idle_stop=500ms")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def cameras_seen(self, viewer, frames=12):
        return {viewer.receive_frame().camera for _ in range(frames)}


class Bare(Case):
    def test_which_camera(self):
        for target, size in (
            ("/ws/video", SIZES[0]),
            ("/ws/video?camera=cam0", SIZES[0]),
            ("/ws/video?camera=cam1", SIZES[1]),
            ("/ws/video/cam1", SIZES[1]),
            ("/ws/video?camera=cam1,cam0", SIZES[1]),
            ("/ws/video?camera=all", SIZES[0]),
        ):
            with self.subTest(target), WebSocket(self.server, target, BARE) as viewer:
                self.assertIsNone(viewer.protocol)
                sizes = {dimensions(viewer.receive_binary()) for _ in range(8)}
                self.assertEqual(sizes, {size}, "one camera at a time")

    def test_picture_decodes(self):
        with WebSocket(self.server, "/ws/video/cam0", BARE) as viewer:
            self.assertEqual(decode(viewer.receive_binary())[:2], SIZES[0])

    def test_start_switches(self):
        with WebSocket(self.server, "/ws/video", BARE) as viewer:
            viewer.receive_binary()
            viewer.send_text('{"action":"start_camera","camera":"cam1"}')
            self.assertEqual(json.loads(viewer.receive_text())["status"], "success")
            sizes = [dimensions(viewer.receive_binary()) for _ in range(10)]
            self.assertEqual(set(sizes[2:]), {SIZES[1]})


class Multiplexed(Case):
    def test_which_cameras(self):
        for target, cameras in (
            ("/ws/video", {0, 1}),
            ("/ws/video?camera=all", {0, 1}),
            ("/ws/video?camera=cam0,cam1", {0, 1}),
            ("/ws/video?camera=cam0", {0}),
            ("/ws/video?camera=cam1", {1}),
            ("/ws/video/cam1", {1}),
        ):
            with self.subTest(target), WebSocket(self.server, target) as viewer:
                self.assertEqual(viewer.protocol, "twinlens.v1")
                self.assertEqual(self.cameras_seen(viewer), cameras)

    def test_protocol_is_chosen_among_others(self):
        with WebSocket(self.server, protocols=("other", "twinlens.v1")) as viewer:
            self.assertEqual(viewer.protocol, "twinlens.v1")
            viewer.receive_frame()

    def test_header(self):
        with WebSocket(self.server) as viewer:
            first, last = {}, {}
            for _ in range(60):
                frame = viewer.receive_frame()
                now_us = time.monotonic_ns() // 1000
                self.assertEqual((frame.version, frame.type), (1, 1))
                self.assertIn(frame.camera, (0, 1))
                self.assertEqual((frame.width, frame.height), SIZES[frame.camera])
                self.assertEqual(dimensions(frame.jpeg), SIZES[frame.camera])
                self.assertLessEqual(frame.captured_us, frame.sent_us)
                self.assertLessEqual(frame.sent_us, now_us)
                self.assertLess(now_us - frame.captured_us, 5_000_000, "an old picture")
                if before := last.get(frame.camera):
                    self.assertGreater(frame.sequence, before.sequence)
                    self.assertGreater(frame.captured_us, before.captured_us)
                    self.assertGreaterEqual(frame.sent_us, before.sent_us)
                    self.assertGreaterEqual(frame.skipped, before.skipped)
                    # Skipped frames are among those that the sequence counts.
                    lost = frame.sequence - before.sequence - 1
                    self.assertLessEqual(frame.skipped - before.skipped, lost)
                    self.assertEqual(frame.flags, 1 if frame.skipped > before.skipped else 0)
                first.setdefault(frame.camera, frame)
                last[frame.camera] = frame
            for camera in (0, 1):
                counted = last[camera].sequence - first[camera].sequence
                self.assertLess(counted, 300, "counts frames, by ones")
                self.assertLessEqual(last[camera].sequence, self.server.camera(f"cam{camera}")["frames"])
            self.assertEqual(decode(last[0].jpeg)[:2], SIZES[0])
            self.assertEqual(decode(last[1].jpeg)[:2], SIZES[1])

    @measured
    def test_rate_of_capture_times(self):
        with WebSocket(self.server, "/ws/video/cam0") as viewer:
            frames = [viewer.receive_frame() for _ in range(30)]
        count = frames[-1].sequence - frames[0].sequence
        period_us = (frames[-1].captured_us - frames[0].captured_us) / count
        self.assertGreater(period_us, 1e6 / 30 * 0.9)
        # A sanitizer may make it miss frames, which then are not counted.
        self.assertLess(period_us, 1e6 / 30 * (harness.PATIENCE if harness.IS_SANITIZED else 1.1))

    def test_skipped_frames_are_told(self):
        """A viewer that reads nothing for a while misses frames, is told so, and sees the newest then."""
        with WebSocket(self.server, "/ws/video/cam0", receive_buffer=65536) as viewer:
            before = viewer.receive_frame()
            time.sleep(2.5)
            frames = [viewer.receive_frame() for _ in range(80)]
            flagged = [frame for frame in frames if frame.flags & 1]
            self.assertTrue(flagged, "no frame says that some were skipped")
            self.assertGreater(frames[-1].skipped, before.skipped)
            age_us = time.monotonic_ns() // 1000 - frames[-1].captured_us
            self.assertLess(age_us, 300_000 * harness.PATIENCE, "the picture lags behind for good")
            entry = next(entry for entry in self.server.status()["viewers"] if entry["skipped"])
            self.assertGreaterEqual(entry["skipped"], frames[-1].skipped)


class Control(Case):
    def ask(self, viewer, **request):
        viewer.send_text(json.dumps(request))
        return json.loads(viewer.receive_text())

    def test_status(self):
        with WebSocket(self.server) as viewer:
            viewer.receive_frame()
            answer = self.ask(viewer, action="get_status")
            self.assertEqual((answer["status"], answer["action"]), ("success", "get_status"))
            self.assertEqual(set(answer["data"]), set(self.server.status()))
            self.assertEqual([camera["name"] for camera in answer["data"]["cameras"]], ["cam0", "cam1"])
            self.assertNotIn("id", answer)

    def test_ping(self):
        with WebSocket(self.server) as viewer:
            for t in (123, 0, -1, 1.5, 2**53, "text", None, [1, {"a": 2}]):
                answer = self.ask(viewer, action="ping", t=t)
                self.assertEqual((answer["status"], answer["action"], answer["t"]), ("success", "ping", t))
                self.assertAlmostEqual(answer["server_us"], time.monotonic_ns() / 1000, delta=1e6)

    def test_id_is_echoed(self):
        with WebSocket(self.server) as viewer:
            for request in (
                {"action": "ping", "id": 7},
                {"action": "get_status", "id": "abc"},
                {"action": "start_camera", "camera": "cam0", "id": {"deep": [1, None]}},
                {"action": "nonsense", "id": 0},
                {"action": "start_camera", "camera": "none", "id": -1},
                {"id": 4},
            ):
                self.assertEqual(self.ask(viewer, **request)["id"], request["id"])

    def test_answers_come_in_order(self):
        with WebSocket(self.server) as viewer:
            for number in range(200):
                action = ("ping", "nonsense", "get_status")[number % 3]
                viewer.send_text(json.dumps({"action": action, "id": number}))
            ids = [json.loads(viewer.receive_text())["id"] for _ in range(200)]
            self.assertEqual(ids, list(range(200)))
            viewer.receive_frame()

    def test_stop_and_start(self):
        with WebSocket(self.server) as viewer, WebSocket(self.server) as other:
            viewer.receive_frame(1)
            answer = self.ask(viewer, action="stop_camera", camera="cam1")
            self.assertEqual((answer["status"], answer["action"]), ("success", "stop_camera"))
            self.assertIsInstance(answer["message"], str)
            stopped_us = time.monotonic_ns() // 1000
            self.assertEqual({viewer.receive_frame().camera for _ in range(20)}, {0})
            # The subscription is the viewer's own: the other one is sent pictures that are newer.
            while other.receive_frame(1).captured_us < stopped_us + 300_000:
                pass
            answer = self.ask(viewer, action="start_camera", camera="cam1")
            self.assertEqual((answer["status"], answer["action"]), ("success", "start_camera"))
            self.assertEqual(viewer.receive_frame(1).camera, 1)
            self.assertEqual(self.cameras_seen(viewer), {0, 1})

    def test_stopping_everything_idles_the_cameras(self):
        with WebSocket(self.server) as viewer:
            viewer.receive_frame(0)
            for camera in ("cam0", "cam1"):
                self.ask(viewer, action="stop_camera", camera=camera)
            self.server.wait_state("cam0", "idle")
            self.server.wait_state("cam1", "idle")
            self.ask(viewer, action="start_camera", camera="cam0")
            viewer.receive_frame(0)

    def test_starting_twice_changes_nothing(self):
        with WebSocket(self.server, "/ws/video/cam0") as viewer:
            viewer.receive_frame()
            for action in ("start_camera", "start_camera", "stop_camera", "stop_camera", "start_camera"):
                self.assertEqual(self.ask(viewer, action=action, camera="cam0")["status"], "success")
            frames = [viewer.receive_frame() for _ in range(10)]
            numbers = [frame.sequence for frame in frames]
            self.assertEqual(numbers, sorted(set(numbers)))

    def test_errors(self):
        with WebSocket(self.server) as viewer:
            for request, action in (
                ({"action": "nonsense"}, "nonsense"),
                ({"action": "start_camera"}, "start_camera"),
                ({"action": "start_camera", "camera": "none"}, "start_camera"),
                ({"action": "stop_camera", "camera": 3}, "stop_camera"),
                ({"action": "stop_camera", "camera": None}, "stop_camera"),
                ({"action": 5}, 5),
                ({"action": None}, None),
                ({}, None),
            ):
                answer = self.ask(viewer, **request)
                self.assertEqual((answer["status"], answer["action"]), ("error", action))
                self.assertIsInstance(answer["message"], str)
                self.assertTrue(answer["message"])
            for text in ("", " ", "{", "null", "[]", "3", '"ping"', '{"action":"ping"}x', "{'action':'ping'}",
                         '{"action":"ping","action":', "NaN", "\ufeff{}",
                         '{"action":"start_camera","camera":"cam0\\u0000x"}'):
                viewer.send_text(text)
                answer = json.loads(viewer.receive_text())
                self.assertEqual((answer["status"], answer["action"]), ("error", None), text)
            viewer.receive_frame()

    def test_control_frames(self):
        with WebSocket(self.server) as viewer:
            for payload in (b"", b"hello", b"x" * 125):
                viewer.send_frame(PING, payload)
                while (message := viewer.receive())[0] != PONG:
                    pass
                self.assertEqual(message[1], payload)
            viewer.send_frame(PONG, b"unasked")
            viewer.receive_frame()

    def test_fragmented_message(self):
        with WebSocket(self.server) as viewer:
            viewer.send_frame(TEXT, b'{"action":', fin=False)
            viewer.send_frame(PING, b"between")
            viewer.send_frame(0, b'"ping",', fin=False)
            viewer.send_frame(0, b'"id":9}')
            self.assertEqual(json.loads(viewer.receive_text())["id"], 9)

    def test_message_of_4_kib(self):
        with WebSocket(self.server) as viewer:
            message = json.dumps({"action": "ping", "t": ""})
            viewer.send_text(message.replace('""', '"' + "x" * (4096 - len(message)) + '"'))
            self.assertEqual(len(json.loads(viewer.receive_text())["t"]), 4096 - len(message))


class Upgrade(Case):
    def test_unknown_camera(self):
        for target in ("/ws/video/none", "/ws/video?camera=none", "/ws/video?camera=cam0,none", "/ws/video/cam0/x"):
            for protocols in (BARE, ("twinlens.v1",)):
                with self.assertRaises(Refused) as refused:
                    WebSocket(self.server, target, protocols)
                self.assertEqual(refused.exception.status, 404)
                self.assertIn(b"camera", refused.exception.body)

    def test_long_argument(self):
        """One that is too long to be a list of cameras is not the same as none."""
        with self.assertRaises(Refused) as refused:
            WebSocket(self.server, "/ws/video?camera=" + "a" * 330)
        self.assertEqual(refused.exception.status, 404)
        with WebSocket(self.server, "/ws/video?x=" + "a" * 900 + "&camera=cam1") as viewer:
            self.assertEqual(self.cameras_seen(viewer), {1})

    def test_unknown_path(self):
        with self.assertRaises(Refused) as refused:
            WebSocket(self.server, "/ws/other")
        self.assertEqual(refused.exception.status, 404)

    def test_origin(self):
        own = f"http://127.0.0.1:{self.server.port}"
        with WebSocket(self.server, headers=[("Origin", own)]) as viewer:
            viewer.receive_frame()
        for origin in (
            "http://evil.example", f"http://evil.example:{self.server.port}", "http://127.0.0.1:1", "http://127.0.0.1",
            "null", f"http://127.0.0.1:{self.server.port}.evil.example", f"http://x@127.0.0.1:{self.server.port}",
            "http://" + "a" * 600, own + "/path",
        ):  # fmt: skip
            for protocols in (BARE, ("twinlens.v1",)):
                with self.assertRaises(Refused, msg=origin) as refused:
                    WebSocket(self.server, protocols=protocols, headers=[("Origin", origin)])
                self.assertEqual(refused.exception.status, 403)

    def test_unknown_protocol(self):
        try:
            viewer = WebSocket(self.server, protocols=("other.v9",))
        except Refused as refused:
            self.assertEqual(refused.status, 400)
        else:
            self.fail(f"accepted with {viewer.protocol}")


class Idle(Case):
    def test_camera_runs_while_watched(self):
        self.server.wait_state("cam0", "idle")
        with WebSocket(self.server, "/ws/video/cam0") as viewer:
            viewer.receive_frame()
            self.assertEqual(self.server.camera("cam0")["state"], "streaming")
            self.assertEqual(self.server.camera("cam1")["state"], "idle")
        self.server.wait_state("cam0", "idle")
        with WebSocket(self.server, "/ws/video/cam0") as viewer:
            frame = viewer.receive_frame()
            self.assertLess(time.monotonic_ns() // 1000 - frame.captured_us, 1_000_000, "a picture of before")

    def test_server_answers_a_close(self):
        viewer = WebSocket(self.server)
        viewer.send_frame(8, b"\x03\xe8bye")
        self.assertEqual(viewer.wait_closed(), 1000)
        viewer.abandon()
        self.server.wait_viewers(0)


if __name__ == "__main__":
    harness.main()
