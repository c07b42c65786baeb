"""A server that sends what a script says, when it says so, and keeps what it did: the truth that load is held against.
And load itself."""

import base64
import hashlib
import json
import re
import select
import socket
import threading
import time
from typing import NamedTuple

from harness import run_twinlens
from websocket import BINARY, CLOSE, HEADER, PROTOCOL, TEXT, frame_bytes

# SOI, a frame header, a scan with some data, EOI.
PICTURE = b"\xff\xd8\xff\xc0\x00\x02\xff\xda\x00\x02" + bytes(5000) + b"\xff\xd9"


def run_load(*arguments, seconds=30, **kwargs):
    return run_twinlens("load", *map(str, arguments), seconds=seconds, **kwargs)


def load(url, *arguments, duration=2, **kwargs):
    """(exit status, the document)."""
    result = run_load(url, "--duration", f"{duration}s", "--json", *arguments, **kwargs)
    return result.returncode, json.loads(result.stdout)


class Picture(NamedTuple):
    """One that is sent so many seconds after the viewer came, having been taken so long before it is sent."""

    at: float
    age: float = 0.005
    camera: int = 0
    sequence: int = 0
    skipped: int = 0
    jpeg: bytes = PICTURE


class Sent(NamedTuple):
    """When it arrived is known to be between the two, in seconds of this machine's monotonic clock."""

    before: float
    after: float
    captured: float  # the same clock
    camera: int


class Scripted:
    """script: what each viewer is sent, pictures or bytes (at, raw); names: of the cameras, None for a server that
    answers no questions; protocol: None answers with bare pictures; ahead: of the server's clock, in seconds; stamp:
    how multipart tells when a picture was taken, None for not at all."""

    def __init__(self, script, names=("cam0",), protocol=PROTOCOL, ahead=0.0, stamp="{monotonic:.6f}"):
        self.script, self.names, self.protocol, self.ahead, self.stamp = script, names, protocol, ahead, stamp
        self.sent = []  # a list for each viewer; the first one only asks, when it comes over a WebSocket
        self.pings = 0
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.is_ending = False
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
            self.threads[-1].start()

    def _serve(self, connection):
        with connection:
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(4096)
            key = re.search(rb"Sec-WebSocket-Key: (\S+)", request)
            try:
                if key:
                    self._watch(connection, key[1])
                else:
                    self._stream(connection)
            except OSError:
                pass  # the viewer has left

    def _watch(self, connection, key):
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Accept: {accept}"]
        lines += [f"Sec-WebSocket-Protocol: {self.protocol}"] if self.protocol else []
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self._play(connection, self._message)

    def _stream(self, connection):
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=b\r\n\r\n--b\r\n")
        self._play(connection, self._part)

    def _message(self, picture, captured):
        if not self.protocol:
            return frame_bytes(BINARY, picture.jpeg, mask=False)
        us = [int((seconds + self.ahead) * 1e6) for seconds in (captured, captured + picture.age)]
        header = HEADER.pack(1, 1, picture.camera, 0, picture.sequence, *us, 640, 480, picture.skipped)
        return frame_bytes(BINARY, header + picture.jpeg, mask=False)

    def _part(self, picture, captured):
        lines = ["Content-Type: image/jpeg", f"Content-Length: {len(picture.jpeg)}"]
        if self.stamp:
            real = captured - time.monotonic() + time.time()
            lines.append(f"X-Timestamp: {self.stamp.format(monotonic=captured, real=real)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + picture.jpeg + b"\r\n--b\r\n"

    def _play(self, connection, pack):
        sent, begun = [], time.monotonic()
        self.sent.append(sent)
        for step in self.script:
            self._answer_until(connection, begun + step[0])
            if self.is_ending:
                return
            if not isinstance(step, Picture):
                connection.sendall(step[1])
                continue
            before = time.monotonic()
            captured = before - step.age
            connection.sendall(pack(step, captured))
            sent.append(Sent(before, time.monotonic(), captured, step.camera))
        self._answer_until(connection, time.monotonic() + 60)

    def _answer_until(self, connection, end):
        """Waits, and answers pings meanwhile."""
        while (left := end - time.monotonic()) > 0 and not self.is_ending:
            if select.select([connection], [], [], min(left, 0.5))[0]:
                data = connection.recv(4096)
                if not data:
                    raise OSError("closed")
                self._answer(connection, data)

    def _answer(self, connection, data):
        """Frames of a client: short, masked, and each in one piece."""
        while len(data) >= 6:
            size, key = data[1] & 0x7F, data[2:6]
            payload = bytes(byte ^ key[i % 4] for i, byte in enumerate(data[6 : 6 + size]))
            if data[0] & 0x0F == CLOSE:
                connection.sendall(frame_bytes(CLOSE, payload, mask=False))
                raise OSError("the viewer leaves")
            if data[0] & 0x0F == TEXT and self.names:
                answer = self._answer_to(json.loads(payload))
                connection.sendall(frame_bytes(TEXT, json.dumps(answer).encode(), mask=False))
            data = data[6 + size :]

    def _answer_to(self, request):
        if request["action"] == "ping":
            self.pings += 1
            return {**request, "server_us": int((time.monotonic() + self.ahead) * 1e6)}
        cameras = [{"name": name, "index": index} for index, name in enumerate(self.names)]
        return {**request, "status": "success", "data": {"cameras": cameras}}

    def url(self, path="", scheme="http"):
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.is_ending = True
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for thread in self.threads:
            thread.join(5)


def steady(fps, seconds, gaps=(), **kwargs):
    """So many pictures a second, but those within the gaps (from, to) are left out; they count as skipped by the server
    unless a gap has a third value that is true: then the camera itself stood still."""
    pictures, sequence, skipped = [], 0, 0
    for i in range(int(fps * seconds)):
        at = i / fps
        gap = next((gap for gap in gaps if gap[0] <= at < gap[1]), None)
        if gap is None:
            pictures.append(Picture(at, sequence=sequence, skipped=skipped, **kwargs))
        elif not gap[2:]:
            skipped += 1
        sequence += gap is None or not gap[2:]
    return pictures


class Truth:
    """What a viewer saw in a time, worked out from what was sent: as if each picture had arrived as early as it can
    have, or as late. Whatever the ages are, they are between those of the two."""

    def __init__(self, sent, begun, ended, is_late):
        came = [(picture.after if is_late else picture.before, picture) for picture in sent]
        shown = [picture for at, picture in came if at <= begun][-1:]
        arrivals = [(at, picture) for at, picture in came if begun < at <= ended]
        self.frames = len(arrivals)
        times = [begun, *(at for at, _ in arrivals), ended]
        # The age grows evenly from one arrival to the next: (lowest, highest) of each such time.
        captured = [picture.captured for picture in shown] or [begun]
        captured += [picture.captured for _, picture in arrivals]
        self.spans = [(a - c, b - c) for a, b, c in zip(times, times[1:], captured)]
        self.gap = max(high - low for low, high in self.spans)
        self.arrival_ages = sorted(at - picture.captured for at, picture in arrivals)

    def on_screen(self, share):
        """The age below which the picture on the screen was in that share of the time."""
        if share == 1:
            return max(high for _, high in self.spans)
        wanted = share * sum(high - low for low, high in self.spans)
        low, high = 0.0, max(high for _, high in self.spans)
        for _ in range(50):
            middle = (low + high) / 2
            younger = sum(min(max(middle - a, 0), b - a) for a, b in self.spans)
            low, high = (middle, high) if younger < wanted else (low, middle)
        return low

    def at_arrival(self, share):
        return self.arrival_ages[min(len(self.arrival_ages) - 1, int(share * len(self.arrival_ages)))]
