#!/usr/bin/env python3
"""The Prometheus text, and that its figures are those that viewers see."""

import time
import unittest

import harness
from harness import Server, eventually
from multipart import Multipart
from prometheus import Metrics
from websocket import Refused, WebSocket

# name: (type, label names)
DOCUMENTED = {
    "twinlens_frames_captured_total": ("counter", {"camera"}),
    "twinlens_frames_dropped_total": ("counter", {"camera", "reason"}),
    "twinlens_frames_encoded_total": ("counter", {"camera"}),
    "twinlens_encode_seconds": ("histogram", {"camera"}),
    "twinlens_frames_sent_total": ("counter", {"camera"}),
    "twinlens_frames_skipped_total": ("counter", {"camera"}),
    "twinlens_capture_to_send_seconds": ("histogram", {"camera"}),
    "twinlens_camera_state": ("gauge", {"camera", "state"}),
    "twinlens_camera_reconnects_total": ("counter", {"camera"}),
    "twinlens_viewers": ("gauge", {"transport"}),
    "twinlens_viewers_refused_total": ("counter", set()),
    "twinlens_viewers_evicted_total": ("counter", set()),
    "twinlens_pool_blocks": ("gauge", {"camera", "state"}),
    "twinlens_pool_exhausted_total": ("counter", {"camera"}),
    "twinlens_sent_bytes_total": ("counter", set()),
    "twinlens_pss_bytes": ("gauge", set()),
    "twinlens_private_bytes": ("gauge", set()),
    "twinlens_heap_bytes": ("gauge", set()),
    "twinlens_watch_running": ("gauge", set()),
    "process_resident_memory_bytes": ("gauge", set()),
    "process_cpu_seconds_total": ("counter", set()),
    "process_virtual_memory_bytes": ("gauge", set()),
    "process_start_time_seconds": ("gauge", set()),
    "process_open_fds": ("gauge", set()),
    "process_max_fds": ("gauge", set()),
}
STATES = {"idle", "starting", "streaming", "lost", "error"}


def read(server):
    answer = server.get("/metrics")
    if not answer.headers["content-type"].startswith("text/plain; version=0.0.4"):
        raise AssertionError(answer.headers["content-type"])
    return Metrics(answer.text)


class Exposition(unittest.TestCase):
    def test_names_and_labels(self):
        with Server() as server, WebSocket(server) as viewer:
            viewer.receive_frame(0)
            viewer.receive_frame(1)
            metrics = read(server)
            for name, (kind, labels) in DOCUMENTED.items():
                self.assertEqual(metrics.types.get(name), kind, name)
                self.assertEqual(metrics.label_names(name), {frozenset(labels)}, name)
            for name in metrics.types:
                self.assertRegex(name, r"^(twinlens|process)_")
            self.assertEqual(
                {dict(labels)["state"] for name, labels in metrics.samples if name == "twinlens_camera_state"}, STATES
            )
            for camera in ("cam0", "cam1"):
                states = {state: metrics.get("twinlens_camera_state", camera=camera, state=state) for state in STATES}
                self.assertEqual(states, {state: float(state == "streaming") for state in STATES})

    def test_before_anybody_watched(self):
        with Server() as server:
            metrics = read(server)
            self.assertEqual(metrics.get("twinlens_camera_state", camera="cam0", state="idle"), 1)
            self.assertEqual(metrics.total("twinlens_frames_captured_total"), 0)
            self.assertEqual(metrics.total("twinlens_viewers"), 0)

    def test_process(self):
        with Server() as server:
            metrics = read(server)
            self.assertAlmostEqual(metrics.get("process_open_fds"), server.count_fds(), delta=2)
            self.assertAlmostEqual(metrics.get("process_start_time_seconds"), time.time(), delta=30)
            self.assertAlmostEqual(metrics.get("process_cpu_seconds_total"), server.cpu_seconds(), delta=0.1)
            pss, private = server.memory()
            self.assertAlmostEqual(metrics.get("twinlens_pss_bytes"), pss, delta=pss / 4)
            self.assertAlmostEqual(metrics.get("twinlens_private_bytes"), private, delta=private / 4)


class Figures(unittest.TestCase):
    def test_frames(self):
        """What was sent is what arrived; what was captured is what the sequence counts."""
        with Server() as server:
            received = {0: 0, 1: 0}
            size = 0
            last = {}
            with WebSocket(server) as viewer:
                viewer.send_text('{"action":"ping"}')
                for _ in range(60):
                    frame = viewer.receive_frame()
                    received[frame.camera] += 1
                    size += len(frame.jpeg) + 32
                    last[frame.camera] = frame
                metrics = read(server)
                self.assertEqual(metrics.get("twinlens_viewers", transport="websocket"), 1)
                self.assertEqual(metrics.get("twinlens_viewers", transport="multipart"), 0)
                before = {camera: metrics.get("twinlens_frames_sent_total", camera=f"cam{camera}") for camera in (0, 1)}
                # Everything that was counted as sent by then arrives.
                for camera in (0, 1):
                    self.assertGreaterEqual(before[camera], received[camera])
                    self.assertLessEqual(before[camera] - received[camera], 30)
                self.assertGreaterEqual(metrics.get("twinlens_sent_bytes_total"), size)
                captured = metrics.get("twinlens_frames_captured_total", camera="cam0")
                self.assertGreaterEqual(captured, last[0].sequence)
                self.assertLessEqual(captured - last[0].sequence, 30)
                self.assertEqual(metrics.get("twinlens_frames_encoded_total", camera="cam1"), 0, "passed through")
                encoded = metrics.get("twinlens_frames_encoded_total", camera="cam0")
                self.assertGreaterEqual(encoded, received[0])
                counted = metrics.get("twinlens_encode_seconds_count", camera="cam0")
                self.assertAlmostEqual(counted, encoded, delta=1)
                sent = metrics.get("twinlens_frames_sent_total", camera="cam0")
                self.assertAlmostEqual(
                    metrics.get("twinlens_capture_to_send_seconds_count", camera="cam0"), sent, delta=1
                )
                mean = metrics.get("twinlens_capture_to_send_seconds_sum", camera="cam0") / sent
                self.assertGreater(mean, 0)
                self.assertLess(mean, 0.5 * harness.PATIENCE)

    def test_pool(self):
        with Server() as server, WebSocket(server, "/ws/video/cam0") as viewer:
            viewer.receive_frame()

            def blocks():
                return {
                    dict(labels)["state"]: value for (name, labels), value in read(server).samples.items()
                    if name == "twinlens_pool_blocks" and ("camera", "cam0") in labels
                }

            self.assertEqual(set(blocks()), {"free", "in_use"})
            eventually(lambda: sum(blocks().values()) == 6, 2, "the six blocks of the pool")
            self.assertGreater(blocks()["in_use"], 0)

    def test_viewers(self):
        with Server("--max-viewers", "2") as server:
            with WebSocket(server), Multipart(server) as stream:
                stream.receive()
                for _ in range(3):
                    with self.assertRaises(Refused):
                        WebSocket(server)
                self.assertEqual(server.get("/stream/cam0").status, 503)
                metrics = read(server)
                self.assertEqual(metrics.get("twinlens_viewers", transport="websocket"), 1)
                self.assertEqual(metrics.get("twinlens_viewers", transport="multipart"), 1)
                self.assertEqual(metrics.get("twinlens_viewers_refused_total"), 4)
            server.wait_viewers(0)
            self.assertEqual(read(server).total("twinlens_viewers"), 0)

    def test_evicted_and_skipped(self):
        options = ("-o", "server.stall_timeout=1s", "-o", "server.send_buffer=64K")
        with Server(*options) as server:
            stalled = WebSocket(server, "/ws/video/cam0", receive_buffer=16384)
            eventually(lambda: read(server).get("twinlens_viewers_evicted_total") == 1, 8, "the viewer is evicted")
            self.assertGreater(read(server).get("twinlens_frames_skipped_total", camera="cam0"), 0)
            server.wait_log(r"closed", 1)
            stalled.abandon()


if __name__ == "__main__":
    harness.main()
