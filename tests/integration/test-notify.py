#!/usr/bin/env python3
"""What the service manager is told: READY, STATUS, WATCHDOG, RELOADING, STOPPING."""

import os
import signal
import sys
import time
import unittest

import harness
from harness import Config, NotifySocket, Server
from measure import measured
from websocket import WebSocket

# Names stderr, or with an offset something else, as the stream to the journal, and runs a command.
WITH_JOURNAL = """
import os, sys
status = os.fstat(2)
os.environ["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino + int(sys.argv[1])}"
os.execvp(sys.argv[2], sys.argv[2:])
"""


class Notify(unittest.TestCase):
    def setUp(self):
        self.notify = NotifySocket()
        self.addCleanup(self.notify.close)

    def test_life(self):
        config = Config("[server]\nmax_viewers = 4\n")
        with Server("-c", str(config), env={"NOTIFY_SOCKET": self.notify.path}) as server:
            index, _, _ = self.notify.wait("READY", "1")
            self.assertEqual(server.get("/healthz").status, 200, "ready means that it answers")
            with WebSocket(server) as viewer:
                viewer.receive_frame(0)
                viewer.receive_frame(1)

                def is_told():
                    self.notify.collect(0.05)
                    texts = [message["STATUS"] for _, message in self.notify.messages if "STATUS" in message]
                    return texts and "1 viewer" in texts[-1] and texts[-1].count("streaming") == 2

                harness.eventually(is_told, 3, f"the status; there was {self.notify.messages}")
            before = time.monotonic_ns() // 1000
            server.send_signal(signal.SIGHUP)
            index, _, message = self.notify.wait("RELOADING", "1", after=index)
            self.assertGreaterEqual(int(message["MONOTONIC_USEC"]), before)
            self.assertLessEqual(int(message["MONOTONIC_USEC"]), time.monotonic_ns() // 1000)
            index, _, _ = self.notify.wait("READY", "1", after=index + 1)
            # A bad file ends in READY as well: the old configuration goes on.
            config.write("nonsense\n")
            server.send_signal(signal.SIGHUP)
            index, _, _ = self.notify.wait("RELOADING", "1", after=index + 1)
            index, _, _ = self.notify.wait("READY", "1", after=index + 1)
            server.stop()
            self.notify.wait("STOPPING", "1", after=index)

    @measured
    def test_watchdog(self):
        env = {"NOTIFY_SOCKET": self.notify.path, "WATCHDOG_USEC": "400000"}
        with Server(env=env) as server, WebSocket(server) as viewer:
            viewer.receive_frame()
            self.notify.wait("WATCHDOG", "1")
            del self.notify.messages[:]
            begun = time.monotonic()
            self.notify.collect(2)
            beats = [when for when, message in self.notify.messages if message.get("WATCHDOG") == "1"]
            gaps = [b - a for a, b in zip([begun, *beats], beats)]
            harness.figure(f"watchdog of 400 ms: {len(beats)} beats in 2 s, longest pause {max(gaps) * 1000:.0f} ms")
            self.assertLess(max(gaps), 0.4 * harness.PATIENCE)
            self.assertLess(len(beats), 40, "not more often than needed")

    def test_watchdog_of_another_process(self):
        env = {"NOTIFY_SOCKET": self.notify.path, "WATCHDOG_USEC": "200000", "WATCHDOG_PID": str(os.getpid())}
        with Server(env=env):
            self.notify.wait("READY", "1")
            self.notify.collect(0.7)
            self.assertFalse([message for _, message in self.notify.messages if "WATCHDOG" in message])

    def test_no_socket(self):
        """Without a manager, and with one that is gone, it just runs."""
        with Server(env={"WATCHDOG_USEC": "200000"}) as server:
            self.assertEqual(server.get("/healthz").status, 200)
        with Server(env={"NOTIFY_SOCKET": "/nonexistent/notify"}) as server:
            self.assertEqual(server.get("/healthz").status, 200)

    def test_not_ready_when_it_cannot_start(self):
        result = harness.run_twinlens("serve", "-c", "/dev/null", "--camera", "x=nonsense",
                                      env={"NOTIFY_SOCKET": self.notify.path})
        self.assertEqual(result.returncode, 2)
        self.assertFalse([message for _, message in self.notify.collect(0.1) if "READY" in message])

    def test_journal_priorities(self):
        """Each line begins with its priority where stderr is what goes to the journal, and nowhere else."""
        for offset in (0, 1):
            prefix = [sys.executable, "-c", WITH_JOURNAL, str(offset)]
            with Server(cameras=("cam0=v4l2:/dev/video-none", "cam1=synthetic"), prefix=prefix) as server:
                server.get("/snapshot/cam0")
                self.assertTrue(server.lines)
                for line in server.lines:
                    self.assertRegex(line, r"^twinlens: " if offset else r"^<[3-7]>")
                if offset == 0:
                    self.assertTrue([line for line in server.lines if line.startswith(("<3>", "<4>"))])


if __name__ == "__main__":
    harness.main()
