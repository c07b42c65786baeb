"""twinlens accept: real servers with synthetic cameras, good ones and such that miss one criterion."""

import http.server
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import xml.etree.ElementTree

from harness import (
    PATIENCE, SANITIZER_WORDS, Server, TWINLENS, child_environment, die_with_parent, eventually, free_port, main, note,
    run_twinlens)
from systemd import Bus, captured_boot, needs_bus

GOOD = ("cam0=synthetic,size=640x480,fps=30", "cam1=synthetic,size=640x480,fps=30")
TWO_CAMERAS = "[camera:cam0]\nsource = synthetic,size=640x480\n[camera:cam1]\nsource = synthetic,size=640x480\n"
# Of the server. The others are of the machine, which does other work while tests run.
OF_THE_SERVER = {"F1", "F2", "P1", "P5", "S2", "S3"}
ATTEMPTS = 3
IDS = ["F1", "F2", "F3", "F4", "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "S1", "S2", "S3", "S4"]
STATES = {"pass", "fail", "undecided", "not applicable", "not run", "error"}


class Run:
    """One run of accept in a folder of its own."""

    def __init__(self, folder, url, *arguments, seconds=10):
        self.folder = pathlib.Path(folder)
        self.command = [
            TWINLENS, "accept", "--out", str(folder), "--duration", f"{seconds}s", "--url", url, *arguments]

    def start(self, env=None):
        return subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=child_environment(env), preexec_fn=die_with_parent)

    def finish(self, process):
        self.stdout, self.stderr = process.communicate(timeout=90 * PATIENCE)
        if SANITIZER_WORDS.search(self.stderr):
            raise AssertionError(self.stderr)
        self.status = process.returncode
        path = self.folder / "accept.json"
        self.report = json.loads(path.read_text()) if path.exists() else None
        return self

    def states(self):
        return {criterion["id"]: criterion["state"] for criterion in self.report["criteria"]}

    def criterion(self, name):
        return next(criterion for criterion in self.report["criteria"] if criterion["id"] == name)

    def failed(self):
        return {name for name, state in self.states().items() if state == "fail"} & OF_THE_SERVER


class Verdicts(unittest.TestCase):
    """Servers that miss one criterion each. Only runs that the machine was not too busy for count."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def measure(self, *arguments, url=None, env=None, may_be_late=False):
        for attempt in range(ATTEMPTS):
            run = Run(self.folder / str(attempt), url or f"http://127.0.0.1:{free_port()}", *arguments)
            run.finish(run.start(env))
            note(run.stdout or run.stderr)
            if may_be_late or not any("too busy" in criterion["evidence"] for criterion in run.report["criteria"]):
                return run
        self.skipTest("the machine is too busy to measure")

    def measure_server(self, *arguments, accept=(), accept_env=None, may_be_late=False, **options):
        with Server(*arguments, **{"cameras": GOOD, **options}) as server:
            return self.measure(
                *accept, url=f"http://127.0.0.1:{server.port}", env=accept_env, may_be_late=may_be_late)

    def check_nothing_is_made_up(self, run):
        for criterion in run.report["criteria"]:
            self.assertIn(criterion["state"], STATES)
            if criterion["state"] in ("not run", "not applicable", "error"):
                self.assertIsNone(criterion["value"], criterion)
                self.assertNotEqual(criterion["evidence"], "", criterion)
        for name in ("F3", "P3", "S1"):
            self.assertEqual(run.states()[name], "not run")
            self.assertIn("twinlens soak", run.criterion(name)["command"])

    def check_files(self, run):
        names = {path.name for path in run.folder.iterdir()}
        self.assertEqual(names, {"accept.json", "accept.xml", "accept.html", "samples.jsonl", "serve.log"})
        samples = [json.loads(line) for line in (run.folder / "samples.jsonl").read_text().splitlines()]
        self.assertEqual(len(samples), 10)
        self.assertGreater(samples[0]["memory"]["total_bytes"], 1 << 28)
        self.assertGreater(samples[0]["process"]["serve"]["pss_bytes"], 1 << 20)
        suite = xml.etree.ElementTree.parse(run.folder / "accept.xml").getroot().find("testsuite")
        self.assertEqual(int(suite.get("tests")), len(IDS))
        self.assertIn("cam1", (run.folder / "accept.html").read_text())

    def check_against_other_programs(self, run):
        digest = next(one for one in run.report["digests"] if one["path"].endswith("twinlens-accept"))
        output = subprocess.run(
            ["sha256sum", f"{TWINLENS}-accept"], capture_output=True, text=True, timeout=30, check=True).stdout
        self.assertEqual(digest["sha256"], output.split()[0])
        memory = pathlib.Path("/proc/meminfo").read_text().split()
        total_mib = int(memory[memory.index("MemTotal:") + 1]) / 1024
        self.assertEqual(run.report["machine"]["memory"], f"{total_mib:.0f} MiB")
        self.assertEqual(run.report["machine"]["kernel"].split()[1], os.uname().release)

    def test_a_good_server(self):
        config = self.folder / "two.conf"
        config.write_text(TWO_CAMERAS)
        run = self.measure("--stage", "baseline", "-c", str(config))
        self.assertEqual([criterion["id"] for criterion in run.report["criteria"]], IDS)
        self.assertEqual(run.failed(), set())
        self.assertEqual({name: run.states()[name] for name in ("F2", "P1", "P5", "S2", "S3")}, {
            "F2": "pass", "P1": "not applicable", "P5": "pass", "S2": "pass", "S3": "pass"})
        self.assertEqual((run.report["complete"], run.report["stage"]), (True, "baseline"))
        boxes = {item["id"]: item["state"] for item in run.report["checklist"]}
        self.assertEqual(len(boxes), 17)
        self.assertEqual([boxes[name] for name in ("C04", "C08", "C12", "C17")],
                         ["found", "found", "not found", "signature"])
        self.check_nothing_is_made_up(run)
        self.check_files(run)
        self.check_against_other_programs(run)

    def test_a_camera_at_20_fps(self):
        run = self.measure_server(cameras=(GOOD[0], "cam1=synthetic,size=640x480,fps=20"))
        self.assertEqual(run.failed(), {"F1"})
        self.assertAlmostEqual(run.criterion("F1")["value"], 20, delta=1)
        self.assertIn("cam1", run.criterion("F1")["evidence"])
        self.assertEqual((run.status, run.report["verdict"]), (1, "fail"))
        self.assertEqual(run.states()["S3"], "not run")  # a server that was there is left alone

    def test_a_refused_viewer(self):
        run = self.measure_server("-o", "server.max_viewers=3")
        self.assertEqual(run.failed(), {"F2"})
        self.assertEqual(run.criterion("F2")["value"], 3)
        self.assertIn("503", run.criterion("F2")["evidence"])

    def test_a_server_over_budget(self):
        run = self.measure_server(preload=("hog.so",), may_be_late=True)
        self.assertEqual(run.failed(), {"P5"})
        self.assertGreater(run.criterion("P5")["value"], 220)

    def test_latency_over_the_baseline(self):
        early = self.folder / "early.json"
        early.write_text(json.dumps({"stage": "baseline", "ages": [[100, 100]] * 20, "criteria": []}))
        run = self.measure_server(accept=("--baseline", str(early)))
        self.assertEqual(run.failed(), {"P1"})
        self.assertGreater(run.criterion("P1")["low"], 10)
        self.assertTrue(run.report["baseline"].endswith("early.json"))


    @needs_bus
    def test_a_slow_start(self):
        bus = Bus()
        self.addCleanup(bus.close)
        self.addCleanup(bus.stop_systemd)
        manager, units = captured_boot()
        bus.start_systemd(manager=manager, units=units)
        run = self.measure_server(accept_env={"DBUS_SYSTEM_BUS_ADDRESS": bus.address}, may_be_late=True)
        self.assertEqual(run.failed(), set())
        start = run.criterion("P4")
        self.assertEqual(start["state"], "fail")
        self.assertAlmostEqual(start["value"], 31.972372, places=3)

    def test_with_a_soak(self):
        state = self.folder / "soak"
        with Server(cameras=GOOD) as server:
            url = f"http://127.0.0.1:{server.port}"
            run_twinlens("soak", url, "--duration", "6s", "--interval", "1s", "--state", str(state), seconds=30)
            run = self.measure("--soak", str(state), url=url, may_be_late=True)
        day, leak = run.criterion("F3"), run.criterion("P3")
        self.assertLess(day["value"], 0.01)
        self.assertIn(day["state"], ("undecided", "fail"))  # a fault there may be on a busy machine
        self.assertEqual(leak["state"], "undecided")
        if day["state"] == "undecided":
            self.assertAlmostEqual(day["needed_s"], 86400, delta=60)


class Endings(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_interrupted(self):
        config = self.folder / "two.conf"
        config.write_text(TWO_CAMERAS)
        run = Run(self.folder / "out", f"http://127.0.0.1:{free_port()}", "-c", str(config), seconds=60)
        process = run.start()
        samples = run.folder / "samples.jsonl"
        eventually(lambda: samples.exists() and (run.folder / "serve.log").read_text(), 10, "the server")
        time.sleep(8)
        process.send_signal(signal.SIGINT)
        run.finish(process)
        self.assertEqual(run.status, 1, run.stderr)
        self.assertFalse(run.report["complete"])
        self.assertEqual(run.states()["S2"], "not run")
        self.assertIn("incomplete", run.stdout)
        self.assertIn("interrupted", (run.folder / "accept.html").read_text())
        self.assertRegex((run.folder / "serve.log").read_text(), "(?s)ending")

    def test_no_server_can_be_started(self):
        config = self.folder / "bad.conf"
        config.write_text("[camera:cam0]\nnonsense = 1\n")
        run = Run(self.folder / "out", f"http://127.0.0.1:{free_port()}", "-c", str(config))
        run.finish(run.start())
        self.assertEqual((run.status, run.stdout, run.report), (1, "", None))
        self.assertIn("serve.log", run.stderr)
        self.assertIn("nonsense", (run.folder / "serve.log").read_text())

    def test_a_server_that_is_not_ours(self):
        class Other(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps({"cameras": [], "pid": os.getpid()}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Other) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            run = Run(self.folder / "out", f"http://127.0.0.1:{server.server_port}")
            run.finish(run.start())
            server.shutdown()
        self.assertEqual((run.status, run.stdout), (3, ""))
        self.assertIn("does not run on this machine", run.stderr)

    def test_baseline_that_is_none(self):
        for text in (None, "{", '{"stage":"hardware"}'):
            path = self.folder / "baseline.json"
            if text is not None:
                path.write_text(text)
            result = run_twinlens("accept", "--baseline", str(path), "--out", str(self.folder / "out"))
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertIn("baseline.json", result.stderr)

    def test_no_soak(self):
        result = run_twinlens("accept", "--soak", str(self.folder / "none"), "--out", str(self.folder / "out"))
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("none", result.stderr)
        result = run_twinlens(
            "accept", "--json", "--soak", str(self.folder / "none"), "--out", str(self.folder / "out"))
        self.assertIn("none", json.loads(result.stdout)["error"])

    def test_options(self):
        for arguments in (("--stage", "production"), ("--duration", "5s"), ("--duration", "2h"),
                          ("--duration", "soon"), ("now",), ("--url", "ftp://x"), ("--out", ""), ("--nonsense",)):
            result = run_twinlens("accept", *arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ""), arguments)
            self.assertNotEqual(result.stderr, "")
        self.assertIn("--baseline FILE", run_twinlens("accept", "--help").stdout)


main()
