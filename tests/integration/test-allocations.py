#!/usr/bin/env python3
"""No heap allocation per frame in the steady state, with viewers of every kind."""

import collections
import os
import pathlib
import struct
import subprocess
import tempfile
import time
import unittest

import harness
from harness import Server, figure, note
from multipart import Multipart
from v4l2 import SHIM, Cameras, record_pictures
from viewers import Crowd

SECONDS = 5
PLACES = 64
COUNTS = struct.Struct(f"=QQ{PLACES}Q")


def read_counts(file):
    """What the server has counted by now; pread, as a buffer would give old figures."""
    return COUNTS.unpack(os.pread(file.fileno(), COUNTS.size, 0))


class Allocations(unittest.TestCase):
    def places(self, server, counts, many):
        """Where the last allocations were asked for: library and offset."""
        maps = []
        for line in pathlib.Path(f"/proc/{server.pid}/maps").read_text().splitlines():
            fields = line.split(maxsplit=5)
            first, last = (int(end, 16) for end in fields[0].split("-"))
            maps.append((first, last, int(fields[2], 16), fields[5] if len(fields) > 5 else "?"))
        seen = collections.Counter()
        for address in counts[2 : 2 + min(many, PLACES)]:
            for first, last, offset, path in maps:
                if first <= address < last:
                    seen[path, address - first + offset] += 1
        for (path, offset), times in seen.most_common(8):
            name = subprocess.run(["addr2line", "-f", "-e", path, hex(offset - 1)], capture_output=True, text=True,
                                  timeout=20).stdout.replace("\n", " ")
            note(f"{times} x {path}+{offset:#x} {name}")

    def measure(self, name, cameras, v1=2, bare=1, multipart=1, env=None, preload=()):
        with tempfile.NamedTemporaryFile() as file:
            env = {"MALLOC_COUNT_FILE": file.name, **(env or {})}
            options = ("--max-viewers", "10", "-o", "server.stall_timeout=60s")
            with (
                Server(*options, cameras=cameras, env=env, preload=["malloc-count.so", *preload]) as server,
                Crowd() as crowd,
            ):
                for _ in range(v1):
                    crowd.add(server)
                for _ in range(bare):
                    crowd.add(server, protocols=())
                streams = [Stream(server, crowd) for _ in range(multipart)]
                stalled = crowd.add(server, receive_buffer=16384)
                crowd.run(0.2)
                crowd.stall(stalled)
                self.assertGreater(read_counts(file)[0], 20, "the counter counts")
                crowd.run(2.5)
                crowd.restart()
                before = read_counts(file)
                crowd.run(SECONDS)
                after = read_counts(file)
                allocations, size = after[0] - before[0], after[1] - before[1]
                frames = len(crowd.viewers[0].times[0]) + len(crowd.viewers[0].times[1])
                figure(f"heap allocations, {name}: {allocations} ({size} bytes) in {SECONDS} s, {frames} frames")
                self.assertGreater(frames, SECONDS * 2 * 25)
                self.assertGreater(min(stream.bytes for stream in streams), 100000)
                if allocations * 100 > frames:
                    self.places(server, after, allocations)
                    self.fail(f"{allocations} allocations for {frames} frames")

    def test_encoded(self):
        self.measure("encoded", ("cam0=synthetic", "cam1=synthetic"))

    def test_passed_through(self):
        self.measure("passed through", ("cam0=synthetic,format=mjpeg", "cam1=synthetic,format=mjpeg"))

    def measure_v4l2(self, name, device, pictures=()):
        paths = ("/dev/video90", "/dev/video91")
        with Cameras(dict.fromkeys(paths, device), pictures) as fakes:
            cameras = [f"cam{i}=v4l2:{path}" for i, path in enumerate(paths)]
            self.measure(f"V4L2, {name}", cameras, env=fakes.env, preload=[SHIM])

    def test_v4l2_encoded(self):
        self.measure_v4l2("encoded", "yuyv")

    def test_v4l2_passed_through(self):
        self.measure_v4l2("passed through", "mjpeg:{pictures}", record_pictures())

    def test_the_counter_sees_an_allocation_per_request(self):
        """What the other tests rely on."""
        with tempfile.NamedTemporaryFile() as file:
            with Server(env={"MALLOC_COUNT_FILE": file.name}, preload=["malloc-count.so"]) as server:
                server.get("/api/status")
                time.sleep(0.3)
                before = read_counts(file)[0]
                for _ in range(10):
                    server.get("/api/status")
                self.assertGreater(read_counts(file)[0] - before, 100)


class Stream:
    """A multipart viewer that the crowd reads, without looking at what it reads."""

    def __init__(self, server, crowd):
        self.multipart = Multipart(server)
        self.socket = self.multipart.socket
        self.socket.setblocking(False)
        self.is_closed = False
        self.bytes = 0
        crowd.selector.register(self.socket, 1, self)

    def read(self):
        try:
            self.bytes += len(self.socket.recv(1 << 20))
        except BlockingIOError:
            pass


if __name__ == "__main__":
    harness.main()
