#!/usr/bin/env python3
"""Every route of the HTTP interface."""

import http.client
import re
import time
import unittest

import harness
from harness import Server
from jpeg import decode, dimensions
from measure import measured
from multipart import Multipart
from websocket import Refused, WebSocket

CONTENT_TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
NUMBER = (int, float)
# As the status is documented. A list holds the shape of each of its entries.
STATUS = {
    "version": str,
    "pid": int,
    "uptime_s": NUMBER,
    "cameras": [
        {
            "name": str, "index": int, "state": str, "source": str, "format": str, "width": int, "height": int,
            "fps_target": NUMBER, "fps": NUMBER, "frames": int, "dropped": int, "viewers": int, "reconnects": int,
            "error": (str, type(None)), "delivery": {"frames": int, "seconds": float},
        }
    ],
    "viewers": [{"id": int, "peer": str, "transport": str, "cameras": list, "sent": int, "skipped": int}],
    "memory": {
        "rss_bytes": int, "pss_bytes": int, "private_bytes": int, "heap_bytes": int,
        "heap_free_bytes": int, "budget_bytes": int,
        "pool": {"block_bytes": int, "blocks": int, "in_use": int, "peak": int, "exhausted": int},
        "system": {"total_bytes": int, "available_bytes": int, "used_percent": NUMBER},
    },
    "cpu_percent": NUMBER,
}  # fmt: skip


def check_shape(value, shape, where="status"):
    """Everything that is documented is there, with its type."""
    if isinstance(shape, dict):
        for key, inner in shape.items():
            if not isinstance(value, dict) or key not in value:
                raise AssertionError(f"{where} lacks {key}: {value}")
            check_shape(value[key], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        for entry in value:
            check_shape(entry, shape[0], f"{where}[]")
    elif not isinstance(value, shape) or isinstance(value, bool):
        raise AssertionError(f"{where} is {value!r}")


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--max-viewers", "4")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def test_page(self):
        for target in ("/", "/?camera=cam0", "/?camera=cam0&x=1"):
            answer = self.server.get(target)
            self.assertEqual(answer.status, 200)
            self.assertRegex(answer.headers["content-type"], r"^text/html\b")
            self.assertIn("<html", answer.text)

    def test_page_policy(self):
        policy = self.server.get("/").headers["content-security-policy"]
        self.assertRegex(policy, r"default-src '(none|self)'")
        self.assertNotIn("unsafe", policy)
        self.assertNotIn("*", policy)

    def test_assets(self):
        pages, seen = ["/"], set()
        while pages:
            target = pages.pop()
            answer = self.server.get(target)
            self.assertEqual(answer.status, 200, target)
            kind = "html" if target == "/" else target.rpartition(".")[2]
            self.assertTrue(answer.headers["content-type"].startswith(CONTENT_TYPES[kind]), answer.headers)
            self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
            self.assertEqual(int(answer.headers["content-length"]), len(answer.body))
            for link in re.findall(
                r"""(?:\b(?:src|href)=|\bfrom |\bimport |new Worker\()["']([^"'#?]+)["']""", answer.text
            ):
                self.assertNotRegex(link, r"^(\w+:)?//", "something is loaded from elsewhere")
                path = "/" + link.removeprefix("./").removeprefix("/")
                if path not in seen and not link.startswith("data:"):
                    seen.add(path)
                    pages.append(path)
        self.assertGreaterEqual(len(seen), 3, "the page uses style and scripts")

    def test_snapshot(self):
        for target, size in (
            ("/snapshot/cam0", (640, 480)),
            ("/snapshot/cam1", (320, 240)),
            ("/?action=snapshot", (640, 480)),
            ("/?action=snapshot_1", (320, 240)),
        ):
            answer = self.server.get(target)
            self.assertEqual(answer.status, 200, target)
            self.assertEqual(answer.headers["content-type"], "image/jpeg")
            self.assertNotIn("access-control-allow-origin", answer.headers, "other sites cannot read it")
            self.assertEqual(int(answer.headers["content-length"]), len(answer.body))
            self.assertEqual(dimensions(answer.body), size)
            self.assertEqual(decode(answer.body)[:2], size)

    def test_snapshot_is_new(self):
        pictures = set()

        def are_different():
            pictures.add(self.server.get("/snapshot/cam0").body)
            return len(pictures) == 3

        harness.eventually(are_different, 0.5, "three different pictures")

    def test_stream(self):
        for target, size in (
            ("/stream/cam0", (640, 480)),
            ("/stream/cam1", (320, 240)),
            ("/?action=stream", (640, 480)),
            ("/?action=stream_1", (320, 240)),
        ):
            with Multipart(self.server, target) as stream:
                self.assertEqual(stream.status, 200, target)
                bodies = set()
                last = 0.0
                for _ in range(5):
                    part = stream.receive()
                    self.assertEqual(part.headers["content-type"], "image/jpeg")
                    self.assertEqual(dimensions(part.body), size)
                    self.assertRegex(part.headers["x-timestamp"], r"^\d+\.\d{6}$")
                    stamp = float(part.headers["x-timestamp"])
                    self.assertGreater(stamp, last)
                    last = stamp
                    bodies.add(part.body)
                self.assertEqual(len(bodies), 5, "the picture moves")

    def test_not_found(self):
        for target in (
            "/nothing", "/snapshot/", "/snapshot/none", "/stream/", "/stream/none", "/snapshot/cam0/x", "/api",
            "/api/", "/api/statusx", "/metricsx", "/index.htm", "/ws", "/?action=snapshot_7", "/?action=stream_99",
            "/?action=" + "a" * 300,
        ):  # fmt: skip
            answer = self.server.get(target)
            self.assertEqual(answer.status, 404, target)

    def test_wrong_method(self):
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "FOO"):
            for target in ("/", "/snapshot/cam0", "/stream/cam0", "/api/status", "/metrics", "/healthz"):
                answer = self.server.request(target, method)
                self.assertEqual(answer.status, 405, f"{method} {target}")
                self.assertIn("GET", answer.headers["allow"])

    def test_head(self):
        for target in ("/", "/nothing"):
            head, whole = self.server.request(target, "HEAD"), self.server.get(target)
            self.assertEqual((head.status, head.headers, head.body), (whole.status, whole.headers, b""), target)
        for target in ("/api/status", "/metrics", "/healthz"):
            answer = self.server.request(target, "HEAD")
            self.assertEqual((answer.status, answer.body), (200, b""), target)
            self.assertGreater(int(answer.headers["content-length"]), 0)

    def test_head_of_a_picture(self):
        """What is not known beforehand is left out: RFC 9110 does not let a length be guessed."""
        for target, kind in (("/snapshot/cam0", "image/jpeg"), ("/stream/cam0", "multipart/x-mixed-replace")):
            answer = self.server.request(target, "HEAD")
            self.assertEqual((answer.status, answer.body), (200, b""), target)
            self.assertTrue(answer.headers["content-type"].startswith(kind))
            self.assertNotIn("content-length", answer.headers)

    def test_offer_of_http_2(self):
        """A server may ignore it: RFC 9110 7.8."""
        headers = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQCAAAAAAIAAAAA"}
        for target in ("/", "/healthz", "/snapshot/cam0"):
            answer = self.server.get(target, headers=headers)
            self.assertEqual(answer.status, 200, target)
            self.assertNotIn("upgrade", answer.headers)
        self.assertEqual(self.server.request("/", "POST", headers=headers).status, 405)
        with self.server.connect() as connection:
            connection.sendall(b"GET /stream/cam0 HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")
            seen = b""
            while seen.count(b"Content-Type: image/jpeg") < 3:
                self.assertTrue(chunk := connection.recv(65536), "closed")
                seen += chunk
            self.assertTrue(seen.startswith(b"HTTP/1.1 200 OK"))

    def test_other_upgrades(self):
        """libwebsockets refuses them before anybody is asked."""
        self.assertEqual(self.server.get("/", headers={"Connection": "Upgrade", "Upgrade": "foo"}).status, 403)

    def test_keep_alive(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=8)
        connection.connect()
        local = connection.sock.getsockname()
        for target in ("/", "/api/status", "/nothing", "/snapshot/cam0", "/metrics", "/healthz", "/api/cameras"):
            connection.request("GET", target)
            connection.getresponse().read()
            self.assertIsNotNone(connection.sock, f"closed after {target}")
            self.assertEqual(connection.sock.getsockname(), local, f"closed after {target}")
        connection.close()

    def test_status(self):
        with WebSocket(self.server) as viewer, Multipart(self.server, "/stream/cam1") as stream:
            stream.receive()
            for _ in range(10):
                viewer.receive_frame()
            answer = self.server.get("/api/status")
            self.assertEqual(answer.headers["content-type"], "application/json")
            status = answer.json()
            check_shape(status, STATUS)
            self.assertRegex(status["version"], r"^\d+\.\d+\.\d+$")
            self.assertEqual(status["pid"], self.server.pid)
            names = [camera["name"] for camera in status["cameras"]]
            self.assertEqual(names, ["cam0", "cam1"])
            first, second = status["cameras"]
            self.assertEqual((first["index"], second["index"]), (0, 1))
            self.assertEqual((first["state"], first["error"]), ("streaming", None))
            self.assertEqual((first["source"], first["format"]), ("synthetic", "YUYV"))
            self.assertEqual((second["source"], second["format"]), ("synthetic", "MJPG"))
            self.assertEqual((first["width"], first["height"], first["fps_target"]), (640, 480, 30))
            self.assertEqual((first["viewers"], second["viewers"]), (1, 2))
            transports = sorted(viewer["transport"] for viewer in status["viewers"])
            self.assertEqual(transports, ["multipart", "websocket"])
            for entry in status["viewers"]:
                self.assertRegex(entry["peer"], r"^127\.0\.0\.1:\d+$")
                expected = ["cam1"] if entry["transport"] == "multipart" else ["cam0", "cam1"]
                self.assertEqual(entry["cameras"], expected)
                self.assertGreater(entry["sent"], 0)

    def test_status_memory(self):
        self.server.get("/snapshot/cam0")
        memory = self.server.status()["memory"]
        pss, private = self.server.memory()
        self.assertEqual(memory["budget_bytes"], 200 << 20)
        self.assertAlmostEqual(memory["pss_bytes"], pss, delta=max(pss // 4, 1 << 20))
        self.assertAlmostEqual(memory["private_bytes"], private, delta=max(private // 4, 1 << 20))
        self.assertGreaterEqual(memory["rss_bytes"], memory["pss_bytes"])
        if not harness.IS_SANITIZED:
            self.assertIn(memory["heap_bytes"], range(64 << 10, memory["rss_bytes"]))
        self.assertEqual(memory["pool"]["block_bytes"], 640 * 480 * 3)
        self.assertLessEqual(memory["pool"]["in_use"], memory["pool"]["peak"])
        self.assertLessEqual(memory["pool"]["peak"], memory["pool"]["blocks"])
        with open("/proc/meminfo", encoding="ascii") as lines:
            info = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}
        system = memory["system"]
        self.assertEqual(system["total_bytes"], info["MemTotal"])
        used = 100 * (1 - info["MemAvailable"] / info["MemTotal"])
        self.assertAlmostEqual(system["used_percent"], used, delta=5)

    def test_cameras(self):
        answer = self.server.get("/api/cameras")
        self.assertEqual(answer.headers["content-type"], "application/json")
        cameras = answer.json()["cameras"]
        self.assertEqual([camera["name"] for camera in cameras], ["cam0", "cam1"])
        self.assertEqual(set(cameras[0]), set(self.server.status()["cameras"][0]))

    @measured
    def test_fps(self):
        with WebSocket(self.server) as viewer:
            end = time.monotonic() + 3
            while time.monotonic() < end:
                viewer.receive_frame()
            fps = self.server.camera()["fps"]
        self.assertAlmostEqual(fps, 30, delta=30 if harness.IS_SANITIZED else 3)


class Health(unittest.TestCase):
    def test_healthy(self):
        with Server() as server:
            self.assertEqual(server.get("/healthz").status, 200, "idle is healthy")
            with WebSocket(server) as viewer:
                viewer.receive_frame(0)
                viewer.receive_frame(1)
                harness.eventually(lambda: server.get("/healthz").status == 200, 2, "healthz is 200")

    def test_unhealthy(self):
        cameras = ("cam0=synthetic", "cam1=v4l2:/dev/video-none")
        with Server(cameras=cameras) as server, WebSocket(server) as viewer:
            viewer.receive_frame(0)
            server.wait_state("cam1", "lost")
            self.assertEqual(server.get("/healthz").status, 503)
            text = server.get("/healthz").text
            self.assertIn("cam1", text)
            self.assertIn("/dev/video-none", text)
            self.assertNotIn("cam0", text)


class Limit(unittest.TestCase):
    def test_limit(self):
        with Server("--max-viewers", "2") as server:
            first, second = WebSocket(server), Multipart(server)
            second.receive()
            for target, protocols in (("/ws/video", ()), ("/ws/video", ("twinlens.v1",)), ("/ws/video/cam1", ())):
                with self.assertRaises(Refused) as refused:
                    WebSocket(server, target, protocols)
                self.assertEqual(refused.exception.status, 503)
                self.assertGreater(int(refused.exception.headers["retry-after"]), 0)
            for target in ("/stream/cam0", "/?action=stream"):
                answer = server.get(target)
                self.assertEqual(answer.status, 503)
                self.assertGreater(int(answer.headers["retry-after"]), 0)
            self.assertEqual(server.get("/snapshot/cam0").status, 200, "a snapshot is not a viewer")
            self.assertEqual(server.get("/").status, 200)
            # Those inside did not notice, and a place that is left can be taken.
            first.receive_frame()
            second.receive()
            second.close()
            server.wait_viewers(1)
            third = Multipart(server, "/stream/cam1")
            self.assertEqual(third.status, 200)
            third.receive()
            third.close()
            first.close()
            server.wait_viewers(0)
            with WebSocket(server) as again:
                again.receive_frame()


class Idle(unittest.TestCase):
    def test_snapshot_starts_an_idle_camera(self):
        options = ("-o", "camera:cam0.idle_stop=300ms", "-o", "camera:cam1.idle_stop=300ms")
        with Server(*options) as server:
            self.assertEqual(server.camera()["state"], "idle")
            self.assertEqual(server.get("/snapshot/cam0").status, 200)
            self.assertEqual(server.camera("cam0")["state"], "streaming")
            self.assertEqual(server.camera("cam1")["state"], "idle", "the other one was not asked for")
            server.wait_state("cam0", "idle")
            frames = server.camera()["frames"]
            time.sleep(0.3)
            self.assertEqual(server.camera()["frames"], frames, "an idle camera delivers nothing")
            self.assertEqual(server.get("/snapshot/cam0").status, 200)

    def test_snapshot_of_a_camera_that_does_not_work(self):
        with Server(cameras=("cam0=v4l2:/dev/video-none", "cam1=synthetic")) as server:
            begun = time.monotonic()
            answer = server.get("/snapshot/cam0")
            self.assertEqual(answer.status, 503)
            self.assertIn("video-none", answer.text)
            self.assertLess(time.monotonic() - begun, 2 * harness.PATIENCE, "not kept waiting")
            self.assertEqual(server.get("/snapshot/cam1").status, 200)


if __name__ == "__main__":
    harness.main()
