#!/usr/bin/env python3
"""Rare conduct of clients that libwebsockets alone does not deal with."""

import contextlib
import signal
import socket
import time
import unittest

import harness
from harness import Config, Server, eventually
from v4l2 import Cameras
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


class Eviction(unittest.TestCase):
    """A socket that is full to the brim gives no turn to send: such viewers are stalled as well."""

    OPTIONS = ("-o", "server.stall_timeout=1s", "-o", "server.send_buffer=64K")

    def test_frames_larger_than_the_buffer(self):
        large = "cam0=synthetic,size=1920x1080,fps=10,format=mjpeg,quality=95"
        with Server(*self.OPTIONS, "-o", "frames.max_frame=3M", cameras=(large,)) as server:
            with WebSocket(server) as good, server.connect(receive_buffer=2048) as stream:
                stream.sendall(STREAM)
                viewer = WebSocket(server, receive_buffer=2048)
                for _ in range(10):
                    self.assertGreater(len(good.receive_frame().jpeg), 65536)
                eventually(lambda: server.log.count("took nothing") == 2, 5, "both are cut off")
                viewer.abandon()
                self.assertEqual(len(server.status()["viewers"]), 1)

    def test_answers_that_are_not_read(self):
        with Server(*self.OPTIONS, cameras=SMALL) as server:
            viewer = WebSocket(server, receive_buffer=2048)
            viewer.socket.settimeout(0.5)
            # Its socket is full, or it was cut off already.
            with self.assertRaises((TimeoutError, ConnectionError)):
                while True:
                    viewer.send_text('{"action":"get_status"}')
            server.wait_log("took nothing", 5)
            server.wait_viewers(0)
            viewer.abandon()

    def check_idle_viewers(self, server, idle):
        """Two viewers that are sent no picture: the one that answers pings stays, the frozen one gives its place back."""
        with WebSocket(server, "/ws/video/cam0") as good:
            frozen = WebSocket(server, "/ws/video/cam0")
            idle(good)
            idle(frozen)
            good.socket.settimeout(0.1)
            begun, evicted_after = time.monotonic(), 0
            while time.monotonic() < begun + 5 * harness.PATIENCE:
                with contextlib.suppress(TimeoutError):
                    good.receive()
                if not evicted_after and len(server.status()["viewers"]) == 1:
                    evicted_after = time.monotonic() - begun
            self.assertGreater(evicted_after, 0.5, "at the earliest after stall_timeout")
            self.assertEqual([viewer["id"] for viewer in server.status()["viewers"]], [1])
            self.assertIn("twinlens_viewers_evicted_total 1\n", server.get("/metrics").text)
            harness.figure(f"a frozen viewer of nothing was evicted after {evicted_after:.1f} s of 3 s allowed")
            frozen.abandon()

    def test_viewers_of_nothing(self):
        def stop(viewer):
            viewer.send_text('{"action":"stop_camera","camera":"cam0"}')
            viewer.receive_text()

        with Server(*self.OPTIONS, cameras=SMALL) as server:
            self.check_idle_viewers(server, stop)

    def test_viewers_of_a_lost_camera(self):
        with Server(*self.OPTIONS, cameras=("cam0=v4l2:/dev/video-none", "cam1=synthetic")) as server:
            self.check_idle_viewers(server, lambda _: server.wait_state("cam0", "lost"))

    def test_streams_of_a_lost_camera(self):
        """A client that went away is not noticed by sending; one that is patient keeps its place."""
        with (
            Cameras({"/dev/video90": "yuyv"}) as fakes,
            fakes.server(*self.OPTIONS, cameras=("cam0=v4l2:/dev/video90",)) as server,
            server.connect() as patient,
        ):
            gone = server.connect()
            for connection in (patient, gone):
                connection.sendall(STREAM)
                self.assertGreater(receive_for(connection, 0.3), 1000)
            fakes.command("/dev/video90 disconnect")
            server.wait_state("cam0", "lost")
            receive_for(gone, 0.3)
            gone.close()
            server.wait_viewers(1)
            time.sleep(3)
            self.assertEqual([viewer["id"] for viewer in server.status()["viewers"]], [1])

    def test_a_camera_that_is_taken_away(self):
        text = "[server]\nlisten = 127.0.0.1:{}\nstall_timeout = 1s\nsend_buffer = 64K\n[frames]\nmax_frame = 3M\n"
        large = "[camera:cam1]\nsource = synthetic,size=1920x1080,fps=10,format=mjpeg,quality=95\n"
        small = "[camera:cam0]\nsource = synthetic,size=160x120\n"
        port = harness.free_port()
        config = Config(text.format(port) + small + large)
        with Server("-c", str(config), cameras=(), port=port, listen=False) as server:
            viewer = WebSocket(server, "/ws/video/cam1", receive_buffer=2048)
            server.wait_state("cam1", "streaming")
            time.sleep(0.3)
            config.write(text.format(port) + small)
            server.send_signal(signal.SIGHUP)
            eventually(lambda: "taken away" in server.log, 3, "reloaded")
            server.wait_viewers(0)
            viewer.abandon()


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
