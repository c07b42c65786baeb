#!/usr/bin/env python3
"""Requests that no good client sends: refused or closed, and nobody else is disturbed."""

import contextlib
import random
import re
import socket
import time
import unittest

import harness
from harness import Server, eventually
from measure import Load, judge_once, measured
from v4l2 import Cameras
from viewers import Crowd, longest_gap_ms
from websocket import WebSocket, is_open

# Beside other tests on a busy machine; a server that waits for a bad client waits for seconds.
GAP_MAX_MS = 500

# Connections that may be there, and those of them that are not for viewers; as the server has it by default.
PLACES, OTHERS = 36, 32

GARBAGE = random.Random(20240607).randbytes(20000)


def exchange(server, data, seconds=8):
    """Sends bytes and reads what comes to its end: (statuses of the answers, all of it)."""
    with server.connect(seconds) as connection:
        # The server may close before it has read everything; its answer is there all the same.
        with contextlib.suppress(OSError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        answer = read_all(connection)
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)], answer


def read_all(connection):
    answer = b""
    with contextlib.suppress(ConnectionError):
        while chunk := connection.recv(65536):
            answer += chunk
            if len(answer) > 4 << 20:
                raise AssertionError("an answer without an end")
    return answer


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
        self.before = Load()
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
        gap = max(longest_gap_ms(times[-10:]) for times in self.viewer.times.values())
        self.crowd.close()
        self.server.check_alive()
        self.assertEqual(self.server.get("/healthz").status, 200)
        is_good = harness.IS_SANITIZED or gap <= GAP_MAX_MS
        judge_once(self, is_good, f"gap {gap:.0f} ms", Load().others_since(self.before))

    def answers(self, *cases):
        """Each request is answered with these statuses; none of them: the connection is closed."""
        for data, *statuses in cases:
            with self.subTest(f"{data[:40]} ({len(data)} bytes)"):
                seen, answer = exchange(self.server, data)
                self.assertEqual(seen, statuses, answer[:300])
                self.assertNotIn(b"root:", answer)
                self.assertNotIn(b"\r\nX-Evil", answer)
            self.crowd.run(0.02)

    def test_malformed(self):
        self.answers(
            (b"\0\0\0\0", 400),
            (b"GET\r\n\r\n", 400),
            (b"GET /\r\n\r\n", 400),
            (b"GET / HTTP/9.9\r\n\r\n", 505),
            (b"GET / HTTP/2.0\r\n\r\n", 505),
            (b"GET / JUNK/1.1\r\n\r\n", 505),
            (b"FROBNICATE /\r\n\r\n", 400),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + GARBAGE[:200], 400),  # TLS
            (b"\xff" * 3000, 400),
            (b"G" * 300000, 400),
            (GARBAGE, 400),
            # What libwebsockets gives up without a word.
            (b"\r\n\r\n",),
            (b"GET / HTTP/1.1\r\nno colon here\r\n\r\n",),
        )

    def test_targets_that_are_no_path(self):
        """libwebsockets refuses them before anybody is asked."""
        self.answers(
            (get(b"http://x/healthz"), 403),
            (get(b"http://[::1"), 403),
            (get(b"nothing"), 403),
            (get(b"*"), 403),
            (get(b"/%"), 403),
            (get(b"/%zz"), 403),
            (get(b"/%4"), 403),
            (get(b"/?action=%"), 403),
        )

    def test_wrong_methods(self):
        end = b" HTTP/1.1\r\nHost: x\r\n\r\n"
        for method in (b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"PROPFIND", b"FROBNICATE", b"PRI"):
            self.answers((method + b" /" + end, 405), (method + b" /healthz" + end, 405))
        self.answers((b"CONNECT x:443" + end, 405))
        _, answer = exchange(self.server, b"TRACE /" + end)
        self.assertIn(b"\r\nAllow: GET, HEAD\r\n", answer)

    def test_traversal(self):
        self.answers(*((get(target), 404) for target in (
            b"/../etc/passwd", b"/../../../../etc/passwd", b"/%2e%2e/%2e%2e/etc/passwd", b"/..%2f..%2fetc%2fpasswd",
            b"//etc/passwd", b"/./../etc/passwd", b"/snapshot/../../etc/passwd", b"/etc/passwd", b"/%2fetc%2fpasswd",
            b"/..\\..\\etc\\passwd", b"/index.html/../../etc/passwd",
        )))  # fmt: skip

    def test_escapes(self):
        self.answers(
            (get(b"/snapshot/%63am0"), 200),
            (get(b"/snapshot/%00cam0"), 404),
            (get(b"/%ff%fe"), 404),
            (get(b"/" + b"\xff\xfe" * 20), 404),
            # An escaped end of line ends the request line before its version.
            (get(b"/snapshot/cam0%0d%0aX-Evil:%201"), 400),
            (get(b"/%0d"), 400),
            (get(b"/%0a"), 400),
            # libwebsockets lets a NUL pass right behind a slash, and else gives up.
            (get(b"/%00"), 200),
            (get(b"/\0"), 200),
            (get(b"/snapshot/cam0%00"),),
            (get(b"/snapshot/cam0\0x"),),
            (get(b"/?action=%00"),),
            (get(b"/?action=snapshot%00_1"),),
            (get(b"/?" + b"=" * 900), 200),
        )

    def test_oversized(self):
        long = b"a" * 1024
        self.answers(
            (get(b"/" + long[:254]), 404),
            (get(b"/" + long[:255]), 414),
            (get(b"/snapshot/" + b"%41" * 500), 414),
            (get(b"/" + long * 5), 414),
            (get(b"/" + long * 100), 414),
            (get(b"/?" + long), 200),
            (get(b"/?" + long + b"a"), 414),
            (get(b"/?camera=" + long * 3), 414),
            (b"POST /" + long * 5 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
            (get(b"/", headers=b"X-Long: " + long + b"\r\n"), 200),
            (get(b"/", headers=b"Cookie: " + long * 70 + b"\r\n"), 200),
            # More than libwebsockets keeps of a request: it closes without a word.
            (get(b"/", headers=b"X-Long: " + long * 8 + b"\r\n"),),
            (get(b"/", headers=b"X-Long: " + long * 200 + b"\r\n"),),
            (get(b"/", headers=b"".join(b"X-%d: %d\r\n" % (i, i) for i in range(5000))),),
            (get(b"/?" + b"&" * 900),),
            (b"GET / HTTP/1.1\r\n" + b"A" * 300000,),
        )

    def test_bodies(self):
        self.answers(
            (get(b"/api/cameras", headers=b"Content-Length: 5\r\n") + b"hello", 200),
            (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nx", 405),
            (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 405),
            (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 405),
        )

    def test_pipelined(self):
        """What follows a good request is judged as if it came alone."""
        good = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        self.answers(
            (good + get(b"/api/cameras"), 200, 200),
            (good + b"TRACE / HTTP/1.1\r\n\r\n", 200, 405),
            (good + b"GET / HTTP/9.9\r\n\r\n", 200, 505),
            (good + get(b"/" + b"a" * 2000), 200, 414),
            (good + GARBAGE[:3000], 200, 400),
        )

    def test_garbage_after_a_stream_began(self):
        with self.server.connect() as connection:
            connection.sendall(b"GET /stream/cam0 HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertIn(b"200", connection.recv(100))
            with contextlib.suppress(OSError):
                connection.sendall(b"GET / HTTP/1.1\r\n\r\n" * 2000 + GARBAGE * 5)
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
    @measured
    def test_requests_that_never_end(self):
        """Ten clients send a byte now and then, ten nothing at all: fewer than there are places."""
        with Server() as server, Crowd() as crowd:
            viewer = crowd.add(server)
            crowd.run(0.5)
            viewer.restart()
            silent = [server.connect() for _ in range(10)]
            slow = [server.connect() for _ in range(10)]
            begun = time.monotonic()
            longest = 0.0
            for letter in b"GET / HTTP/1.1\r\nX-S":
                for connection in slow:
                    with contextlib.suppress(OSError):
                        connection.sendall(bytes([letter]))
                asked = time.monotonic()
                self.assertEqual(server.get("/healthz").status, 200)
                longest = max(longest, time.monotonic() - asked)
                crowd.run(0.3)
            for connection in silent + slow:
                self.assertTrue(read_all(connection).startswith(b"HTTP/1.1 408 Request Timeout\r\n"))
                connection.close()
            harness.figure(f"slow requests: another client waited {longest * 1000:.0f} ms at most")
            self.assertGreater(time.monotonic() - begun, 5)
            self.assertFalse(viewer.is_closed)
            if not harness.IS_SANITIZED:
                for times in viewer.times.values():
                    self.assertLessEqual(longest_gap_ms(times), GAP_MAX_MS)

    @measured
    def test_limit_of_a_request(self):
        """A request that does not end is answered after 5 s; one that is complete may take longer to answer."""
        with Server() as server, server.connect() as connection, server.connect() as stream:
            begun = time.monotonic()
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
            stream.sendall(b"GET /stream/cam1 HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertIn(b" 408 ", read_all(connection)[:20])
            self.assertAlmostEqual(time.monotonic() - begun, 5, delta=0.5 * harness.PATIENCE)
            server.wait_viewers(1)

    @measured
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

    @measured
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
