#!/usr/bin/env python3
"""WebSocket frames and messages that no good client sends, and what they close the connection with."""

import contextlib
import json
import random
import struct
import time
import unittest

import harness
from harness import Server
from measure import Load, judge_once
from viewers import Crowd, longest_gap_ms
from websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Closed, Refused, WebSocket, frame_bytes, upgrade_bytes

SEED = 20240607
# Beside other tests on a busy machine; a server that waits for a bad client waits for seconds.
GAP_MAX_MS = 500


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--max-viewers", "8")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def setUp(self):
        self.before = Load()
        self.crowd = Crowd()
        self.viewer = self.crowd.add(self.server)
        self.crowd.run(0.3)
        self.viewer.restart()

    def tearDown(self):
        self.crowd.run(0.4)
        self.crowd.run_until(lambda: len(self.viewer.times) == 2)
        self.assertFalse(self.viewer.is_closed, "the good viewer was cut off")
        self.assertEqual(sorted(self.viewer.times), [0, 1])
        gap = max(longest_gap_ms(times[-8:]) for times in self.viewer.times.values())
        self.crowd.close()
        self.server.wait_viewers(0)
        is_good = harness.IS_SANITIZED or gap <= GAP_MAX_MS
        judge_once(self, is_good, f"gap {gap:.0f} ms", Load().others_since(self.before))

    def closes_with(self, codes, *frames, target="/ws/video"):
        """Sends raw frames; the server must close with one of the codes."""
        viewer = WebSocket(self.server, target)
        try:
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                for frame in frames:
                    viewer.send_raw(frame)
            code = viewer.wait_closed(3 * harness.PATIENCE)
            self.assertIn(code, codes, f"{frames[0][:40]!r}")
        finally:
            viewer.abandon()
        self.crowd.run(0.02)

    def test_binary(self):
        self.closes_with((1003,), frame_bytes(BINARY, b"hello"))
        self.closes_with((1003,), frame_bytes(BINARY, b""))
        self.closes_with((1003,), frame_bytes(BINARY, b"x" * 5000))
        self.closes_with((1003,), frame_bytes(BINARY, b"begin", fin=False))

    def test_too_big(self):
        for size in (4097, 5000, 65535, 65536, 300000, 3000000):
            with self.subTest(size):
                self.closes_with((1009,), frame_bytes(TEXT, b" " * size))
        parts = [frame_bytes(TEXT, b" " * 3000, fin=False), frame_bytes(CONTINUATION, b" " * 1097)]
        self.closes_with((1009,), *parts)
        many = [frame_bytes(TEXT, b" ", fin=False)] + [frame_bytes(CONTINUATION, b" " * 100, fin=False)] * 41
        self.closes_with((1009,), *many)

    def test_size_that_lies(self):
        """A head that announces what never comes must not reserve it."""
        head = bytes([0x81, 0xFF]) + struct.pack(">Q", 1 << 40) + b"\0\0\0\0"
        self.closes_with((1009,), head + b"x" * 100)

    def test_invalid_utf8(self):
        for data in (
            b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b'{"action":"\x80"}',
            b"\xf8\x88\x80\x80\x80", b'{"action":"ping","t":"\xc3"}',
        ):  # fmt: skip
            with self.subTest(data):
                self.closes_with((1007,), frame_bytes(TEXT, data))
        # Broken across two fragments.
        parts = [frame_bytes(TEXT, b'{"t":"\xe2\x82', fin=False), frame_bytes(CONTINUATION, b'"}')]
        self.closes_with((1007,), *parts)

    def test_valid_utf8_across_fragments(self):
        with WebSocket(self.server) as viewer:
            euro = '{"action":"ping","t":"\u20ac\U0001f600"}'.encode()
            for cut in range(1, len(euro)):
                viewer.send_frame(TEXT, euro[:cut], fin=False)
                viewer.send_frame(CONTINUATION, euro[cut:])
                self.assertEqual(json.loads(viewer.receive_text())["t"], "\u20ac\U0001f600")

    def test_protocol_errors(self):
        for name, frames in (
            ("reserved bit", [frame_bytes(TEXT, b"{}", reserved=4)]),
            ("reserved opcode 3", [frame_bytes(3, b"{}")]),
            ("reserved opcode 11", [frame_bytes(11, b"{}")]),
            ("continuation of nothing", [frame_bytes(CONTINUATION, b"{}")]),
            ("text within text", [frame_bytes(TEXT, b"{", fin=False), frame_bytes(TEXT, b"{}")]),
            ("fragmented ping", [frame_bytes(PING, b"x", fin=False)]),
        ):
            with self.subTest(name):
                self.closes_with((1002,), *frames)

    def test_sizes_that_cannot_be(self):
        """libwebsockets ends these without a close frame."""
        for name, frame in (
            ("ping of 126 bytes", frame_bytes(PING, b"x" * 126)),
            ("pong of 126 bytes", frame_bytes(PONG, b"x" * 126)),
            ("close of 126 bytes", frame_bytes(CLOSE, struct.pack(">H", 1000) + b"x" * 124)),
            ("64 bits", bytes([0x81, 0xFF]) + struct.pack(">Q", 1 << 63) + b"\0\0\0\0" + b"x" * 100),
        ):
            with self.subTest(name):
                self.closes_with((None,), frame)

    def test_unmasked(self):
        """libwebsockets keeps to itself whether a frame was masked: it is taken like any other."""
        with WebSocket(self.server) as viewer:
            viewer.send_frame(TEXT, b'{"action":"ping","id":1}', mask=False)
            answer = json.loads(viewer.receive_text())
            self.assertEqual((answer["status"], answer["id"]), ("success", 1))
            viewer.send_frame(PING, b"x", mask=False)
            while (message := viewer.receive())[0] != PONG:
                pass
            self.assertEqual(message[1], b"x")
        self.closes_with((1003,), frame_bytes(BINARY, b"x", mask=False))
        self.closes_with((1000,), frame_bytes(CLOSE, struct.pack(">H", 1000), mask=False))

    def test_header_smuggled_in_the_path(self):
        """An escaped newline must not end the request line: a foreign page could add an Origin of its choice."""
        own = f"127.0.0.1:{self.server.port}"
        for target in (
            f"/ws/video%0d%0aOrigin:%20http://{own}%0d%0aX:%20",
            f"/ws/video%0aOrigin:%20http://{own}%0aX:%20",
            f"/ws/video?camera=cam0%0d%0aOrigin:%20http://{own}%0d%0aX:%20",
        ):
            for headers in ([], [("Origin", "http://evil.example")]):
                with self.subTest(target), self.assertRaises((Refused, Closed)):
                    WebSocket(self.server, target, headers=headers).receive_frame()

    def test_close_frames(self):
        """A close is echoed; a code that nobody may send is answered 1002."""
        for code, answer in ((1000, 1000), (1001, 1001), (3000, 3000), (999, 1002), (1004, 1002), (1005, 1002), (2999, 1002)):
            with self.subTest(code):
                self.closes_with((answer,), frame_bytes(CLOSE, struct.pack(">H", code)))
        self.closes_with((3000,), frame_bytes(CLOSE, struct.pack(">H", 3000) + b"x" * 123))
        # Without a code, with half of one, or with a reason that is no UTF-8, the answer has none.
        for payload in (b"", b"\x03", struct.pack(">H", 1000) + b"\xff\xff"):
            with self.subTest(payload):
                self.closes_with((None,), frame_bytes(CLOSE, payload))

    def test_json_bombs(self):
        with WebSocket(self.server) as viewer:
            for text in (
                "[" * 4096,
                '{"a":' * 800,
                "[" * 2000 + "]" * 2000,
                '{"action":"ping","t":' + "[" * 1900 + "]" * 1900 + "}",
                '{"action":"ping","t":1e999}',
                '{"action":"ping","t":-1e999}',
                '{"action":"ping","t":' + "9" * 4000 + "}",
                '{"action":"ping","t":0.' + "1" * 4000 + "}",
                '{"action":"ping","t":1e-999999999}',
                '{"action":"ping","id":' + "1" * 400 + "}",
                '{"action":"ping","id":"' + "\\u0000" * 600 + '"}',
                '{"action":"' + "\\ud800" * 600 + '"}',
                '{"action":"' + "x" * 4000 + '"}',
                '{"action":"start_camera","camera":"' + "x" * 4000 + '"}',
                '{"action":"ping","action":"get_status"}',
                "{" + ",".join(f'"k{i}":{i}' for i in range(300)) + "}",
            ):
                with self.subTest(text[:40]):
                    viewer.send_text(text)
                    # Not parsed: Python's own parser gives up on what is nested so deeply.
                    self.assertRegex(viewer.receive_text(), r'"status":"(success|error)"')
            viewer.receive_frame()

    def test_questions_without_reading_answers(self):
        """A client that only asks cannot make the server keep its answers."""
        viewer = WebSocket(self.server, "/ws/video/cam1", receive_buffer=8192)
        viewer.send_text('{"action":"stop_camera","camera":"cam1"}')
        _, before = self.server.memory()
        question = frame_bytes(TEXT, b'{"action":"get_status"}') * 100
        viewer.socket.settimeout(0.3)
        sent, end = 0, time.monotonic() + 8
        with contextlib.suppress(TimeoutError, ConnectionError):
            while time.monotonic() < end and sent < 64 << 20:
                sent += viewer.socket.send(question)
                self.crowd.run(0.001)
        self.crowd.run(1)
        _, after = self.server.memory()
        harness.figure(f"questions without reading: {sent >> 10} KiB taken, memory {(after - before) / 1024:+.0f} KiB")
        if not harness.IS_SANITIZED:
            self.assertLess(after - before, 512 << 10)
        viewer.abandon()

    def test_random_bytes(self):
        random.seed(SEED)
        for _ in range(30):
            viewer = WebSocket(self.server)
            with contextlib.suppress(ConnectionError):
                viewer.send_raw(random.randbytes(random.randrange(1, 2000)))
            viewer.abandon()
            self.crowd.run(0.01)

    def test_mutated_frames(self):
        random.seed(SEED)
        good = frame_bytes(TEXT, b'{"action":"ping","t":1}') + frame_bytes(PING, b"x") + frame_bytes(TEXT, b"{}")
        for _ in range(60):
            data = bytearray(good)
            for _ in range(random.randrange(1, 4)):
                data[random.randrange(len(data))] = random.randrange(256)
            viewer = WebSocket(self.server)
            with contextlib.suppress(ConnectionError):
                viewer.send_raw(bytes(data))
            self.crowd.run(0.005)
            viewer.abandon()

    def test_data_with_the_upgrade(self):
        """A client that does not wait for the answer to its upgrade."""
        connection = self.server.connect()
        connection.sendall(upgrade_bytes("/ws/video", self.server.port, ("twinlens.v1",))
                           + frame_bytes(TEXT, b'{"action":"ping","id":1}'))
        seen, end = b"", time.monotonic() + 8
        while b'"id":1' not in seen and time.monotonic() < end:
            chunk = connection.recv(65536)
            self.assertTrue(chunk, "closed")
            seen = (seen + chunk)[-200000:] if b"101" in seen else seen + chunk
        self.assertIn(b'"id":1', seen)
        connection.close()

    def test_bad_upgrades(self):
        base = upgrade_bytes("/ws/video", self.server.port)
        key = base.split(b"Key: ")[1].split(b"\r\n")[0]
        for name, data, status in (
            ("no key", b"\r\n".join(line for line in base.split(b"\r\n") if b"-Key" not in line), 400),
            ("short key", base.replace(key, b"AAAA"), 400),
            ("version 7", base.replace(b"Version: 13", b"Version: 7"), 426),
            ("version 130", base.replace(b"Version: 13", b"Version: 130"), 426),
            ("no version", base.replace(b"Sec-WebSocket-Version: 13\r\n", b""), 426),
            ("POST", base.replace(b"GET", b"POST"), 405),
            ("HEAD", base.replace(b"GET", b"HEAD"), 405),
            ("TRACE", base.replace(b"GET", b"TRACE"), 405),
            ("HTTP/2.0", base.replace(b"HTTP/1.1", b"HTTP/2.0"), 505),
            ("unknown", base.replace(b"Upgrade: websocket", b"Upgrade: foo"), 403),
            ("long protocol", upgrade_bytes("/ws/video", self.server.port, ["x" * 3000]), 400),
            ("many protocols", upgrade_bytes("/ws/video", self.server.port, ["a"] * 60), 400),
            # Nothing of what follows depends on it.
            ("HTTP/1.0", base.replace(b"HTTP/1.1", b"HTTP/1.0"), 101),
        ):
            with self.subTest(name), self.server.connect() as connection:
                connection.sendall(data)
                answer = connection.recv(4096)
                self.assertEqual(int(answer[9:12]), status, answer[:200])

    def test_unknown_upgrade_on_a_kept_connection(self):
        """libwebsockets refuses it, and asks about it nevertheless, with a pointer to what it has freed."""
        with self.server.connect() as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(connection.recv(12), b"HTTP/1.1 200")
            while connection.recv(4096)[-3:] != b"ok\n":
                pass
            connection.sendall(upgrade_bytes("/ws/video", self.server.port).replace(b"websocket", b"foo"))
            answer = b""
            while chunk := connection.recv(4096):
                answer += chunk
            self.assertEqual(answer.count(b"HTTP/1.1 "), 1, answer)
            self.assertTrue(answer.startswith(b"HTTP/1.1 403"), answer)

    def test_handshake_that_never_ends(self):
        connections = [self.server.connect() for _ in range(8)]
        for connection in connections:
            connection.sendall(upgrade_bytes("/ws/video", self.server.port)[:-2])
        # They are no viewers yet, so they take no place.
        with WebSocket(self.server) as viewer:
            viewer.receive_frame()
        for connection in connections:
            connection.close()


if __name__ == "__main__":
    harness.main()
