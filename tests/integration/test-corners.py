#!/usr/bin/env python3
"""Rare conduct of clients that libwebsockets alone does not deal with."""

import signal
import socket
import time
import unittest

import harness
from harness import Config, Server, eventually
from measure import measured
from websocket import BINARY, Closed, WebSocket

SMALL = (
    "cam0=synthetic,size=160x120,fps=10,format=mjpeg",
    "cam1=synthetic,size=160x120,fps=10,format=mjpeg",
)
STREAM = b"GET /stream/cam0 HTTP/1.1\r\nHost: x\r\n\r\n"


def receive_for(connection, seconds):
    """How many bytes arrive in a time."""
    size, end = 0, time.monotonic() + seconds
    connection.settimeout(0.1)
    while (left := end - time.monotonic()) > 0:
        connection.settimeout(left)
        try:
            data = connection.recv(65536)
        except TimeoutError:
            break
        if not data:
            break
        size += len(data)
    return size


class Input(unittest.TestCase):
    """What arrives while a stream goes out is of no interest, and costs nothing."""

    def check_rests(self, disturb):
        with Server(cameras=SMALL) as server, server.connect() as connection:
            connection.sendall(STREAM)
            self.assertGreater(receive_for(connection, 0.5), 1000)
            disturb(connection)
            cpu = server.cpu_seconds()
            self.assertGreater(receive_for(connection, 2), 5000, "the stream goes on")
            cpu = server.cpu_seconds() - cpu
            self.assertLess(cpu, 0.4, "CPU seconds in 2 s: the loop does not rest")

    def test_more_on_a_stream(self):
        self.check_rests(lambda connection: connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))

    def test_half_closed_stream(self):
        self.check_rests(lambda connection: connection.shutdown(socket.SHUT_WR))


class Answers(unittest.TestCase):
    def test_answers_that_are_not_fetched(self):
        """They give their places back: there is one for each viewer and 32 more."""
        large = "cam0=synthetic,size=1920x1080,fps=10,format=mjpeg,quality=95"
        with Server("-o", "server.send_buffer=64K", "-o", "frames.max_frame=3M", cameras=(large,)) as server:
            connections = [server.connect(receive_buffer=2048) for _ in range(20)]
            for connection in connections:
                connection.sendall(b"GET /snapshot/cam0 HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertEqual(connection.recv(12), b"HTTP/1.1 200")
            before = server.count_fds()
            eventually(lambda: server.count_fds() <= before - 20, 30, "all of them are closed")


class Ending(unittest.TestCase):
    def test_nothing_behind_a_close_frame(self):
        with Server(cameras=SMALL) as server:
            viewer = WebSocket(server)
            viewer.receive_frame(0)
            viewer.send_frame(BINARY, b"x")
            self.assertEqual(viewer.wait_closed(), 1003)
            viewer.send_frame(BINARY, b"x")
            # The close is not answered: the server ends it by itself.
            self.assertRaisesRegex(Closed, "None", viewer.receive)
            viewer.abandon()
            server.wait_viewers(0)

    def test_a_close_frame_that_is_not_taken(self):
        """Nobody waits for it longer than for its answer."""
        large = "cam0=synthetic,size=1920x1080,fps=10,format=mjpeg,quality=95"
        options = ("-o", "server.stall_timeout=60s", "-o", "server.send_buffer=64K", "-o", "frames.max_frame=3M")
        with Server(*options, cameras=(large,)) as server:
            viewer = WebSocket(server, receive_buffer=2048)
            eventually(lambda: server.status()["viewers"][0]["skipped"] > 3, 5, "its socket is full")
            viewer.send_frame(BINARY, b"x")
            server.wait_viewers(0, 8)
            viewer.abandon()

    @measured
    def test_end_without_frames(self):
        """Nothing wakes the loop but the time that viewers have to answer the close."""
        with Server(cameras=("cam0=v4l2:/dev/video-none", "cam1=synthetic")) as server:
            viewer = WebSocket(server, "/ws/video/cam0")
            server.wait_state("cam0", "lost")
            self.assertLess(server.stop(), 1.0 * harness.PATIENCE)
            viewer.abandon()


class Listening(unittest.TestCase):
    TEXT = "[server]\nlisten = {}:{}\n[camera:cam0]\nsource = synthetic,size=160x120\n"

    def test_the_same_port_of_another_address(self):
        """From loopback to every address and back is what people change most; a taken port is still told."""
        port = harness.free_port()
        config = Config(self.TEXT.format("127.0.0.1", port))
        with (
            Server("-c", str(config), cameras=(), port=port, listen=False) as server,
            WebSocket(server) as viewer,
            socket.create_server(("127.0.0.1", 0)) as other,
        ):
            for number, address in enumerate(("0.0.0.0", "127.0.0.1"), 1):
                config.write(self.TEXT.format(address, port))
                server.send_signal(signal.SIGHUP)
                eventually(lambda: server.log.count("read again") == number, 3, f"listening on {address}")
                viewer.receive_frame()
            config.write(self.TEXT.format("127.0.0.1", other.getsockname()[1]))
            server.send_signal(signal.SIGHUP)
            server.wait_log("in use.*stays as it was")
            self.assertEqual(server.get("/healthz").status, 200)
            second = harness.run_twinlens("serve", "-c", "/dev/null", "--listen", f"127.0.0.1:{port}")
            self.assertEqual(second.returncode, 1)
            self.assertIn("in use", second.stderr)


if __name__ == "__main__":
    harness.main()
