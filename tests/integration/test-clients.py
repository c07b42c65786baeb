#!/usr/bin/env python3
"""Clients that people use: curl, ffmpeg, Python's websockets."""

import asyncio
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import harness
from harness import Server
from jpeg import decode
from measure import measured
from multipart import Multipart
from websocket import parse_frame

try:
    import websockets
except ImportError:
    websockets = None

LIMIT = 40 * harness.PATIENCE


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"there is no {program}")


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.url = f"http://127.0.0.1:{cls.server.port}"

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def run_command(self, *command, **kwargs):
        return subprocess.run(command, capture_output=True, timeout=LIMIT, stdin=subprocess.DEVNULL, **kwargs)

    @needs("curl")
    def test_curl_snapshot(self):
        for path, size in (("/snapshot/cam0", (640, 480)), ("/?action=snapshot_1", (320, 240))):
            result = self.run_command("curl", "--fail", "--silent", "--show-error", self.url + path)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(decode(result.stdout)[:2], size)

    @needs("curl")
    def test_curl_http2(self):
        """curl offers HTTP/2, and goes on with HTTP/1.1."""
        result = self.run_command("curl", "--http2", "--fail", "--silent", "--show-error", self.url + "/snapshot/cam0")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(decode(result.stdout)[:2], (640, 480))

    @needs("curl")
    @measured
    def test_curl_stream(self):
        result = self.run_command(
            "curl", "--silent", "--show-error", "--no-buffer", "--dump-header", "-", "--max-time", "2",
            self.url + "/stream/cam0",
        )  # fmt: skip
        self.assertEqual(result.returncode, 28, "ended by its time limit, not by the server")
        self.assertIn(b"multipart/x-mixed-replace", result.stdout[:500])
        parts = result.stdout.count(b"Content-Type: image/jpeg")
        self.assertGreater(parts, 5 if harness.IS_SANITIZED else 45)

    @needs("curl")
    def test_curl_full(self):
        ask = ("curl", "--silent", "--max-time", "2", "--output", "/dev/null", "--write-out",
               "%{http_code} %header{retry-after}")
        with Server("--max-viewers", "1") as server:
            url = f"http://127.0.0.1:{server.port}/stream/cam0"
            with Multipart(server) as viewer:
                viewer.receive()
                self.assertRegex(self.run_command(*ask, url).stdout, rb"^503 \d+$")
                viewer.receive()
            server.wait_viewers(0)
            self.assertTrue(self.run_command(*ask, url).stdout.startswith(b"200"))

    @needs("ffmpeg")
    def test_ffmpeg_decodes_a_stream(self):
        for camera in ("cam0", "cam1"):
            result = self.run_command(
                "ffmpeg", "-nostdin", "-loglevel", "warning", "-xerror", "-err_detect", "explode",
                "-f", "mpjpeg", "-i", f"{self.url}/stream/{camera}", "-frames:v", "100",
                "-progress", "pipe:1", "-f", "null", "/dev/null",
            )  # fmt: skip
            self.assertEqual(result.returncode, 0, result.stderr.decode())
            frames = [line for line in result.stdout.decode().splitlines() if line.startswith("frame=")]
            self.assertEqual(frames[-1].split("=")[1].strip(), "100")
            errors = [line for line in result.stderr.decode().splitlines() if "deprecated pixel format" not in line]
            self.assertEqual(errors, [])

    @needs("ffmpeg")
    def test_ffmpeg_detects_the_stream(self):
        """As a user gives it to a program: only the URL."""
        result = self.run_command(
            "ffmpeg", "-nostdin", "-loglevel", "error", "-i", f"{self.url}/?action=stream", "-frames:v", "10",
            "-f", "null", "/dev/null",
        )  # fmt: skip
        self.assertEqual((result.returncode, result.stderr), (0, b""))

    @needs("ffmpeg")
    def test_recording_has_the_right_speed(self):
        """With the command of each README."""
        for name in ("README.md", "README.zh-CN.md"):
            text = pathlib.Path(os.environ["SOURCE"], name).read_text()
            (command,) = re.findall(r"^    (ffmpeg .*)$", text, re.MULTILINE)
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                begun = time.monotonic()
                recorder = subprocess.Popen(
                    command.replace("http://127.0.0.1:8081", self.url).split(), cwd=folder, stdin=subprocess.DEVNULL,
                    stderr=subprocess.PIPE, preexec_fn=harness.die_with_parent,
                )  # fmt: skip
                time.sleep(5)
                recorder.send_signal(signal.SIGINT)
                took = time.monotonic() - begun
                self.assertIn(recorder.wait(LIMIT), (0, 255), recorder.stderr.read())
                recorder.stderr.close()
                result = self.run_command(
                    "ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0",
                    f"{folder}/cam0.mkv",
                )  # fmt: skip
                harness.note(f"{took:.2f} s recorded as {float(result.stdout):.2f} s")
                self.assertLess(float(result.stdout), took + 0.2)
                self.assertGreater(float(result.stdout), took / 2)

    @unittest.skipUnless(websockets, "there is no python3-websockets")
    def test_python_websockets(self):
        async def watch(path, **kwargs):
            uri = self.url.replace("http", "ws") + path
            async with websockets.connect(uri, max_size=None, **kwargs) as viewer:
                messages = [message async for message in take(viewer, 40)]
                await viewer.send(json.dumps({"action": "ping", "id": 1}))
                while not isinstance(answer := await viewer.recv(), str):
                    pass
                return viewer.subprotocol, messages, json.loads(answer)

        async def take(viewer, count):
            for _ in range(count):
                yield await viewer.recv()

        async def watch_all():
            bare = watch("/ws/video/cam1")
            multiplexed = watch("/ws/video", subprotocols=["twinlens.v1"])
            return await asyncio.wait_for(asyncio.gather(bare, multiplexed), LIMIT)

        (none, pictures, _), (protocol, frames, answer) = asyncio.run(watch_all())
        self.assertIsNone(none)
        self.assertEqual(decode(pictures[-1])[:2], (320, 240))
        self.assertEqual((protocol, answer["id"]), ("twinlens.v1", 1))
        self.assertEqual({parse_frame(frame).camera for frame in frames}, {0, 1})


if __name__ == "__main__":
    harness.main()
