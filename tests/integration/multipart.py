"""Reads a multipart/x-mixed-replace stream, strictly."""

import collections
import time

Part = collections.namedtuple("Part", "headers body arrived")


class Multipart:
    def __init__(self, server, target="/stream/cam0", seconds=8, receive_buffer=None):
        self.socket = server.connect(seconds, receive_buffer)
        self.socket.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        self.buffer = bytearray()
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = self._headers(lines[1:])
        if self.status == 200:
            kind, _, boundary = self.headers["content-type"].partition(";")
            if kind.strip() != "multipart/x-mixed-replace":
                raise AssertionError(self.headers["content-type"])
            self.boundary = boundary.strip().removeprefix("boundary=").strip('"').encode()
            if not self.boundary:
                raise AssertionError("no boundary")
        else:
            self.body = self._take(int(self.headers.get("content-length", 0)))

    @staticmethod
    def _headers(lines):
        headers = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or name != name.strip() or name.lower() in headers:
                raise AssertionError(f"a bad header line: {line!r}")
            headers[name.lower()] = value.strip()
        return headers

    def _fill(self):
        data = self.socket.recv(262144)
        if not data:
            raise EOFError("the stream ended")
        self.buffer += data

    def _take(self, size):
        while len(self.buffer) < size:
            self._fill()
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        return data

    def _until(self, end):
        while (found := self.buffer.find(end)) < 0:
            self._fill()
        return self._take(found + len(end))[: -len(end)]

    def receive(self):
        """The next part."""
        line = self._until(b"\r\n")
        if line == b"":
            line = self._until(b"\r\n")
        if line != b"--" + self.boundary:
            raise AssertionError(f"not the boundary: {line[:80]!r}")
        headers = self._headers(self._until(b"\r\n\r\n").decode("latin-1").split("\r\n"))
        body = self._take(int(headers["content-length"]))
        return Part(headers, body, time.monotonic())

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
