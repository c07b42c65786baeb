#!/usr/bin/env python3
"""What load reports of servers that misbehave, of other servers, and of twinlens."""

import json
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import harness
from harness import IS_SANITIZED, PATIENCE, TWINLENS, Server, child_environment, eventually
from measure import measured
from scripted import PICTURE, Scripted, load, run_load, steady
from v4l2 import SHIM, Cameras, record_pictures

class Counts(unittest.TestCase):
    def test_broken_pictures(self):
        """One without a beginning, and one without an end, which is seen because every hundredth is looked through."""
        script = steady(50, 5)
        script[100] = script[100]._replace(jpeg=PICTURE[:-1])
        script[110] = script[110]._replace(jpeg=b"GIF89a")
        script[120] = script[120]._replace(jpeg=PICTURE[:-1])
        with Scripted(script) as server:
            status, document = load(server.url(), "--viewers", 1)
        self.assertEqual(status, 1)
        self.assertEqual(document["cameras"]["cam0"]["broken"], 2)
        self.assertEqual(document["cameras"]["cam0"]["skipped"], 0)
        self.assertIn("2 pictures were broken", document["problems"])

    @measured
    def test_a_server_that_counts_wrongly(self):
        script = [picture._replace(sequence=2 * i, skipped=i // 2) for i, picture in enumerate(steady(50, 5))]
        script[120] = script[120]._replace(sequence=0)
        with Scripted(script) as server:
            result = run_load(server.url(), "--duration", "2s", "--viewers", 1)
            _, document = load(server.url(), "--viewers", 1)
        camera = document["cameras"]["cam0"]
        self.assertEqual(camera["disordered"], 1)
        self.assertAlmostEqual(camera["skipped_by_server"], camera["skipped"] / 2, delta=130)
        self.assertNotEqual(camera["skipped_by_server"], camera["skipped"])
        self.assertRegex(result.stdout, r"cam0: \d+ frames are missing in the sequence, but the server counts \d+")
        self.assertIn("cam0: 1 frames came out of order", result.stdout)

    @measured
    def test_two_cameras(self):
        both = [*steady(20, 5), *steady(10, 5, camera=1)]
        with Scripted(sorted(both, key=lambda picture: picture.at), names=("left", "right")) as server:
            _, document = load(server.url(), "--viewers", 3)
        self.assertEqual(sorted(document["cameras"]), ["left", "right"])
        for name, fps in (("left", 20), ("right", 10)):
            self.assertAlmostEqual(document["cameras"][name]["fps_min"], fps, delta=1)
            self.assertAlmostEqual(document["cameras"][name]["frames"], 3 * 2 * fps, delta=6)
        self.assertEqual(len(document["each"]), 3)

    @measured
    def test_a_camera_that_does_not_come(self):
        with Scripted(steady(20, 20), names=("cam0", "cam1")) as server:
            status, document = load(server.url(), "--min-fps", 1)
        self.assertEqual(status, 1)
        missing = document["cameras"]["cam1"]
        self.assertEqual((missing["frames"], missing["fps_min"]), (0, 0))
        self.assertAlmostEqual(missing["age_on_screen_ms"]["max"], document["duration_s"] * 1000, delta=1)

    @measured
    def test_frames_a_second(self):
        for fps, expected in ((19, False), (21, True)):
            with self.subTest(fps), Scripted(steady(20, 5)) as server:
                status, document = load(server.url(), "--min-fps", fps)
                told = any("--min-fps asks for" in problem for problem in document["problems"])
                self.assertEqual(told, expected)
                self.assertTrue(status == 1 or not told)


class OtherServers(unittest.TestCase):
    """What is no twinlens."""

    @measured
    def test_bare_pictures(self):
        with Scripted(steady(20, 5), names=None, protocol=None) as server:
            status, document = load(server.url("/video", "ws"))
            self.assertEqual(server.pings, 0)
        camera = document["cameras"]["cam0"]
        self.assertAlmostEqual(camera["fps_min"], 20, delta=1)
        self.assertIsNone(camera["age_at_arrival_ms"])
        self.assertIsNone(document["clock"])

    def test_what_answers_no_questions(self):
        with Scripted(steady(20, 5), names=None) as server:
            status, document = load(server.url())
        self.assertEqual(status, 1)
        self.assertIn("does not say what cameras it has", document["error"])

    @measured
    def test_multipart(self):
        for stamp in ("{monotonic:.6f}", "{real:.6f}", None, "99999999", "word"):
            with self.subTest(stamp), Scripted(steady(20, 5, age=0.2), names=None, stamp=stamp) as server:
                _, document = load(server.url("/?action=stream"), "--viewers", 1)
                camera = document["cameras"]["cam0"]
                self.assertAlmostEqual(camera["fps_min"], 20, delta=1)
                if stamp and "{" in stamp:
                    self.assertAlmostEqual(camera["age_at_arrival_ms"]["p50"], 200, delta=5 * PATIENCE)
                else:
                    self.assertIsNone(camera["age_at_arrival_ms"])

    def test_a_stream_that_ends(self):
        script = [*steady(20, 2), (2, b"\x88\x02\x03\xe9")]
        with Scripted(script) as server:
            status, document = load(server.url(), "--viewers", 2, duration=3)
        self.assertEqual((status, document["lost"]), (1, 2))
        self.assertIn("1001", document["problems"][0])

    def test_what_is_no_websocket(self):
        for raw, word in ((b"\x82\x85\0\0\0\0\0", "masked"), (b"\x82\x7f" + b"\xff" * 8, "more than")):
            with self.subTest(word), Scripted([*steady(20, 1.5), (1.6, raw)]) as server:
                status, document = load(server.url(), "--viewers", 1)
                self.assertEqual((status, document["lost"]), (1, 1))
                self.assertIn(word, document["problems"][0])

    @unittest.skipUnless(shutil.which("ffmpeg"), "there is no ffmpeg")
    @measured
    def test_ffmpeg(self):
        """It serves one viewer, and in chunks."""
        port = harness.free_port()
        command = ["ffmpeg", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=20", "-f",
                   "mpjpeg", "-content_type", "multipart/x-mixed-replace;boundary=ffmpeg", "-listen", "1",
                   f"http://127.0.0.1:{port}/"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                # Nobody else can connect to find out whether it listens.
                listening = f":{port:04X} 00000000:0000 0A"
                eventually(lambda: listening in pathlib.Path("/proc/net/tcp").read_text(), 10, "ffmpeg listens")
                _, document = load(f"http://127.0.0.1:{port}/stream", "--viewers", 1)
            finally:
                process.terminate()
        camera = document["cameras"]["cam0"]
        self.assertGreater(camera["fps_min"], 10)
        self.assertEqual((camera["broken"], document["lost"]), (0, 0))

    @unittest.skipUnless(shutil.which("ustreamer"), "there is no ustreamer")
    @unittest.skipIf(IS_SANITIZED, "the fake camera cannot be preloaded into another program then")
    @measured
    def test_ustreamer(self):
        port = harness.free_port()
        with Cameras({"/dev/video90": "mjpeg:{pictures},size=640x480,fps=30"}, record_pictures()) as cameras:
            command = ["ustreamer", "--device", "/dev/video90", "--format", "MJPEG", "--resolution", "640x480",
                       "--desired-fps", "30", "--host", "127.0.0.1", "--port", str(port)]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  env=child_environment(cameras.env, [SHIM])) as process:
                try:
                    url = f"http://127.0.0.1:{port}/stream"
                    eventually(lambda: "cameras" in load(url, duration=1)[1], 10, "ustreamer serves")
                    _, document = load(url, duration=3)
                finally:
                    process.terminate()
        camera = document["cameras"]["cam0"]
        self.assertGreater(camera["fps_min"], 15)
        self.assertEqual((camera["broken"], document["lost"]), (0, 0))


class Twinlens(unittest.TestCase):
    CAMERAS = ("cam0=synthetic,fps=20", "cam1=synthetic,fps=10,format=mjpeg,size=320x240")

    @measured
    def test_both_transports(self):
        with Server(cameras=self.CAMERAS, *("--max-viewers", "8")) as server:
            url = f"http://127.0.0.1:{server.port}"
            for transport in ("websocket", "multipart"):
                with self.subTest(transport):
                    _, document = load(url, "--transport", transport, "--viewers", 3)
                    self.assertEqual(document["viewers"], 3)
                    self.assertEqual(sorted(document["cameras"]), ["cam0", "cam1"])
                    for camera, fps in zip(document["cameras"].values(), (20, 10)):
                        self.assertGreater(camera["frames"], 0)
                        self.assertLessEqual(camera["fps_min"], fps + 1)
                        self.assertEqual(camera["broken"], 0)
                        self.assertEqual(camera["skipped"], camera["skipped_by_server"])
                        self.assertGreater(camera["age_on_screen_ms"]["p99"], camera["age_at_arrival_ms"]["p50"])
                server.wait_viewers(0)

    def test_one_camera(self):
        with Server(cameras=self.CAMERAS) as server:
            url = f"http://127.0.0.1:{server.port}"
            for arguments in ((url, "--cameras", "cam1"), (url + "/stream/cam1?a/b",),
                              (url.replace("http", "ws") + "/ws/video", "--cameras", "cam1"),
                              (url.replace("http", "ws") + "/ws/video/cam1",)):
                with self.subTest(arguments):
                    _, document = load(*arguments, duration=1)
                    self.assertEqual(list(document["cameras"]), ["cam1"])
                server.wait_viewers(0)

    def test_others(self):
        options = ("--max-viewers", "8", "-o", "server.stall_timeout=1s", "-o", "server.send_buffer=64K")
        with Server(*options, cameras=self.CAMERAS) as server:
            _, document = load(f"ws://127.0.0.1:{server.port}/ws/video", "--viewers", 2, "--slow", 1, "--stall", 2,
                               "--churn", 2, duration=4 * PATIENCE)
            metrics = server.get("/metrics").text
        self.assertEqual(document["lost"], 0)
        self.assertEqual(document["others"]["viewers"], 5)
        # Those that churn come once a second or more often; those that stall are put out, and come back.
        self.assertGreater(document["others"]["accepted"], 10)
        self.assertGreater(document["others"]["ended"], 1)
        evicted = int(re.search(r"^twinlens_viewers_evicted_total (\d+)", metrics, re.MULTILINE)[1])
        self.assertGreater(evicted, 1)

    def test_more_than_the_server_takes(self):
        with Server(cameras=self.CAMERAS) as server:
            status, document = load(f"http://127.0.0.1:{server.port}", "--viewers", 5)
        self.assertEqual(status, 1)
        self.assertFalse(document["valid"])
        self.assertIn("4 of 5 viewers were accepted", document["error"])
        self.assertIn("503", document["error"])

    def test_skipped(self):
        """While load stands still the server skips pictures for it: both count the same."""
        options = ("-o", "server.send_buffer=64K", "-o", "server.stall_timeout=1m")
        with Server(*options, cameras=("cam0=synthetic,fps=30",)) as server:
            with subprocess.Popen(
                [TWINLENS, "load", f"http://127.0.0.1:{server.port}", "--duration", f"{4 * PATIENCE}s", "--viewers", "2",
                 "--json"],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=child_environment(),
            ) as process:
                server.wait_viewers(2)
                time.sleep(2 * PATIENCE)
                process.send_signal(signal.SIGSTOP)
                time.sleep(1.5 * PATIENCE)
                process.send_signal(signal.SIGCONT)
                output, _ = process.communicate(timeout=15 * PATIENCE)
        camera = json.loads(output)["cameras"]["cam0"]
        self.assertGreater(camera["skipped"], 20)
        self.assertEqual(camera["skipped"], camera["skipped_by_server"])

    def test_interrupted(self):
        """It reports what there is."""
        with Server(cameras=self.CAMERAS) as server:
            with subprocess.Popen(
                [TWINLENS, "load", f"http://127.0.0.1:{server.port}", "--duration", "60s", "--json"],
                stdout=subprocess.PIPE, text=True, env=child_environment(),
            ) as process:
                server.wait_viewers(4)
                time.sleep(2 * PATIENCE)
                process.send_signal(signal.SIGINT)
                output, _ = process.communicate(timeout=10 * PATIENCE)
        document = json.loads(output)
        self.assertLess(document["duration_s"], 10 * PATIENCE)
        self.assertGreater(document["cameras"]["cam0"]["frames"], 0)

    @measured
    def test_report_and_distribution(self):
        with Server(cameras=self.CAMERAS) as server, tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "ages.hgrm"
            result = run_load(f"http://127.0.0.1:{server.port}", "--duration", "2s", "--hgrm", file)
            lines = file.read_text().splitlines()
            bad = run_load(f"http://127.0.0.1:{server.port}", "--duration", "1s", "--hgrm", folder)
        for pattern in (r"^1 +cam0 ", r"^all +cam1 ", r"viewers lost: 0$", r"^load itself: .* of a core"):
            self.assertRegex(result.stdout, re.compile(pattern, re.MULTILINE))
        self.assertEqual(lines[0].split(), ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"])
        last = next(line for line in lines if " 1.000000000000 " in line).split()
        # Four viewers see two cameras for two seconds: that many milliseconds.
        self.assertAlmostEqual(int(last[2]), 16000, delta=400 * PATIENCE)
        self.assertEqual(bad.returncode, 1)
        self.assertIn("--hgrm", bad.stderr)

    def test_usage(self):
        for arguments in ((), ("http://a", "http://b"), ("nonsense",), ("http://a", "--viewers", "0"),
                          ("http://a", "--transport", "smoke"), ("http://a", "--duration", "10"),
                          ("http://a", "--min-fps", "-1"), ("http://a", "--bogus"),
                          ("http://127.0.0.1:1/stream", "--cameras", "cam0")):
            with self.subTest(arguments):
                result = run_load(*arguments)
                self.assertEqual(result.returncode, 2)
                self.assertTrue(result.stderr)
                self.assertEqual(result.stdout, "")
        self.assertEqual(run_load("--help").returncode, 0)

    def test_nobody_there(self):
        status, document = load(f"http://127.0.0.1:{harness.free_port()}")
        self.assertEqual(status, 1)
        self.assertIn("Connection refused", document["error"])


if __name__ == "__main__":
    harness.main()
