"""A small WebSocket client (RFC 6455) that can also do what no good client does. The tests, the lab and the viewers of
viewers.py all speak through it."""

import base64
import collections
import os
import select
import socket
import struct
import time

HEADER = struct.Struct(">BBBBIQQHHI")
Frame = collections.namedtuple(
    "Frame", "version type camera flags sequence captured_us sent_us width height skipped jpeg arrived"
)
PROTOCOL = "twinlens.v1"

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class Refused(Exception):
    """The server answered the upgrade with something else."""

    def __init__(self, status, headers, body):
        super().__init__(f"status {status}: {body!r}")
        self.status = status
        self.headers = headers
        self.body = body


class Closed(Exception):
    """The connection ended. code is None when no close frame was seen."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed with {code} {reason!r}")
        self.code = code
        self.reason = reason


def parse_frame(payload):
    """A message of the twinlens.v1 subprotocol."""
    return Frame(*HEADER.unpack_from(payload), payload[HEADER.size :], time.monotonic())


def frame_bytes(opcode, payload, fin=True, mask=True, reserved=0):
    head = bytearray([(0x80 if fin else 0) | reserved << 4 | opcode])
    bit = 0x80 if mask else 0
    if len(payload) < 126:
        head.append(bit | len(payload))
    elif len(payload) < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", len(payload))
    if not mask:
        return bytes(head) + payload
    key = os.urandom(4)
    repeated = (key * (len(payload) // 4 + 1))[: len(payload)]
    masked = (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")
    return bytes(head) + key + masked


def upgrade_bytes(target, port, protocols=(), headers=()):
    lines = [
        f"GET {target} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
    ]
    if protocols:
        lines.append(f"Sec-WebSocket-Protocol: {', '.join(protocols)}")
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def parse_head(data):
    """The head of a frame: (whether it is the last of its message, opcode, payload size, size of the head); None when
    there is not enough of it."""
    if len(data) < 2:
        return None
    size, end = data[1] & 0x7F, 2
    if size >= 126:
        form = ">H" if size == 126 else ">Q"
        end += struct.calcsize(form)
        if len(data) < end:
            return None
        size = struct.unpack_from(form, data, 2)[0]
    if data[1] & 0x80:
        raise AssertionError("the server masked a frame")
    return bool(data[0] & 0x80), data[0] & 0x0F, size, end


def close_code(payload):
    """Of a close frame; None when it has none."""
    return struct.unpack_from(">H", payload)[0] if len(payload) >= 2 else None


class Port:
    """A server of which only the port on this machine is known."""

    def __init__(self, port):
        self.port = port

    def connect(self, seconds=8, receive_buffer=None):
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(seconds)
        connection.connect(("127.0.0.1", self.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


class WebSocket:
    """server: a Port, or what has its port and connect()."""

    def __init__(self, server, target="/ws/video", protocols=(PROTOCOL,), headers=(), seconds=8, receive_buffer=None):
        self.socket = server.connect(seconds, receive_buffer)
        self.buffer = bytearray()
        self.seconds = self.socket.gettimeout()
        try:
            self.socket.sendall(upgrade_bytes(target, server.port, protocols, headers))
            self._read_answer()
        except BaseException:
            self.socket.close()
            raise

    def _fill(self):
        try:
            data = self.socket.recv(262144)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Closed(None)
        self.buffer += data

    def _take(self, size):
        while len(self.buffer) < size:
            self._fill()
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        return data

    def _read_answer(self):
        while b"\r\n\r\n" not in self.buffer:
            self._fill()
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        self.buffer = bytearray(rest)
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        self.headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        if status != 101:
            body = self._take(int(self.headers.get("content-length", 0)))
            raise Refused(status, self.headers, body)
        self.protocol = self.headers.get("sec-websocket-protocol")

    # Out

    def send_raw(self, data):
        self.socket.sendall(data)

    def send_frame(self, opcode, payload=b"", **kwargs):
        self.send_raw(frame_bytes(opcode, payload, **kwargs))

    def send_text(self, text):
        self.send_frame(TEXT, text.encode() if isinstance(text, str) else text)

    # In

    def _read_frame(self):
        while not (head := parse_head(self.buffer)):
            self._fill()
        fin, opcode, size, end = head
        return fin, opcode, self._take(end + size)[end:]

    def receive(self):
        """The next message: (opcode, payload). Answers pings. Raises Closed."""
        kind, parts = None, b""
        while True:
            fin, opcode, payload = self._read_frame()
            if opcode == CLOSE:
                raise Closed(close_code(payload), payload[2:].decode(errors="replace"))
            if opcode == PING:
                self.send_frame(PONG, payload)
                continue
            if opcode == PONG:
                return PONG, payload
            kind = opcode if opcode != CONTINUATION else kind
            parts += payload
            if fin:
                return kind, parts

    def _receive_until(self, is_wanted, what, seconds=None):
        """The first message for which is_wanted(kind, payload), but not for ever: others keep coming."""
        deadline = time.monotonic() + (seconds or self.seconds)
        while time.monotonic() < deadline:
            kind, payload = self.receive()
            if is_wanted(kind, payload):
                return payload
        raise AssertionError(f"not within {seconds or self.seconds:g} s: {what}")

    def receive_binary(self):
        return self._receive_until(lambda kind, _: kind == BINARY, "a picture")

    def receive_frame(self, camera=None):
        def is_wanted(kind, payload):
            return kind == BINARY and camera in (None, payload[2])

        return parse_frame(self._receive_until(is_wanted, f"a frame of camera {camera}"))

    def receive_text(self):
        return self._receive_until(lambda kind, _: kind == TEXT, "an answer").decode()

    def wait_closed(self, seconds=None):
        """The close code of the server; None when it just closed."""
        try:
            self._receive_until(lambda *_: False, "the end", seconds)
        except Closed as closed:
            return closed.code

    def close(self):
        try:
            self.send_frame(CLOSE, struct.pack(">H", 1000))
        except OSError:
            pass
        self.socket.close()

    def abandon(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def is_open(connection):
    """Whether the peer has not closed this raw socket."""
    if not select.select([connection], [], [], 0)[0]:
        return True
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except OSError:
        return False
