#!/usr/bin/env python3
"""Requests that no good client sends: refused or closed, and nobody else is disturbed."""

import contextlib
import os
import socket
import time
import unittest

import harness
from harness import Server, eventually
from v4l2 import Cameras
from viewers import Crowd, longest_gap_ms
from websocket import WebSocket, is_open

# Beside other tests on a busy machine; a server that waits for a bad client waits for seconds.
GAP_MAX_MS = 500

# Connections that may be there, and those of them that are not for viewers; as the server has it by default.
PLACES, OTHERS = 36, 32

# What a malformed request may be answered with; None is a close without an answer.
REFUSED = (None, 400, 403, 404, 405, 413, 414, 431, 501, 505)


def exchange(server, data, seconds=8):
    """Sends bytes and reads the answer to its end: (status or None, all of it)."""
    with server.connect(seconds) as connection:
        answer = b""
        # The server may close before it has read everything.
        with contextlib.suppress(ConnectionError, OSError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                answer += chunk
                if len(answer) > 4 << 20:
                    raise AssertionError("an answer without an end")
    if not answer:
        return None, answer
    return int(answer.split(b" ", 2)[1]), answer


def get(target, version=b"HTTP/1.1", headers=b""):
    return b"GET " + target + b" " + version + b"\r\nHost: x\r\n" + headers + b"Connection: close\r\n\r\n"


class Hostile(unittest.TestCase):
    """All against one server, with a good viewer watching throughout."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--max-viewers", "8")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def setUp(self):
        self.crowd = Crowd()
        self.viewer = self.crowd.add(self.server)
        self.crowd.run(0.3)
        self.viewer.restart()

    def tearDown(self):
        # One more second, to see what the request left behind.
        self.crowd.run(0.5)
        self.crowd.run_until(lambda: len(self.viewer.times) == 2)
        self.assertFalse(self.viewer.is_closed, "the good viewer was cut off")
        self.assertEqual(sorted(self.viewer.times), [0, 1])
        if not harness.IS_SANITIZED:
            for times in self.viewer.times.values():
                self.assertLessEqual(longest_gap_ms(times[-10:]), GAP_MAX_MS)
        self.crowd.close()
        self.server.check_alive()
        self.assertEqual(self.server.get("/healthz").status, 200)

    def refused(self, data, allowed=REFUSED):
        status, answer = exchange(self.server, data)
        self.assertIn(status, allowed, f"{data[:80]!r}: {answer[:200]!r}")
        self.crowd.run(0.02)

    def test_malformed(self):
        for data in (
            b"\r\n\r\n",
            b"\0\0\0\0",
            b"GET\r\n\r\n",
            b"GET /\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET / JUNK/1.1\r\n\r\n",
            b"FROBNICATE / HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET / HTTP/1.1\r\nno colon here\r\n\r\n" + b"x" * 100,
            b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET nothing HTTP/1.1\r\nHost: x\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(200),  # TLS
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\xff" * 3000,
            os.urandom(20000),
            b"GET /" + b"\xff\xfe" * 20 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        ):
            with self.subTest(data[:30]):
                # "GET / HTTP/9.9" may be served as the nearest version it knows.
                self.refused(data, (*REFUSED, 200) if b"GET /" in data[:5] else REFUSED)

    def test_traversal(self):
        for target in (
            b"/../etc/passwd", b"/../../../../etc/passwd", b"/%2e%2e/%2e%2e/etc/passwd", b"/..%2f..%2fetc%2fpasswd",
            b"//etc/passwd", b"/./../etc/passwd", b"/snapshot/../../etc/passwd", b"/etc/passwd", b"/%2fetc%2fpasswd",
            b"/..\\..\\etc\\passwd", b"/index.html/../../etc/passwd",
        ):  # fmt: skip
            with self.subTest(target):
                status, answer = exchange(self.server, get(target))
                self.assertIn(status, (None, 400, 403, 404))
                self.assertNotIn(b"root:", answer)

    def test_escapes(self):
        for target in (
            b"/%00", b"/%", b"/%zz", b"/%4", b"/snapshot/cam0%00", b"/snapshot/%00cam0", b"/snapshot/" + b"%41" * 500,
            b"/snapshot/cam0%0d%0aX-Evil:%201", b"/%0d", b"/%0a", b"/\0", b"/snapshot/cam0\0x", b"/%ff%fe",
            b"/?action=%00", b"/?action=snapshot%00_1", b"/?" + b"&" * 900, b"/?" + b"=" * 900, b"/?action=%",
        ):  # fmt: skip
            with self.subTest(target[:40]):
                status, answer = exchange(self.server, get(target))
                # The page ignores what it does not know behind the "?", and the parser a NUL at the end.
                is_page = target.startswith(b"/?") or target in (b"/%00", b"/\0")
                allowed = (None, 200, 400, 403, 404) if is_page else (None, 400, 403, 404)
                self.assertIn(status, allowed, answer[:200])
                self.assertNotIn(b"\r\nX-Evil", answer)

    def test_escaped_name_works(self):
        status, _ = exchange(self.server, get(b"/snapshot/%63am0"))
        self.assertEqual(status, 200)

    def test_oversized(self):
        for data in (
            get(b"/" + b"a" * 8000),
            get(b"/" + b"a" * 100000),
            get(b"/?camera=" + b"a" * 3000),
            get(b"/", headers=b"X-Long: " + b"a" * 8000 + b"\r\n"),
            get(b"/", headers=b"X-Long: " + b"a" * 200000 + b"\r\n"),
            get(b"/", headers=b"Cookie: " + b"a" * 70000 + b"\r\n"),
            get(b"/", headers=b"".join(b"X-%d: %d\r\n" % (i, i) for i in range(5000))),
            b"GET / HTTP/1.1\r\n" + b"A" * 300000,
            b"G" * 300000,
        ):
            with self.subTest(f"{data[:30]} ({len(data)} bytes)"):
                # Unknown headers may be skipped without being kept, so a plain answer is fine as well.
                self.refused(data, (*REFUSED, 200))

    def test_body_on_get(self):
        self.refused(b"GET /api/status HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
                     (200, 400, 413))
        self.refused(b"POST /api/status HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nx",
                     (None, 400, 405, 413))
        self.refused(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
                     (None, 400, 405, 411, 413, 501))
        self.refused(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", (None, 400, 405))

    def test_pipelined(self):
        two = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        _, answer = exchange(self.server, two + get(b"/api/cameras"))
        self.assertEqual(answer.count(b"HTTP/1.1 200"), 2, answer[:600])
        status, _ = exchange(self.server, two + os.urandom(3000))
        self.assertEqual(status, 200, "the good request before the garbage")

    def test_garbage_after_a_stream_began(self):
        with self.server.connect() as connection:
            connection.sendall(b"GET /stream/cam0 HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertIn(b"200", connection.recv(100))
            with contextlib.suppress(OSError):
                connection.sendall(b"GET / HTTP/1.1\r\n\r\n" * 2000 + os.urandom(100000))
                end = time.monotonic() + 1
                while time.monotonic() < end and connection.recv(65536):
                    pass
        self.server.wait_viewers(1)

    def test_abandoned(self):
        """Clients that go away in the middle of things."""
        for data in (b"", b"GET", get(b"/snapshot/cam0"), get(b"/stream/cam0"), get(b"/")):
            for _ in range(5):
                connection = self.server.connect()
                connection.sendall(data)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.close()
                self.crowd.run(0.005)
        self.server.wait_viewers(1)


class Slow(unittest.TestCase):
    def test_requests_that_never_end(self):
        """Ten clients send a byte now and then, ten nothing at all: fewer than there are places."""
        with Server() as server, Crowd() as crowd:
            viewer = crowd.add(server)
            crowd.run(0.5)
            viewer.restart()
            silent = [server.connect() for _ in range(10)]
            slow = [server.connect() for _ in range(10)]
            begun = time.monotonic()
            letters = iter(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Slow: 1\r\n" * 20)
            longest = 0.0
            while any(is_open(connection) for connection in silent + slow):
                self.assertLess(time.monotonic() - begun, 40, "slow clients are kept")
                letter = bytes([next(letters)])
                for connection in slow:
                    with contextlib.suppress(OSError):
                        connection.sendall(letter)
                asked = time.monotonic()
                self.assertEqual(server.get("/healthz").status, 200)
                longest = max(longest, time.monotonic() - asked)
                crowd.run(0.3)
            harness.figure(f"slow requests: all closed after {time.monotonic() - begun:.1f} s, "
                           f"another client waited {longest * 1000:.0f} ms at most")
            self.assertFalse(viewer.is_closed)
            if not harness.IS_SANITIZED:
                for times in viewer.times.values():
                    self.assertLessEqual(longest_gap_ms(times), GAP_MAX_MS)

    def test_silent_clients_keep_nobody_out(self):
        """They have all places, and take them again when they lose them; whoever asks is served."""
        with Server() as server, Crowd() as crowd:
            viewer = crowd.add(server)
            crowd.run(0.5)
            viewer.restart()
            longest, count, before = 0.0, 0, []
            end = time.monotonic() + 3
            while time.monotonic() < end:
                silent = [server.connect() for _ in range(PLACES)]
                asked = time.monotonic()
                self.assertEqual(server.get("/healthz").status, 200)
                with WebSocket(server) as newcomer:
                    newcomer.receive_frame()
                longest = max(longest, time.monotonic() - asked)
                # Those that have waited longest lose their places.
                are_open = [is_open(connection) for connection in before + silent]
                self.assertEqual(sorted(are_open), are_open)
                self.assertFalse(any(are_open[: len(before)]))
                self.assertGreater(sum(are_open), OTHERS - 5)
                for connection in before:
                    connection.close()
                count, before = count + len(silent), silent
                crowd.run(0.1)
            harness.figure(f"{count} silent clients on {PLACES} places: others waited {longest * 1000:.0f} ms at most")
            self.assertLess(longest, 1.0 * harness.PATIENCE)
            self.assertFalse(viewer.is_closed)
            for connection in before:
                connection.close()

    def test_kept_connections_keep_nobody_out(self):
        """An answered request gives no right to a place."""
        with Server() as server, contextlib.ExitStack() as stack:
            kept = [stack.enter_context(server.connect()) for _ in range(PLACES)]
            for connection in kept:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertEqual(connection.recv(12), b"HTTP/1.1 200")
            self.assertEqual(server.get("/healthz").status, 200)

    def test_places_that_are_in_use(self):
        """Who has a request under way is not dropped for a new one, which is told to come again."""
        cameras = ("cam0=v4l2:/dev/video90",)
        with (
            Cameras({"/dev/video90": "yuyv"}) as fakes,
            fakes.server(cameras=cameras) as server,
            contextlib.ExitStack() as stack,
        ):
            fakes.command("/dev/video90 freeze")
            waiting = [stack.enter_context(server.connect()) for _ in range(PLACES)]
            for connection in waiting:
                connection.sendall(b"GET /snapshot/cam0 HTTP/1.1\r\nHost: x\r\n\r\n")
            # There is no place left to ask whether the server has read them all.
            time.sleep(0.3 * harness.PATIENCE)
            answer = server.get("/healthz")
            self.assertEqual((answer.status, answer.headers["retry-after"]), (503, "5"))
            fakes.command("/dev/video90 thaw")
            for connection in waiting:
                self.assertEqual(connection.recv(12), b"HTTP/1.1 200")

    def test_more_connections_than_places(self):
        """Three hundred idle connections: their number is bounded, and the good viewer does not notice."""
        with Server() as server, Crowd() as crowd:
            viewer = crowd.add(server)
            crowd.run(0.5)
            before = server.count_fds()
            connections = []
            for _ in range(300):
                connection = socket.socket()
                connection.setblocking(False)
                connections.append(connection)
                with contextlib.suppress(BlockingIOError):
                    connection.connect(("127.0.0.1", server.port))
                crowd.run(0.001)
            viewer.restart()
            cpu, told = server.cpu_seconds(), len(server.lines)
            crowd.run(2)
            cpu, told = server.cpu_seconds() - cpu, len(server.lines) - told
            held = server.count_fds()
            harness.figure(f"300 idle connections: the server holds {held - before} of them, and takes "
                           f"{cpu / 2 * 100:.0f}% of a core and {told} lines of log in 2 s")
            self.assertLessEqual(held - before, 100, "the number of connections is bounded")
            self.assertLess(told, 20, "the log is not flooded")
            if not harness.IS_SANITIZED:
                self.assertLess(cpu, 0.6, "it does not spin")
            self.assertFalse(viewer.is_closed)
            self.assertGreater(len(viewer.times[0]), 10)
            self.assertEqual(server.get("/healthz").status, 200)
            for connection in connections:
                connection.close()
            with Crowd() as late:
                newcomer = late.add(server)
                late.run_until(lambda: len(newcomer.times) == 2)
                self.assertEqual(sorted(newcomer.times), [0, 1])
            eventually(lambda: server.count_fds() <= before + 1, 10, "the descriptors are given back")


if __name__ == "__main__":
    harness.main()
