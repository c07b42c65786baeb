#!/usr/bin/env python3
"""SIGHUP: what changed is applied, and viewers of what did not change do not notice."""

import contextlib
import pathlib
import signal
import subprocess
import time
import unittest

import harness
from harness import Config, Server, eventually, free_port
from jpeg import dimensions
from measure import Load, judge_once
from prometheus import Metrics
from v4l2 import Cameras, record_pictures
from viewers import Crowd, longest_gap_ms
from websocket import Refused, WebSocket

BASE = """\
[server]
listen = 127.0.0.1:{port}
max_viewers = {max_viewers}
[camera:cam0]
source = synthetic,size=640x480
[camera:cam1]
source = {cam1}
{more}
"""


def text(port, max_viewers=4, cam1="synthetic,size=320x240,format=mjpeg", more=""):
    return BASE.format(port=port, max_viewers=max_viewers, cam1=cam1, more=more)


class Reload(unittest.TestCase):
    def setUp(self):
        self.before = Load()
        self.port = free_port()
        self.config = Config(text(self.port))
        self.server = Server("-c", str(self.config), "--listen", f"127.0.0.1:{self.port}", cameras=(),
                             port=self.port)

    def tearDown(self):
        with self.server:
            pass

    def reload(self, new_text, pattern):
        self.config.write(new_text)
        seen = len(self.server.lines)
        self.server.send_signal(signal.SIGHUP)

        def told():
            return next((line for line in self.server.lines[seen:] if harness.re.search(pattern, line)), None)

        return eventually(told, 3, f"{pattern} after SIGHUP; there was {self.server.lines[seen:]}")

    def judge_gap(self, gap):
        judge_once(self, harness.IS_SANITIZED or gap <= 500, f"gap {gap:.0f} ms", Load().others_since(self.before))

    def test_a_changed_camera(self):
        """Only cam1 changes: the viewer of cam0 has no gap, the viewer of both stays connected."""
        with Crowd() as crowd, WebSocket(self.server, "/ws/video/cam1") as other:
            viewer = crowd.add(self.server, "/ws/video/cam0")
            both = crowd.add(self.server)
            self.assertEqual(dimensions(other.receive_frame().jpeg), (320, 240))
            crowd.run(0.5)
            crowd.restart()
            self.config.write(text(self.port, cam1="synthetic,size=160x120,format=mjpeg"))
            self.server.send_signal(signal.SIGHUP)
            crowd.run(2)
            self.assertFalse(viewer.is_closed)
            self.assertFalse(both.is_closed)
            gap = longest_gap_ms(viewer.times[0])
            harness.figure(f"reload of the other camera: longest gap {gap:.0f} ms")
            self.assertGreater(both.times[1][-1] - both.times[0][0], 1, "the changed camera goes on")
            eventually(lambda: dimensions(other.receive_frame().jpeg) == (160, 120), 5, "the new size")
            self.judge_gap(gap)

    def test_nothing_changed(self):
        with WebSocket(self.server) as viewer:
            first = viewer.receive_frame(0)
            self.reload(text(self.port), "configuration")
            frames = [viewer.receive_frame(0) for _ in range(20)]
            numbers = [frame.sequence for frame in frames]
            self.assertEqual(numbers, sorted(set(numbers)))
            self.assertGreater(numbers[0], first.sequence, "the camera was not started anew")

    def test_max_viewers(self):
        with contextlib.ExitStack() as stack:
            viewers = [stack.enter_context(WebSocket(self.server)) for _ in range(3)]
            # A lower limit drops nobody, and lets nobody new in.
            self.reload(text(self.port, max_viewers=1), "configuration")
            for viewer in viewers:
                viewer.receive_frame()
            with self.assertRaises(Refused):
                WebSocket(self.server)
            self.reload(text(self.port, max_viewers=4), "configuration")
            stack.enter_context(WebSocket(self.server)).receive_frame()
            # Tables are made once: beyond what there was at the start it says what to do.
            # And what else the file says is applied all the same.
            self.reload(text(self.port, max_viewers=5, cam1="synthetic,size=160x120"), "max_viewers.*restart")
            self.assertEqual(self.server.status()["max_viewers"], 4)
            eventually(lambda: dimensions(self.server.get("/snapshot/cam1").body) == (160, 120), 5, "the new size")

    def test_a_camera_more_and_a_camera_less(self):
        with WebSocket(self.server) as viewer:
            viewer.receive_frame(0)
            self.reload(text(self.port, more="[camera:roof]\nsource = synthetic,size=64x48"), "configuration")
            names = [camera["name"] for camera in self.server.status()["cameras"]]
            self.assertEqual(names, ["cam0", "cam1", "roof"])
            self.assertEqual(dimensions(self.server.get("/snapshot/roof").body), (64, 48))
            viewer.receive_frame(0)
            self.reload(text(self.port), "configuration")
            self.assertEqual(self.server.get("/snapshot/roof").status, 404)
            viewer.receive_frame(0)
            viewer.receive_frame(1)

    def test_a_watched_camera_is_taken_away(self):
        more = "[camera:roof]\nsource = synthetic,size=64x48"
        self.reload(text(self.port, more=more), "configuration")
        with WebSocket(self.server, "/ws/video/roof") as only, WebSocket(self.server) as all_of_them:
            only.receive_frame()
            all_of_them.receive_frame(2)
            self.reload(text(self.port), "configuration")
            self.assertIsNotNone(only.wait_closed(), "with a reason")
            for _ in range(10):
                all_of_them.receive_frame(0)
                all_of_them.receive_frame(1)

    def test_the_next_camera_in_a_place_counts_from_zero(self):
        def sent(name):
            return Metrics(self.server.get("/metrics").text).get("twinlens_frames_sent_total", camera=name)

        self.reload(text(self.port, more="[camera:roof]\nsource = synthetic,size=64x48"), "configuration")
        with WebSocket(self.server, "/ws/video/roof") as viewer:
            viewer.receive_frame()
        self.assertGreater(sent("roof"), 0)
        self.reload(text(self.port), "configuration")
        eventually(lambda: len(self.server.status()["cameras"]) == 2, 3, "the end of roof")
        self.reload(text(self.port, more="[camera:door]\nsource = synthetic,size=64x48"), "configuration")
        self.assertEqual(sent("door"), 0)

    def test_listening_elsewhere(self):
        """Unless the command line says where, a new address is listened on; viewers of the old one stay."""
        first, second = free_port(), free_port()
        config = Config(text(first))
        with (
            Server("-c", str(config), cameras=(), port=first, listen=False) as server,
            WebSocket(server) as viewer,
        ):
            viewer.receive_frame()
            config.write(text(second))
            server.send_signal(signal.SIGHUP)
            time.sleep(0.5)
            server.port = second
            self.assertEqual(server.get("/healthz").status, 200)
            viewer.receive_frame()
            server.port = first
            with self.assertRaises(ConnectionRefusedError):
                server.connect()

    def test_bad_files(self):
        with Crowd() as crowd:
            viewer = crowd.add(self.server)
            crowd.run(0.4)
            crowd.restart()
            for bad, words in (
                ("[server]\nmax_viewers = many\n", "max_viewers"),
                ("[server]\nmax_veiwers = 4\n", "max_veiwers"),
                ("[sever]\n", "sever"),
                ("garbage\n", "1"),
                (text(self.port, more="[camera:x]\nsource = film:/x"), "film"),
                (text(self.port, more="[memory]\nbudget = 1M"), "budget"),
                ("\0\xff\n" * 50, "."),
                (text(self.port, max_viewers=0), "max_viewers"),
            ):
                line = self.reload(bad, words)
                self.assertRegex(self.server.log, r"stays as it was|old configuration|kept", line)
                crowd.run(0.1)
            self.config.path.unlink()
            self.server.send_signal(signal.SIGHUP)
            crowd.run(0.5)
            self.server.wait_log(r"twinlens\.conf.*No such file")
            self.assertFalse(viewer.is_closed)
            self.assertEqual(len(self.server.status()["cameras"]), 2)
            self.judge_gap(longest_gap_ms(viewer.times[0]))

    def test_many_times(self):
        """Reloads in a row leak nothing."""
        with WebSocket(self.server) as viewer:
            viewer.receive_frame()
            sizes = ("160x120", "320x240")
            fds = threads = None
            for number in range(12):
                new = text(self.port, cam1=f"synthetic,size={sizes[number % 2]},format=mjpeg")
                self.reload(new, "configuration")
                viewer.receive_frame(1)
                if number == 2:
                    fds, threads = self.server.count_fds(), self.server.count_threads()
            eventually(lambda: self.server.count_fds() <= fds, 3, "no more descriptors than before")
            self.assertLessEqual(self.server.count_threads(), threads)


DEVICES = {"/dev/video90": "mjpeg:{pictures},bus=usb-a", "/dev/video91": "mjpeg:{pictures},bus=usb-b"}


class WithDevices(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pictures = record_pictures("320x240")

    def setUp(self):
        self.fakes = Cameras(DEVICES, self.pictures)
        self.addCleanup(self.fakes.close)

    def test_picked_cameras_stay(self):
        """With no camera configured, one that is unplugged during a reload is still the one that is waited for."""
        with self.fakes.server(cameras=()) as server, WebSocket(server) as viewer:
            viewer.receive_frame(0)
            viewer.receive_frame(1)
            before = [camera["source"] for camera in server.status()["cameras"]]
            self.assertEqual(before, ["v4l2:/dev/video90", "v4l2:/dev/video91"])
            self.fakes.command("/dev/video90 disconnect")
            server.wait_state("cam0", "lost")
            server.send_signal(signal.SIGHUP)
            server.wait_log("configuration read again")
            self.assertEqual([camera["source"] for camera in server.status()["cameras"]], before)
            self.fakes.command("/dev/video90 reconnect")
            server.wait_state("cam0", "streaming")
            viewer.receive_frame(0)

    def test_a_driver_that_takes_its_time(self):
        """A changed camera's driver takes 3 s to stop: nobody else waits for it, and then it is as configured."""
        config = Config("[camera:slow]\nsource = v4l2:/dev/video90\n[camera:other]\nsource = v4l2:/dev/video91\n")
        before = Load()
        with self.fakes.server("-c", str(config), cameras=()) as server, Crowd() as crowd:
            other, slow = crowd.add(server, "/ws/video/other"), crowd.add(server, "/ws/video/slow")
            crowd.run(1)
            self.fakes.command("/dev/video90 slow 3000")
            crowd.restart()
            config.write("[camera:slow]\nsource = v4l2:/dev/video90,fps=15\n"
                         "[camera:other]\nsource = v4l2:/dev/video91\n")
            begun = time.monotonic()
            server.send_signal(signal.SIGHUP)
            crowd.run(0.3)
            self.assertEqual(server.get("/healthz", seconds=1).status, 200)
            self.assertLess(time.monotonic() - begun, 2 * harness.PATIENCE, "an answer while the driver stops")
            crowd.run(3.5)
            gap = longest_gap_ms(other.times[1])
            harness.figure(f"reload beside a driver that takes 3 s: the other camera's longest gap {gap:.0f} ms")
            self.fakes.command("/dev/video90 slow 0")
            eventually(lambda: server.camera("slow")["fps_target"] == 15, 5, "the new rate")
            count = len(slow.times[0])
            crowd.run(1)
            self.assertGreater(len(slow.times[0]), count, "its viewer stayed, and has frames again")
            judge_once(self, gap < 1000, f"gap {gap:.0f} ms", Load().others_since(before))

    def test_taken_away_and_wanted_again(self):
        """Both before its driver has let go."""
        one = "[camera:other]\nsource = v4l2:/dev/video91\n"
        both = one + "[camera:slow]\nsource = v4l2:/dev/video90\n"
        config = Config(both)
        with self.fakes.server("-c", str(config), cameras=()) as server:
            server.get("/snapshot/slow")
            self.fakes.command("/dev/video90 slow 1500")
            for content in (one, both):
                config.write(content)
                seen = len(server.lines)
                server.send_signal(signal.SIGHUP)
                eventually(lambda: any("read again" in line for line in server.lines[seen:]), 1, "the reload")
            self.fakes.command("/dev/video90 slow 0")
            eventually(lambda: server.get("/snapshot/slow").status == 200, 8, "a picture of it")
            names = [camera["name"] for camera in server.status()["cameras"]]
            self.assertEqual(sorted(names), ["other", "slow"])


class DefaultFile(unittest.TestCase):
    """In a mount namespace of its own, whose /etc holds nothing but the default file."""

    MOUNT = "mount -t tmpfs none /etc && mkdir /etc/twinlens && cp {} /etc/twinlens/twinlens.conf && exec \"$@\""

    def prefix(self, path):
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", self.MOUNT.format(path), "sh"]

    def test_missing_during_a_reload(self):
        config = Config("[camera:door]\nsource = synthetic,size=64x48\n")
        try:
            if subprocess.run([*self.prefix(config), "true"], capture_output=True, timeout=10).returncode != 0:
                self.skipTest("no mount namespace may be made here")
        except FileNotFoundError:
            self.skipTest("there is no unshare(1)")
        with Server(cameras=(), prefix=self.prefix(config), default_file=True) as server:
            file = pathlib.Path(f"/proc/{server.pid}/root/etc/twinlens/twinlens.conf")
            file.rename(file.with_suffix(".bak"))
            server.send_signal(signal.SIGHUP)
            server.wait_log("/etc/twinlens/twinlens.conf: .*No such file.*stays as it was")
            self.assertEqual([camera["name"] for camera in server.status()["cameras"]], ["door"])
            file.write_text("[camera:yard]\nsource = synthetic,size=64x48\n")
            server.send_signal(signal.SIGHUP)
            server.wait_log("yard: synthetic")
            eventually(lambda: [camera["name"] for camera in server.status()["cameras"]] == ["yard"], 3, "only yard")


if __name__ == "__main__":
    harness.main()
