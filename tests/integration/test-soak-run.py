"""twinlens soak on a running server: it is killed, interrupted, continued, and the server restarted meanwhile."""

import json
import pathlib
import re
import resource
import signal
import tempfile
import time
import unittest

from harness import IS_SANITIZED, Server, eventually, free_port, main, run_twinlens
from soaking import Soak, bar, copy_meminfo

class SoakRun(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "state"

    def soak(self, port, *arguments, **kwargs):
        soak = Soak(self.folder, port, *arguments, **kwargs)

        self.addCleanup(soak.kill)
        return soak

    def test_measures_what_is_there(self):
        with Server() as server:
            soak = self.soak(server.port, duration="6s")
            output, errors = soak.process.communicate(timeout=40)
            report = json.loads(output)
            self.assertEqual(report["verdict"], "UNDECIDED")  # too short to say
            self.assertEqual(soak.process.returncode, 1, errors)
            self.assertEqual((report["end"], report["segments"]), ("done", 1))
            self.assertGreaterEqual(report["samples"], 4)
            self.assertEqual(bar(report, "viewers lost")["value"], 0)
            self.assertEqual(bar(report, "broken pictures")["value"], 0)
            self.assertGreater(bar(report, "least frame rate")["value"], 0)
            series = report["series"]
            self.assertAlmostEqual(series["process.serve.descriptors"]["last"], server.count_fds(), delta=6)
            threads = len(list(pathlib.Path(f"/proc/{server.pid}/task").iterdir()))
            self.assertAlmostEqual(series["process.serve.threads"]["last"], threads, delta=2)  # two cameras stop
            if not IS_SANITIZED:
                status = server.status()["memory"]
                self.assertAlmostEqual(
                    series["server.heap_bytes"]["last"], status["heap_bytes"], delta=status["heap_bytes"] / 2)
                self.assertGreater(series["process.serve.anonymous_bytes"]["last"], 100 << 10)

    def test_goes_on_after_kill(self):
        with Server() as server:
            soak = self.soak(server.port)
            for _ in range(3):
                soak.wait_samples(2)
                soak.kill()
                before = soak.size()
                soak.start()
                soak.wait_samples(1)
                self.assertGreater(soak.size(), before)
            code, output, _ = soak.end()
            report = json.loads(output)
            self.assertEqual((report["end"], report["segments"], report["damaged"]), ("interrupted", 1, 0))
            self.assertEqual(code, 1)
            self.assertEqual(soak.report()["samples"], report["samples"])
            self.assertGreater(report["elapsed_s"], 4)
            # No start of the viewers counts as pictures that were missing.
            self.assertGreater(bar(report, "least frame rate")["value"], 5)

    def test_another_run_is_not_continued(self):
        with Server() as server:
            soak = self.soak(server.port)
            soak.wait_samples(1)
            soak.end()
            before = soak.samples.read_bytes()
            other = self.soak(server.port, duration="70s")
            output, _ = other.process.communicate(timeout=20)
            self.assertEqual(other.process.returncode, 2)
            self.assertIn("holds another run", json.loads(output)["error"])
            self.assertEqual(soak.samples.read_bytes(), before)

    def test_restart_of_the_server(self):
        port = free_port()
        with Server(port=port):
            soak = self.soak(port)
            soak.wait_samples(3)
        with Server(port=port):
            soak.wait_samples(5)
            _, output, _ = soak.end()
        report = json.loads(output)
        self.assertEqual(report["segments"], 2)
        self.assertEqual(bar(report, "restarts of the server")["state"], "missed")
        self.assertGreaterEqual(bar(report, "viewers lost")["value"], 2)
        log = (self.folder / "soak.log").read_text()
        self.assertRegex(log, r"the server was restarted: process \d+ instead of \d+")
        self.assertRegex(log, r"\d viewers lost: ")

    def test_verdict_at_any_time(self):
        with Server() as server:
            soak = self.soak(server.port, json_output=False)
            soak.wait_samples(2)
            soak.process.send_signal(signal.SIGUSR1)
            time.sleep(0.5)
            _, output, errors = soak.end(signal.SIGTERM)
            self.assertIn("process.serve.anonymous_bytes", errors)
            self.assertTrue(output.startswith("UNDECIDED\n"), output)
            self.assertLessEqual(max(map(len, output.splitlines())), 80, output)

    @unittest.skipIf(IS_SANITIZED, "what is preloaded would stand before the sanitizer")
    def test_bars_that_are_missed(self):
        """A machine with little memory left, and a server that stands still for a while."""
        meminfo = self.folder.with_name("meminfo")
        copy_meminfo(meminfo)
        meminfo.write_text(re.sub(r"(?m)^(MemTotal|MemAvailable):.*", lambda match: {
            "MemTotal": "MemTotal: 1000000 kB", "MemAvailable": "MemAvailable: 200000 kB"}[match[1]],
            meminfo.read_text()))
        with Server() as server:
            soak = self.soak(server.port, env={"MEMINFO": str(meminfo)})
            soak.wait_samples(3)
            server.send_signal(signal.SIGSTOP)
            time.sleep(2.5)
            server.send_signal(signal.SIGCONT)
            soak.wait_samples(2)
            code, output, _ = soak.end()
        report = json.loads(output)
        self.assertEqual(code, 1)
        used, rate = bar(report, "memory in use, most"), bar(report, "least frame rate")
        self.assertEqual((used["state"], round(used["value"])), ("missed", 80))
        self.assertEqual(rate["state"], "missed")
        self.assertLess(rate["value"], rate["bar"] / 2)
        self.assertEqual(bar(report, "stalled for memory, most")["bar"], 10)
        self.assertEqual(bar(report, "memory gets fragmented")["state"], "not known")

    def test_no_server(self):
        """It waits for one, and every sample says that there was none."""
        soak = self.soak(free_port())
        soak.wait_samples(2)
        _, output, _ = soak.end()
        report = json.loads(output)
        self.assertEqual((report["verdict"], report["segments"]), ("UNDECIDED", 0))
        self.assertEqual(bar(report, "least frame rate")["value"], 0)
        self.assertIn("127.0.0.1", (self.folder / "soak.log").read_text())

    def test_full_disk(self):
        """Samples are lost and that is said, but the run goes on, and what was written stays whole."""
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        with Server() as server:
            soak = self.soak(server.port, preexec_fn=limit)
            eventually(lambda: (self.folder / "soak.log").exists() and
                       "a sample is lost" in (self.folder / "soak.log").read_text(), 20, "the line that says so")
            self.assertIsNone(soak.process.poll())
            _, output, errors = soak.end()
            report = json.loads(output)
            self.assertEqual(report["damaged"], 0, errors)
            self.assertGreaterEqual(report["samples"], 1)

    def test_usage(self):
        for arguments in ((), ("http://a", "http://b"), ("--report", "/nonexistent", "http://a"), ("file:///x",),
                          ("http://a", "--viewers", "0"), ("http://a", "--duration", "soon"),
                          ("http://a", "--interval", "99ms"), ("--report", "/nonexistent")):
            result = run_twinlens("soak", *arguments, "--state", str(self.folder))
            self.assertEqual((result.returncode, result.stdout), (2, ""), arguments)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertFalse(self.folder.exists())

    def test_state_cannot_be_made(self):
        result = run_twinlens("soak", "http://127.0.0.1:1", "--state", "/proc/none", "--duration", "1s")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("/proc/none", result.stderr)


main()
