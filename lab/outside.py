"""A viewer on this side of the forwarded port, with a WebSocket library that is not ours."""

import asyncio
import struct
import subprocess
import threading
import time
from typing import NamedTuple

import websockets


class Frame(NamedTuple):
    arrived: float  # seconds, time.monotonic()
    camera: int
    sequence: int
    width: int
    height: int
    jpeg: bytes


class Viewer:
    """Watches every camera from entry to exit, over one and the same connection."""

    def __init__(self, port):
        self.url = f"ws://127.0.0.1:{port}/ws/video?camera=all"
        self.frames = []
        self.close_code = None
        self.error = None
        self._ended = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        if not self._ended.is_set():
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)
        self._loop.close()

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
        self._task = self._loop.create_task(self._watch())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        finally:
            self._ended.set()

    async def _watch(self):
        try:
            async with websockets.connect(
                self.url,
                subprotocols=["twinlens.v1"],
                compression=None,
                max_size=1 << 22,
                max_queue=None,
                ping_interval=None,
                open_timeout=20,
                close_timeout=5,
            ) as connection:
                async for message in connection:
                    self._take(message)
                self.close_code = connection.close_code
        except websockets.ConnectionClosed as closed:
            self.close_code = closed.rcvd.code if closed.rcvd else 1006
        except (OSError, websockets.WebSocketException) as error:
            self.error = error

    def _take(self, message):
        if isinstance(message, str):
            return
        head = struct.unpack(">BBBBIQQHHI", message[:32])
        self.frames.append(Frame(time.monotonic(), head[2], head[4], head[7], head[8], message[32:]))


class Picture(NamedTuple):
    width: int
    height: int
    mean: float  # of the grey values of the upper rows
    warning: str  # what the decoder complained about


def decode(jpeg):
    """Decodes with djpeg, which is libjpeg-turbo's own; None when there is no picture in it."""
    done = subprocess.run(
        ["djpeg", "-grayscale", "-pnm"], input=jpeg, capture_output=True, timeout=10, check=False
    )
    if not done.stdout.startswith(b"P5"):
        return None
    _, size, _, pixels = done.stdout.split(b"\n", 3)
    width, height = map(int, size.split())
    upper = pixels[: width * height // 8]
    return Picture(width, height, sum(upper) / max(1, len(upper)), done.stderr.decode().strip())
