"""Viewers that measure. A Crowd is many in one thread, cheap enough not to disturb what they measure: pictures are
skipped, not kept. A Watcher is one in a thread of its own, which keeps every frame."""

import selectors
import socket
import struct
import threading
import time

from websocket import (
    BINARY, CLOSE, HEADER, PROTOCOL, Closed, Refused, WebSocket, close_code, parse_frame, parse_head
)

_CHUNK = bytearray(1 << 20)
_VIEW = memoryview(_CHUNK)


class Viewer:
    """One WebSocket viewer. times: camera index -> when each frame had arrived whole."""

    def __init__(self, server, target="/ws/video", protocols=(PROTOCOL,), receive_buffer=None):
        self.websocket = WebSocket(server, target, protocols, receive_buffer=receive_buffer)
        self.has_header = bool(protocols)
        self.socket = self.websocket.socket
        self.head = bytearray(self.websocket.buffer)
        self.rest = 0
        self.camera = None
        self.is_stalled = False
        self.is_closed = False
        self.close_code = None
        self.restart()

    def restart(self):
        """Forgets what was measured."""
        self.times = {}
        self.ages_us = []
        self.skipped = 0
        self.bytes = 0

    def read(self, limit=0):
        """Takes what is there, or no more than limit bytes."""
        try:
            count = self.socket.recv_into(_CHUNK, limit)
        except BlockingIOError:
            return
        except ConnectionResetError:
            count = 0
        if count == 0:
            self.is_closed = True
            return
        self.bytes += count
        self._feed(_VIEW[:count], time.monotonic())

    def _feed(self, data, now):
        while data:
            if self.rest:
                taken = min(self.rest, len(data))
                data = data[taken:]
                self.rest -= taken
                if self.rest == 0 and self.camera is not None:
                    self.times.setdefault(self.camera, []).append(now)
                continue
            # Never more than a header is gathered, so that pictures are not copied.
            taken = min(len(data), 14 + HEADER.size - len(self.head))
            if taken > 0:
                self.head += data[:taken]
                data = data[taken:]
            if not self._parse_head(now):
                if taken <= 0:
                    raise AssertionError("the header of a message does not end")
                return

    def _parse_head(self, now):
        """Begins a message when its head is there; what was gathered beyond the head is fed again."""
        head = self.head
        if not (parsed := parse_head(head)):
            return False
        _, opcode, size, at = parsed
        self.camera = None
        if opcode == BINARY:
            if self.has_header:
                if len(head) < at + HEADER.size:
                    return False
                fields = HEADER.unpack_from(head, at)
                self.camera = fields[2]
                self.skipped = fields[9]
                self.ages_us.append(now * 1e6 - fields[5])
            else:
                self.camera = 0
        elif opcode == CLOSE:
            self.close_code = close_code(head[at:])
        gathered = bytes(head[at:])
        self.head = bytearray()
        self.rest = size
        if gathered:
            self._feed(memoryview(gathered), now)
        elif size == 0:
            self.camera = None
        return True

    def close(self):
        self.websocket.abandon()


class Crowd:
    """Viewers that are read together."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.viewers = []

    def add(self, *args, **kwargs):
        viewer = Viewer(*args, **kwargs)
        viewer.socket.setblocking(False)
        self.selector.register(viewer.socket, selectors.EVENT_READ, viewer)
        self.viewers.append(viewer)
        return viewer

    def stall(self, viewer):
        """Stops reading it."""
        viewer.is_stalled = True
        self.selector.unregister(viewer.socket)

    def run(self, seconds):
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                key.data.read()
                if key.data.is_closed:
                    self.selector.unregister(key.fileobj)

    def run_until(self, condition, limit=5):
        """Reads until the condition holds, for limit seconds at most."""
        deadline = time.monotonic() + limit
        while not condition() and time.monotonic() < deadline:
            self.run(0.1)

    def restart(self):
        for viewer in self.viewers:
            viewer.restart()

    def close(self):
        for viewer in self.viewers:
            viewer.close()
        self.selector.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Watcher:
    """Watches every camera from entry to exit, over one and the same connection."""

    def __init__(self, server, target="/ws/video?camera=all"):
        self.server, self.target = server, target
        self.frames = []
        self.close_code = None
        self.error = None
        self._websocket = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        if self._websocket:
            try:
                self._websocket.send_frame(CLOSE, struct.pack(">H", 1000))
                self._websocket.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended
        self._thread.join(25)

    def of(self, camera, since=0.0):
        return [f for f in list(self.frames) if f.camera == camera and f.arrived >= since]

    def wait_frames(self, camera, count, seconds, since=0.0):
        """Waits for that many frames of the camera that arrive after `since`; tells if they came."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._ended.is_set():
            if len(self.of(camera, since)) >= count:
                return True
            time.sleep(0.05)
        return len(self.of(camera, since)) >= count

    def wait_end(self, seconds):
        return self._ended.wait(seconds)

    def longest_gap(self, camera, since, until):
        """The longest time in the interval without a frame of this camera, in seconds."""
        times = [f.arrived for f in self.of(camera, since) if f.arrived <= until]
        edges = [since, *times, until]
        return max(b - a for a, b in zip(edges, edges[1:]))

    def _run(self):
        try:
            with WebSocket(self.server, self.target, seconds=20) as self._websocket:
                # A server without frames to send is silent for long, and that is for the caller to judge.
                self._websocket.socket.settimeout(None)
                while True:
                    kind, payload = self._websocket.receive()
                    if kind == BINARY:
                        self.frames.append(parse_frame(payload))
        except Closed as closed:
            self.close_code = closed.code
        except (OSError, Refused, AssertionError) as error:
            self.error = error
        finally:
            self._ended.set()


def rate(times, seconds):
    return len(times) / seconds


def longest_gap_ms(times):
    return max((b - a) * 1000 for a, b in zip(times, times[1:]))


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
