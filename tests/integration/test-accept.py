"""twinlens accept: real servers with synthetic cameras, good ones and such that miss one criterion."""

import concurrent.futures
import functools
import http.server
import json
import os
import pathlib
import re
import shutil
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
from measure import Load, judge_once
from systemd import Bus, captured_boot, what_is_missing

# Passing pictures on takes little of the machine, which measures several servers at once.
GOOD = ("cam0=synthetic,size=640x480,fps=30,format=mjpeg", "cam1=synthetic,size=640x480,fps=30,format=mjpeg")
TWO_CAMERAS = "[camera:cam0]\nsource = synthetic,size=640x480,format=mjpeg\n" \
    "[camera:cam1]\nsource = synthetic,size=640x480\n"
# The others are of the machine, which does other work while tests run.
OF_THE_SERVER = {"F1", "F2", "F3", "P1", "P3", "P5", "S1", "S2", "S3"}
AT_ONCE = 6
BUSY_PERCENT = 90
IDS = ["F1", "F2", "F3", "F4", "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "S1", "S2", "S3", "S4"]
STATES = {"pass", "fail", "undecided", "not applicable", "not run", "error"}
# Of a board whose memory is in small pieces: a lack of pages of the higher orders, and plenty of single ones.
FRAGMENTED = "Node 0, zone   Normal  90000  9000   900    90     9     0     0     0     0     0     0\n"
MIB = 1024  # kB


class Run:
    """One run of accept in a folder of its own."""

    def __init__(self, folder, url, *arguments, seconds=10, program=TWINLENS, prefix=()):
        self.folder = pathlib.Path(folder)
        self.command = [
            *prefix, str(program), "accept", "--out", str(folder), "--duration", f"{seconds}s", "--url", url, *arguments]

    def start(self, env=None):
        return subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=child_environment(env), preexec_fn=die_with_parent)

    def finish(self, process):
        try:
            self.stdout, self.stderr = process.communicate(timeout=90 * PATIENCE)
        finally:
            process.kill()
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

    def failed(self, among=frozenset(OF_THE_SERVER)):
        return {name for name, state in self.states().items() if state == "fail"} & among

    def was_late(self):
        """Whether other programs, as those beside this one, kept the server or its viewers from running."""
        late = any("too busy" in criterion["evidence"] for criterion in self.report["criteria"])
        return late or (self.criterion("P2")["value"] or 0) > BUSY_PERCENT


class Beside:
    """A copy of the programs in a folder, some of them replaced by scripts."""

    def __init__(self, folder, **scripts):
        programs = pathlib.Path(TWINLENS).parent
        self.folder = folder / "programs"
        self.folder.mkdir()
        for name in ("twinlens", "twinlens-accept"):
            shutil.copy(programs / name, self.folder)
        for verb in ("serve", "boot", "soak", "tune", "simulate"):
            path = self.folder / f"twinlens-{verb}"
            if verb in scripts:
                path.write_text(f"#!/bin/sh\nfolder={folder}\nprogram={programs}/twinlens-{verb}\n{scripts[verb]}\n")
                path.chmod(0o755)
            else:
                path.symlink_to(programs / path.name)
        self.program = self.folder / "twinlens"


class Case:
    """What is measured: by default a server of accept's own that meets everything."""

    arguments = ()
    scripts = {}
    prefix = ()
    env = None
    server = None  # arguments of a server that runs already

    def __init__(self, **options):
        self.__dict__.update(options)

    def prepare(self, folder, url):
        """What takes a folder; arguments to add."""
        return ()

    def during(self, process, run):
        """Beside the run."""

    def measure(self, folder):
        folder.mkdir()
        config = folder / "two.conf"
        config.write_text(TWO_CAMERAS)
        if self.server is None:
            return self._run(folder, f"http://127.0.0.1:{free_port()}", "-c", str(config))
        with Server(*self.server.get("arguments", ()), cameras=self.server.get("cameras", GOOD),
                    preload=self.server.get("preload", ())) as server:
            return self._run(folder, f"http://127.0.0.1:{server.port}")

    def _run(self, folder, url, *arguments):
        program = Beside(folder, **self.scripts).program if self.scripts else TWINLENS
        extra = self.prepare(folder, url)
        prefix = [part.replace("FOLDER", str(folder)) for part in self.prefix]
        run = Run(folder / "out", url, *arguments, *self.arguments, *extra, program=program, prefix=prefix)
        process = run.start(self.env)
        self.during(process, run)
        return run.finish(process)


class Latency(Case):
    server = {}

    def prepare(self, folder, url):
        early = folder / "early.json"
        early.write_text(json.dumps({"stage": "baseline", "ages": [[10, 100]] * 20, "criteria": []}))
        return "--baseline", str(early)


class Soaked(Case):
    server = {}

    def prepare(self, folder, url):
        state = folder / "soak"
        run_twinlens("soak", url, "--duration", "6s", "--interval", "1s", "--state", str(state), seconds=30)
        return "--soak", str(state)


class KilledInStress(Case):
    """While more viewers come the server dies; what then starts is a good one."""

    def during(self, process, run):
        log = run.folder / "serve.log"
        eventually(lambda: len((run.folder / "samples.jsonl").read_text().splitlines()) == 10
                   if log.exists() else False, 40, "the run with four viewers")
        time.sleep(1)
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        servers = [pid for pid in children if pathlib.Path(f"/proc/{pid}/comm").read_text() == "twinlens-serve\n"]
        os.kill(int(servers[0]), signal.SIGKILL)


class SlowStart(Case):
    """By systemd's own timestamps, over D-Bus."""

    def measure(self, folder):
        bus = Bus()
        try:
            manager, units = captured_boot()
            bus.start_systemd(manager=manager, units=units)
            self.env = {"DBUS_SYSTEM_BUS_ADDRESS": bus.address}
            return super().measure(folder)
        finally:
            bus.stop_systemd()
            bus.close()


class Machine(Case):
    """Files of /proc as another machine has them, seen by accept and what it starts."""

    def __init__(self, **files):
        super().__init__(files=files, prefix=["unshare", "--mount", "sh", "-c", " && ".join(
            [*(f"mount --bind FOLDER/{name} /proc/{name}" for name in files), 'exec "$@"']), "sh"])

    def prepare(self, folder, url):
        for name, text in self.files.items():
            (folder / name).write_text(text)
        return ()


def meminfo(total, available):
    text = pathlib.Path("/proc/meminfo").read_text()
    for name, mib in (("MemTotal", total), ("MemAvailable", available), ("Hugetlb", 0)):
        text = re.sub(rf"(?m)^{name}:.*$", f"{name}: {mib * MIB} kB", text)
    return text


LEAK = {"measured_s": 8 * 86400, "verdict": "LEAK", "slope_bytes_per_day": 5e6, "low": 4e6, "high": 6e6, "bars": []}
# What systemd cannot say before the measurement is asked for again after it.
LATE_BOOT = """cd "$folder"
if [ -s out/samples.jsonl ]; then echo after >>asked; echo '{"total_s": 31}'; else echo before >>asked; exit 1; fi"""
# As simulate around cat, but takes nothing; the memory of the last turn, the third time, is gone too early.
SHORT_TURNS = """echo >>"$folder/takes"; cat >&2
echo '{"exit_status": '$(($(wc -l <"$folder/takes") / 3))', "machine": {"huge_page_bytes": 1048576}}'"""
SECOND_START = 'echo >>"$folder/starts"; [ $(wc -l <"$folder/starts") = 2 ] && {}\nexec $program "$@"'
CASES = {
    "slow to recover": Case(scripts={"serve": SECOND_START.format("sleep 10.2")}),  # the longest first
    "soaked": Soaked(),
    "good": Case(arguments=("--stage", "baseline")),
    "20 fps": Case(server={"cameras": (GOOD[0], "cam1=synthetic,size=640x480,fps=20,format=mjpeg")}),
    "refused": Case(server={"arguments": ("-o", "server.max_viewers=3")}),
    "large": Case(server={"preload": ("hog.so",)}),
    "slow encoder": Case(server={"cameras": (GOOD[0], "cam1=synthetic,size=640x480"), "preload": ("slow-encoder.so",)}),
    "latency": Latency(),
    "crash loop": Case(scripts={"serve": SECOND_START.format("exit 1")}),
    "killed in stress": KilledInStress(),
    "short turns": Case(server={}, scripts={"simulate": SHORT_TURNS}, arguments=("--stage", "simulated")),
    "slow boot": Case(server={}, scripts={"boot": LATE_BOOT}),
    "leak": Case(scripts={"soak": f"echo '{json.dumps(LEAK)}'"}, arguments=("--soak", "/nowhere")),
}
WHY_NOT = {name: "not root: files of /proc cannot be replaced"
           for name in ("fragmented", "short of margin", "large system")}
if what_is_missing():
    WHY_NOT["slow start"] = what_is_missing()
else:
    CASES["slow start"] = SlowStart()
if os.geteuid() == 0:
    CASES["fragmented"] = Machine(buddyinfo=FRAGMENTED)
    CASES["short of margin"] = Machine(meminfo=meminfo(3600, 1300))
    CASES["large system"] = Machine(meminfo=meminfo(4000, 1500))


class Batch:
    """All cases, several at once."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        self.is_busy = False
        self.load = Load()
        self.pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
        self.runs = {
            name: self.pool.submit(case.measure, self.folder / name.replace(" ", "-")) for name, case in CASES.items()}

    def again(self, name):
        """Alone. Where even that is late others need no second run."""
        concurrent.futures.wait(self.runs.values())
        run = CASES[name].measure(self.folder / f"{name.replace(' ', '-')}-again")
        self.is_busy = run.was_late()
        return run

    def close(self):
        self.pool.shutdown()
        self.temporary.cleanup()


def setUpModule():
    global batch  # the tests below wait for its runs, and what they do themselves goes beside it
    batch = Batch()
    unittest.addModuleCleanup(batch.close)


def judged(test):
    """What fails while other programs have much of the machine is skipped: there was one measurement for all tests."""

    @functools.wraps(test)
    def run(case):
        try:
            test(case)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            judge_once(case, False, " ".join(str(error).split())[:300], Load().others_since(batch.load))

    return run


class Verdicts(unittest.TestCase):
    """Servers and machines that miss one criterion each: exactly that one fails. Those that the machine was too busy for
    are measured again, alone."""

    def measure(self, name, may_be_late=False):
        if name not in CASES:
            self.skipTest(WHY_NOT[name])
        run = batch.runs[name].result()
        if not may_be_late and run.was_late() and not batch.is_busy:
            run = batch.again(name)
        note(run.stdout or run.stderr)
        if not may_be_late and run.was_late():
            self.skipTest("the machine is too busy to measure")
        return run

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

    @judged
    def test_a_good_server(self):
        run = self.measure("good")
        self.assertEqual([criterion["id"] for criterion in run.report["criteria"]], IDS)
        self.assertEqual(run.failed(), set())
        self.assertEqual({name: run.states()[name] for name in ("F2", "P1", "P5", "S2", "S3")}, {
            "F2": "pass", "P1": "not applicable", "P5": "pass", "S2": "pass", "S3": "pass"})
        self.assertEqual((run.report["complete"], run.report["stage"]), (True, "baseline"))
        boxes = {item["id"]: item["state"] for item in run.report["checklist"]}
        self.assertEqual(len(boxes), 17)
        self.assertEqual([boxes[name] for name in ("C04", "C08", "C12", "C17")],
                         ["found", "found", "not found", "signature"])
        self.assertIn("no camera pulled out", run.criterion("S3")["evidence"])
        self.assertIsNone(run.report["simulation"])
        self.check_nothing_is_made_up(run)
        self.check_files(run)
        self.check_against_other_programs(run)

    @judged
    def test_a_camera_at_20_fps(self):
        run = self.measure("20 fps")
        self.assertEqual(run.failed(), {"F1"})
        self.assertAlmostEqual(run.criterion("F1")["value"], 20, delta=1)
        self.assertIn("cam1", run.criterion("F1")["evidence"])
        self.assertEqual((run.status, run.report["verdict"]), (1, "fail"))
        self.assertEqual(run.states()["S3"], "not run")  # a server that was there is left alone

    @judged
    def test_a_slow_encoder(self):
        run = self.measure("slow encoder")
        self.assertEqual(run.failed(), {"F1"})
        self.assertLess(run.criterion("F1")["value"], 18)

    @judged
    def test_a_refused_viewer(self):
        run = self.measure("refused")
        self.assertEqual(run.failed(), {"F2"})
        self.assertEqual(run.criterion("F2")["value"], 3)
        self.assertIn("503", run.criterion("F2")["evidence"])

    @judged
    def test_a_server_over_budget(self):
        run = self.measure("large", may_be_late=True)
        self.assertEqual(run.failed(), {"P5"})
        self.assertGreater(run.criterion("P5")["value"], 220)

    @judged
    def test_latency_over_the_baseline(self):
        run = self.measure("latency")
        self.assertEqual(run.failed(), {"P1"})
        self.assertGreater(run.criterion("P1")["low"], 10)
        self.assertTrue(run.report["baseline"].endswith("early.json"))

    @judged
    def test_a_crash_loop(self):
        run = self.measure("crash loop", may_be_late=True)
        self.assertEqual(run.failed(), {"S3"})
        self.assertIsNone(run.criterion("S3")["value"])

    @judged
    def test_a_slow_recovery(self):
        run = self.measure("slow to recover", may_be_late=True)
        self.assertEqual(run.failed(), {"S3"})
        self.assertGreater(run.criterion("S3")["value"], 10)

    @judged
    def test_a_server_that_dies_under_stress(self):
        run = self.measure("killed in stress")
        self.assertEqual(run.failed(), {"S2"})

    @judged
    def test_a_leak(self):
        run = self.measure("leak", may_be_late=True)
        self.assertEqual(run.failed(), {"P3"})
        self.assertEqual((run.states()["F3"], run.states()["S1"]), ("pass", "pass"))
        self.assertAlmostEqual(run.criterion("P3")["value"], 5e6 / 24 / 1024, places=3)

    @judged
    def test_a_slow_start(self):
        run = self.measure("slow start", may_be_late=True)
        self.assertEqual(run.failed(OF_THE_SERVER | {"P4"}), {"P4"})
        self.assertAlmostEqual(run.criterion("P4")["value"], 31.972372, places=3)

    def test_turns_that_do_not_count_leave_the_run(self):
        run = self.measure("short turns", may_be_late=True)
        self.assertEqual(len((run.folder.parent / "takes").read_text()), 3)
        self.assertIn("given back before the measurement was over", run.stderr)
        self.assertTrue(run.report["complete"])
        self.assertEqual(run.states()["P1"], "not run")  # there is no baseline either
        self.assertIn("1 MiB taken from the whole machine", run.report["simulation"]["summary"])

    def test_the_start_up_is_read_before_and_where_it_must_be_after(self):
        run = self.measure("slow boot", may_be_late=True)
        self.assertEqual((run.folder.parent / "asked").read_text().split(), ["before", "after"])
        self.assertEqual((run.states()["P4"], run.criterion("P4")["value"]), ("fail", 31))

    @judged
    def test_fragmented_memory(self):
        run = self.measure("fragmented", may_be_late=True)
        self.assertEqual(run.failed(OF_THE_SERVER | {"S4"}), {"S4"})
        self.assertGreater(run.criterion("S4")["value"], 0.5)

    @judged
    def test_too_little_memory(self):
        of_memory = OF_THE_SERVER | {"F4", "P6", "P7", "P8"}
        margin, system = (self.measure(name, may_be_late=True) for name in ("short of margin", "large system"))
        self.assertEqual(margin.failed(of_memory), {"P8"})
        self.assertEqual(margin.criterion("P8")["value"], 800)
        self.assertEqual(system.failed(of_memory), {"P6"})

    @judged
    def test_with_a_soak(self):
        run = self.measure("soaked", may_be_late=True)
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
        eventually(lambda: samples.exists() and samples.read_text(), 40, "the first sample")
        process.send_signal(signal.SIGINT)
        run.finish(process)
        self.assertEqual(run.status, 1, run.stderr)
        self.assertFalse(run.report["complete"])
        self.assertEqual(run.states()["S2"], "not run")
        self.assertIn("incomplete", run.stdout)
        self.assertIn("interrupted", (run.folder / "accept.html").read_text())
        self.assertRegex((run.folder / "serve.log").read_text(), "(?s)ending")

    def test_interrupted_while_memory_is_taken(self):
        taking = self.folder / "taking"
        program = Beside(self.folder, simulate='echo $$ >"$folder/taking"; exec sleep 100').program
        run = Run(self.folder / "out", f"http://127.0.0.1:{free_port()}", "--stage", "simulated", program=program)
        process = run.start()
        eventually(lambda: taking.exists() and taking.read_text(), 40, "memory is being taken")
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        run.finish(process)
        self.assertLess(time.monotonic() - begun, 20 * PATIENCE)
        self.assertEqual((run.status, run.stdout, run.report), (1, "", None), run.stderr)
        self.assertIn("interrupted", run.stderr)
        self.assertFalse(pathlib.Path(f"/proc/{int(taking.read_text())}").exists())

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

    def test_less_memory_than_there_is_cannot_be_had(self):
        run = Run(self.folder / "out", f"http://127.0.0.1:{free_port()}", "--stage", "simulated", "--memory", "64000G")
        run.finish(run.start())
        self.assertEqual((run.status, run.stdout, run.report), (3, "", None))
        self.assertRegex(run.stderr, "which is not more than the 65536000 MiB|root")
        self.assertEqual((run.folder / "serve.log").read_text(), "")  # no server was started for it

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
                          ("--duration", "soon"), ("--memory", "4G"), ("--stage", "simulated", "--memory", "1M"), ("now",), ("--url", "ftp://x"), ("--out", ""), ("--nonsense",)):
            result = run_twinlens("accept", *arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ""), arguments)
            self.assertNotEqual(result.stderr, "")
        self.assertIn("--baseline FILE", run_twinlens("accept", "--help").stdout)


main()
