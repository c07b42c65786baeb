#!/usr/bin/env python3
"""The recorder: its figures against /proc by hand, alerts and their actions, and that no sample is lost."""

import contextlib
import json
import os
import pathlib
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import harness
import prometheus
from harness import (IS_SANITIZED, PATIENCE, TWINLENS, Server, child_environment, die_with_parent, eventually, figure, free_port,
                     run_twinlens)
from measure import Load, judge, judge_once

PAGE = os.sysconf("SC_PAGESIZE")
COUNTS = struct.Struct("=QQ")
LATE_MS = 100


class Watch:
    """A running `twinlens watch` with files of its own, ended and judged at the end of a with block."""

    def __init__(self, *arguments, interval="100ms", conf="", env=None, preload=(), samples=True):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.samples = self.path / "watch.jsonl"
        lines = [f"[watch]\ninterval = {interval}\nlog = {self.path}/watch.log\nstate = {self.path}/state.json"]
        if samples:
            lines.append(f"samples = {self.samples}")
        (self.path / "watch.conf").write_text("\n".join(lines) + "\n" + conf.replace("@", str(self.path)))
        self.errors = open(self.path / "stderr", "w+")
        self.process = subprocess.Popen(
            [TWINLENS, "watch", "-c", self.path / "watch.conf", *map(str, arguments)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self.errors, env=child_environment(env, preload), preexec_fn=die_with_parent,
        )
        self.pid = self.process.pid
        self.before = Load()

    def stderr(self):
        return (self.path / "stderr").read_text()

    def documents(self):
        """All samples, of the rotated files, too; the oldest first."""
        names = sorted(self.path.glob("watch.jsonl*"), key=lambda path: -int(path.suffix[1:]) if path.suffix[1:].isdigit() else 0)
        found = []
        for path in names:
            with contextlib.suppress(FileNotFoundError):
                # The end of a line that is being written may not be there yet.
                lines = path.read_text().splitlines(keepends=True)
                found += [json.loads(line) for line in lines if line.endswith("\n")]
        return sorted(found, key=lambda document: document["sample"]["sequence"])

    def wait_documents(self, count, seconds=10):
        eventually(lambda: len(self.documents()) >= count or self.process.poll() is not None, seconds, f"{count} samples")
        return self.documents()

    def state(self):
        return json.loads((self.path / "state.json").read_text())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        output, _ = self.process.communicate(timeout=10 * PATIENCE)
        errors = self.stderr()
        if self.process.returncode != 0 or harness.SANITIZER_WORDS.search(errors):
            raise AssertionError(f"ended with {self.process.returncode}:\n{errors}")
        return output

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        try:
            if self.process.poll() is None:
                self.process.kill() if kind else self.stop()
            if kind:
                harness.note("watch said:\n" + self.stderr())
        finally:
            self.process.stdout.close()
            self.process.wait()
            self.errors.close()
            self.folder.cleanup()


@contextlib.contextmanager
def running(*command):
    """A program that runs until the end of the block."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=child_environment(),
                               preexec_fn=die_with_parent)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def child(code):
    """The same of Python."""
    return running(sys.executable, "-c", code)


def viewer(server, camera):
    """A viewer of one camera that reads until the end of the block."""
    return running(TWINLENS, "load", f"ws://127.0.0.1:{server.port}/ws/video/{camera}", "--viewers", "1", "--duration", "5m")


def idle():
    return child("import time; time.sleep(600)")


def entry_of(document, pid):
    """The process of a sample; None in the first ones. Servers of other tests may be among them."""
    return next((entry for entry in document.get("process", {}).values() if entry["pid"] == pid), None)


def read_kb(path):
    fields = {}
    for line in pathlib.Path(path).read_text().splitlines():
        if match := re.match(r"(\w+):\s+(\d+) kB", line):
            fields[match[1]] = int(match[2]) * 1024
    return fields


class Figures(unittest.TestCase):
    def once(self, *arguments):
        result = run_twinlens("watch", "--once", "--interval", "100ms", "-c", "/dev/null", "--json", *map(str, arguments))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return json.loads(result.stdout)

    def test_memory_is_as_in_meminfo(self):
        before = read_kb("/proc/meminfo")
        memory = self.once()["memory"]
        after = read_kb("/proc/meminfo")
        self.assertEqual(memory["total_bytes"], before["MemTotal"])
        for name, key in (("available", "MemAvailable"), ("free", "MemFree"), ("cached", "Cached"), ("slab", "Slab"),
                          ("anonymous", "AnonPages"), ("buffers", "Buffers")):
            # It moves between the three readings by as much as it moves between the outer two, or a little more.
            slack = abs(after[key] - before[key]) + (64 << 20)
            self.assertAlmostEqual(memory[f"{name}_bytes"], before[key], delta=slack, msg=name)
        if before["Hugetlb"] == after["Hugetlb"]:
            usable = memory["total_bytes"] - before["Hugetlb"]
            self.assertAlmostEqual(memory["used_percent"], 100 * (usable - memory["available_bytes"]) / usable, places=2)

    def test_a_process_is_as_in_smaps_rollup(self):
        with idle() as process:
            time.sleep(0.3)
            process.send_signal(signal.SIGSTOP)
            entry = entry_of(self.once("--pid", process.pid), process.pid)
            fields = read_kb(f"/proc/{process.pid}/smaps_rollup")
            # Shared pages are parted anew whenever somebody else maps them, so PSS is not exact.
            self.assertAlmostEqual(entry["pss_bytes"], fields["Pss"], delta=2 << 20)
            self.assertAlmostEqual(entry["rss_bytes"], fields["Rss"], delta=PAGE)
            self.assertAlmostEqual(entry["anonymous_bytes"], fields["Pss_Anon"] + fields["SwapPss"], delta=PAGE)
            self.assertEqual(entry["descriptors"], len(os.listdir(f"/proc/{process.pid}/fd")))
            self.assertEqual(entry["threads"], 1)
            self.assertEqual(entry["state"], "running")

    def test_fragmentation_is_as_in_buddyinfo(self):
        zones = {}
        for line in pathlib.Path("/proc/buddyinfo").read_text().splitlines():
            match = re.match(r"Node (\d+), zone\s+(\w+)\s+(.*)", line)
            zones[match[1], match[2]] = [int(count) for count in match[3].split()]
        unusable = self.once()["fragmentation"]["unusable"]
        for (node, zone), counts in zones.items():
            values = unusable[node][zone]
            self.assertEqual(len(values), len(counts))
            self.assertTrue(all(0 <= value <= 1 for value in values.values()), values)
            free = sum(count << order for order, count in enumerate(counts))
            if zone == "DMA" and free:  # nobody takes from it, so it is the same in both readings
                for order in range(len(counts)):
                    suitable = sum(count << (i - order) for i, count in enumerate(counts) if i >= order)
                    expected = (free - (suitable << order)) * 1000 // free / 1000
                    self.assertAlmostEqual(values[str(order)], expected, delta=0.001)

    def test_a_leak_is_seen(self):
        leak = "import time\nkept = []\nwhile True:\n    kept.append(bytearray(1 << 20))\n    time.sleep(0.02)"
        with child(leak) as process, Watch("--pid", process.pid) as watch:
            documents = watch.wait_documents(20)
            entries = [entry_of(document, process.pid) for document in documents]
            values = [entry["anonymous_bytes"] for entry in entries if entry]
            self.assertGreater(values[-1] - values[0], 20 << 20)
            self.assertTrue(all(a <= b for a, b in zip(values, values[1:])), values)

    def test_a_stopped_and_an_ended_process(self):
        with idle() as process, Watch("--pid", process.pid) as watch:
            process.send_signal(signal.SIGSTOP)
            watch.wait_documents(5)
            process.kill()
            process.wait()
            entry = eventually(lambda: (entry := entry_of(watch.documents()[-1], process.pid)) and
                               entry["state"] == "ended" and entry, 5, "its end is shown")
            self.assertIsNone(entry["pss_bytes"])
            self.assertRegex(watch.stderr(), f"pid {process.pid} ended")
            check_complete(self, watch)

    def test_what_is_absent_is_told_once(self):
        with Watch() as watch:
            document = watch.wait_documents(5)[-1]
            said = watch.stderr()
            for figure_name, words in (("zram.stored_bytes", "zram: absent: "), ("cpu.frequency_hz", "cpu.frequency_hz: absent: "),
                                       ("cpu.temperature_celsius", "cpu.temperature_celsius: absent: "),
                                       ("memory.cma_free_bytes", "memory.cma_free_bytes: absent: "),
                                       ("psi.memory.some_percent", "psi.memory: absent: ")):
                value = document
                for part in figure_name.split("."):
                    value = value[part]
                self.assertEqual(said.count(words), value is None, figure_name)

    def test_textfile(self):
        with Watch(conf="textfile = @/watch.prom\n") as watch:
            eventually(lambda: (watch.path / "watch.prom").exists(), 5, "the file")
            watch.wait_documents(12)
            text = (watch.path / "watch.prom").read_text()
            metrics = prometheus.Metrics(text)
            self.assertEqual(metrics.samples["twinlens_watch_memory_total_bytes", ()], read_kb("/proc/meminfo")["MemTotal"])
            self.assertEqual(metrics.samples["twinlens_watch_alert_active", (("name", "zram"),)], 0)


class OfTheServer(unittest.TestCase):
    """The figures that a server reports of itself. It is asked every ten seconds at most."""

    def wait(self, watch, check, what):
        return eventually(lambda: next((document for document in watch.documents()[::-1] if "server" in document and
                                        check(document)), None), 25, what)

    def test_they_are_as_in_its_status(self):
        with Server() as server, viewer(server, "cam0"):
            eventually(lambda: server.camera()["fps"] > 20, 10, "frames")
            conf = (f"server = http://127.0.0.1:{server.port}\ntextfile = @/watch.prom\n"
                    "[alert:slow]\nwhen = camera.cam1.state < streaming and camera.cam0.fps > 1\n"
                    "exec = echo $TWINLENS_EVENT $TWINLENS_CAMERA_CAM0_STATE $TWINLENS_SERVER_VIEWERS >> @/out\n")
            with Watch(conf=conf) as watch:
                found = self.wait(watch, lambda document: document["server"]["viewers"] == 1, "the viewer")
                self.assertEqual({name: camera["state"] for name, camera in found["camera"].items()},
                                 {"cam0": "streaming", "cam1": "idle"})
                self.assertAlmostEqual(found["camera"]["cam0"]["fps"], server.camera()["fps"], delta=10)
                self.assertGreater(found["server"]["heap_bytes"], -1 if IS_SANITIZED else 1000)  # they have a heap of their own
                eventually(lambda: (watch.path / "out").exists() and (watch.path / "out").read_text(), 5, "the command")
                self.assertEqual((watch.path / "out").read_text(), "raised streaming 1\n")
                alert, = eventually(lambda: watch.state()["alerts"], 3, "the alert")
                self.assertEqual((alert["figure"], alert["op"], alert["value"], alert["limit"]),
                                 ("camera.cam1.state", "<", "idle", "streaming"))
                self.assertRegex(watch.stderr(), r"camera.cam1.state is idle \(< streaming\), camera.cam0.fps is \d")
                self.assertIn(" | server viewers 1, heap ", (watch.path / "watch.log").read_text())

                def samples():
                    return prometheus.Metrics((watch.path / "watch.prom").read_text()).samples

                eventually(lambda: samples().get(("twinlens_watch_server_viewers", ())) == 1, 3, "the textfile")
                self.assertEqual(samples()["twinlens_watch_camera_state", (("name", "cam1"), ("state", "idle"))], 1)
                result = run_twinlens("watch", "-c", watch.path / "watch.conf", "--since", "1h")
                self.assertRegex(result.stdout, r"\ncamera.cam0.state +streaming +- +streaming +streaming\n")
                self.assertRegex(result.stdout, r"\nserver.viewers +1 +1.0 +1 +1\n")
                self.assertNotIn("absent: http", watch.stderr())
                check_complete(self, watch)

    def test_a_server_that_hangs(self):
        with Server() as server:
            server.send_signal(signal.SIGSTOP)  # before it is asked: it is asked again only ten seconds later
            with Watch(conf=f"server = http://127.0.0.1:{server.port}\n") as watch:
                eventually(lambda: "camera, server: absent: " in watch.stderr(), 5, "that it does not answer")
                last = self.wait(watch, lambda document: document["server"]["viewers"] is None, "no figures")
                self.assertEqual((last["camera"], last["server"]), ({}, {"viewers": None, "heap_bytes": None}))
                server.send_signal(signal.SIGCONT)
                eventually(lambda: "the server answers" in watch.stderr(), 25, "that it answers")
                self.assertEqual(watch.stderr().count("camera, server: absent: "), 1, watch.stderr())
                check_complete(self, watch)

    def test_a_server_that_is_gone(self):
        url = f"http://127.0.0.1:{free_port()}"
        with Watch(conf=f"server = {url}\n") as watch:
            eventually(lambda: f"camera, server: absent: {url}/api/status: " in watch.stderr(), 5, "the reason")
            self.assertIsNone(watch.wait_documents(10)[-1]["server"]["viewers"])

    def test_a_running_server_is_found(self):
        with Server() as server:
            document = Figures.once(self)
            first = document["process"]["serve"]["pid"]
            self.assertIn("cam0", document["camera"])
            if first == server.pid:
                self.assertEqual(document["server"]["viewers"], 0)


def check_complete(test, watch, told=""):
    """No system sample was lost, by their sequence, and none was late. What is last in a test: it may be skipped."""
    documents = watch.documents()
    sequence = [document["sample"]["sequence"] for document in documents]
    test.assertEqual(sequence, list(range(len(sequence))))
    latest = f"the latest of {len(documents)} samples {latest_ms(documents):.1f} ms late"
    if told:
        figure(f"watch, {told}: none lost, {latest}")
    is_good = IS_SANITIZED or latest_ms(documents) < LATE_MS
    judge_once(test, is_good, latest, Load().others_since(watch.before))


def latest_ms(documents):
    return max(document["sample"]["late_ms"] for document in documents)


class Faults(unittest.TestCase):
    def test_hundred_samples_a_second_with_rotation(self):
        with Watch(interval="10ms", conf="rotate = 64K\nkeep = 100\n") as watch:
            for i in range(6):
                time.sleep(0.5)
                if i % 2:  # as logrotate does
                    os.rename(watch.samples, watch.path / f"watch.jsonl.{200 + i}")
                else:
                    watch.process.send_signal(signal.SIGHUP)
            watch.stop()
            files = len(list(watch.path.glob("watch.jsonl*")))
            self.assertGreater(files, 6)
            check_complete(self, watch, f"100 samples a second in {files} files")

    def test_a_full_disk(self):
        with Watch(interval="50ms", conf="rotate = 0\n") as watch:
            watch.wait_documents(5)
            size = watch.samples.stat().st_size
            resource.prlimit(watch.pid, resource.RLIMIT_FSIZE, (size + 1000, resource.RLIM_INFINITY))
            eventually(lambda: "cannot be written" in watch.stderr(), 5, "the message")
            time.sleep(1.5)
            watch.samples.read_text().encode()
            self.assertTrue(watch.samples.read_bytes().endswith(b"}\n"), "no part of a line is left")
            resource.prlimit(watch.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            eventually(lambda: "written again" in watch.stderr(), 5, "the message that it works again")
            time.sleep(0.3)
            watch.stop()
            self.assertGreater(len(watch.documents()), 30)
            check_complete(self, watch, "full disk")

    def test_a_hanging_action(self):
        conf = ("action_timeout = 1s\naction_retry = 100ms\naction_attempts = 2\n"
                "[alert:a]\nwhen = memory.used_percent > 0.01\nexec = trap '' TERM; sleep 60\n"
                "[alert:b]\nwhen = memory.used_percent > 0.01\nexec = sleep 60\n")
        with Watch(interval="50ms", conf=conf) as watch:
            eventually(lambda: "alert b: command sleep 60: was ended after 1.0 s; given up after 2 attempts"
                       in watch.stderr(), 10, "the end of the action")
            eventually(lambda: watch.state()["actions_failed"] > 1, 3, "they are counted")
            check_complete(self, watch)

    def test_a_failing_mail_program(self):
        conf = ("sendmail = /bin/false\naction_retry = 100ms\naction_attempts = 3\n"
                "[alert:memory]\nwhen = memory.used_percent > 0.01\nmail = root\n")
        with Watch(interval="50ms", conf=conf) as watch:
            eventually(lambda: "mail to root: exit status 1; given up after 3 attempts" in watch.stderr(), 10,
                       "the end of the attempts")
            eventually(lambda: watch.state()["actions_failed"] == 3, 3, "they are counted")
            self.assertIn("mail to root", watch.state()["last_action_error"])
            check_complete(self, watch)

    def test_standard_output_that_nobody_reads(self):
        process = subprocess.Popen([TWINLENS, "watch", "-c", "/dev/null", "--json", "--interval", "20ms"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=child_environment(),
                                   preexec_fn=die_with_parent)
        self.assertEqual(json.loads(process.stdout.readline())["sample"]["sequence"], 0)
        process.stdout.close()
        self.assertEqual(process.wait(5 * PATIENCE), 1)
        self.assertIn("standard output", process.stderr.read().decode())
        process.stderr.close()


class Alerts(unittest.TestCase):
    def watch_hog(self, process, conf):
        comm = pathlib.Path(f"/proc/{process.pid}/comm")
        eventually(lambda: comm.read_text() == "hog\n", 5, "its name")
        return Watch("--name", "hog", conf=conf)

    def test_an_alert_from_its_raising_to_its_end(self):
        """A process grows and ends; the command gets the figures, the mail its text, the state file its time."""
        conf = ("sendmail = @/sendmail\n[alert:\u5185\u5b58]\nwhen = process.hog.anonymous_bytes > 100M\nhold = 200ms\n"
                "exec = echo $TWINLENS_EVENT $TWINLENS_PROCESS_HOG_ANONYMOUS_BYTES >> @/out\nmail = root\n"
                "subject = \u5185\u5b58\u544a\u8b66\n")
        hog = ("import ctypes, signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])\n"
               "ctypes.CDLL(None).prctl(15, b'hog')\nsignal.sigwait([signal.SIGUSR1])\n"
               "kept = bytearray(200 << 20)\ntime.sleep(600)")
        # It runs before watch does, which looks for new processes every 10 s.
        with child(hog) as process, self.watch_hog(process, conf) as watch:
            script = watch.path / "sendmail"
            script.write_text(f"#!/bin/sh\ncd {watch.path} && cat > new.$$ && mv new.$$ mail.$$\n")
            script.chmod(0o755)
            watch.wait_documents(3)
            self.assertEqual(watch.state()["alerts"], [])
            process.send_signal(signal.SIGUSR1)
            eventually(lambda: (watch.path / "out").exists() and (watch.path / "out").read_text(), 10, "the command")
            event, size = (watch.path / "out").read_text().split()
            self.assertEqual(event, "raised")
            self.assertGreater(int(size), 100 << 20)
            alert, = eventually(lambda: watch.state()["alerts"], 3, "the alert in the state file")
            self.assertEqual(alert["name"], "\u5185\u5b58")
            self.assertEqual(alert["figure"], "process.hog.anonymous_bytes")
            self.assertLess(abs(time.time() * 1000 - watch.state()["unix_ms"]), 3000 * PATIENCE)
            process.kill()
            process.wait()
            eventually(lambda: "cleared" in (watch.path / "out").read_text(), 5, "the end")
            eventually(lambda: watch.state()["alerts"] == [], 3, "the end in the state file")
            mails = eventually(lambda: len(list(watch.path.glob("mail.*"))) == 2 and
                               [path.read_text() for path in watch.path.glob("mail.*")], 5, "two mails")
            for mail in mails:
                self.assertRegex(mail, r"^To: root\nSubject: =\?UTF-8\?B\?")
                self.assertRegex(mail, r"\nalert \u5185\u5b58 (raised|cleared): process.hog.anonymous_bytes is .* "
                                       r"\(> 104857600\); since 20.*stalled by memory .*; largest: .*\(\d+\)")
            self.assertRegex(watch.stderr(), r"raised: .*largest: \S+ \(\d+\) \d")
            self.assertRegex((watch.path / "watch.log").read_text(), "alert \u5185\u5b58 raised")
            self.assertRegex(watch.stderr(), "alert \u5185\u5b58 cleared")
            watch.stop()
            self.assertFalse((watch.path / "state.json").exists())


class InTheServer(unittest.TestCase):
    """Active alerts stand in the status, the metrics and top, as long as watch runs."""

    CONF = "[alert:memory]\nwhen = memory.used_percent > 0.01\n[alert:\u5185\u5b58]\nwhen = memory.used_percent > 99.9\n"

    def test_while_they_are_active(self):
        with Watch(conf=self.CONF) as watch, Server("-o", f"server.watch_state={watch.path}/state.json") as server:
            alert, = eventually(lambda: server.status()["alerts"], 5, "the alert in the status")
            said, = watch.state()["alerts"]
            self.assertEqual([alert[key] for key in ("name", "figure", "op", "limit", "since")],
                             ["memory", "memory.used_percent", ">", 0.01, said["since"]])
            self.assertAlmostEqual(alert["value"], said["value"], delta=20)
            self.assertIs(server.status()["watch_running"], True)
            samples = prometheus.Metrics(server.get("/metrics").text).samples
            active = {key: value for key, value in samples.items() if key[0] == "twinlens_alert_active"}
            self.assertEqual(active, {("twinlens_alert_active", (("figure", "memory.used_percent"), ("name", "memory"))): 1})
            self.assertEqual(samples["twinlens_watch_running", ()], 1)
            table = run_twinlens("top", "--url", f"http://127.0.0.1:{server.port}").stdout
            self.assertRegex(table, r"(?m)^alert memory: memory.used_percent is [\d.]+ \(> 0.01\), since 20\d\d-\S+ \S+$")
            # It is read once a second at most, however often it is asked for.
            reads = self.count_reads(server)
            self.assertLessEqual(reads, 3)
            watch.stop()
            eventually(lambda: server.status()["alerts"] == [], 5, "no alert without watch")
            self.assertIs(server.status()["watch_running"], False)
            self.assertEqual(server.log.count("alerts: "), 0, server.log)

    def wait_alert(self, watch):
        watch.wait_documents(2)
        eventually(lambda: watch.state()["alerts"], 5, "the alert")

    def count_reads(self, server):
        """How often the state file is opened in 1.5 s of requests."""
        with tempfile.NamedTemporaryFile("r") as log:
            tracer = ["strace", "-f", "-qq", "-e", "trace=openat", "-o", log.name, "-p", str(server.pid)]
            try:
                process = subprocess.Popen(tracer, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
            except FileNotFoundError:
                return 0
            end = time.monotonic() + 1.5
            while time.monotonic() < end:
                server.status()
            process.terminate()
            process.wait()
            return log.read().count("state.json")

    def test_a_dead_watch_does_not_show_them_for_ever(self):
        with tempfile.TemporaryDirectory() as folder:
            state = pathlib.Path(folder) / "state.json"
            with Server("-o", f"server.watch_state={state}") as server:
                self.assertEqual((server.status()["alerts"], server.status()["watch_running"]), ([], False))
                with Watch(conf=self.CONF) as watch:
                    self.wait_alert(watch)
                    watch.process.kill()
                    watch.process.wait()
                    state.write_bytes((watch.path / "state.json").read_bytes())
                eventually(lambda: server.status()["alerts"], 3, "the alert in the status")
                # Two intervals of 0.1 s and five seconds.
                eventually(lambda: not server.status()["watch_running"], 8, "the end of it")
                self.assertEqual(server.status()["alerts"], [])
                server.wait_log("state.json: is out of date; is twinlens watch running")
                state.write_text("{}")
                eventually(lambda: server.status() and "state.json: is not the state of" in server.log, 5, "the reason")

    def test_a_file_of_others_is_not_taken(self):
        with Watch(conf=self.CONF) as watch:
            self.wait_alert(watch)
            copy = watch.path / "copy.json"
            copy.write_bytes((watch.path / "state.json").read_bytes())
            copy.chmod(0o646)
            with Server("-o", f"server.watch_state={copy}") as server:
                self.assertEqual(server.status()["alerts"], [])
                server.wait_log("copy.json: is not trusted")


class CommandLine(unittest.TestCase):
    def test_errors(self):
        for arguments, words in (
            (("--interval", "1ms"), "10ms"), (("--alert", "x"), "percentage"), (("--pid", "x"), "number of a process"),
            (("-c", "/nonexistent"), "/nonexistent"), (("extra",), "no arguments"), (("--what",), "what"),
            (("--json", "--log", "-"), "--json"), (("--mail", ""), "mail address"),
        ):
            with self.subTest(arguments):
                result = run_twinlens("watch", *arguments)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn(words, result.stderr)
                self.assertEqual(result.stdout, "")

    def test_a_pid_that_is_not_there(self):
        with child("pass") as process:
            process.wait()
            with Watch("--pid", process.pid) as watch:
                eventually(lambda: f"--pid {process.pid}: there is no such process" in watch.stderr(), 3, "the warning")

    def test_since(self):
        with Watch(interval="20ms", conf="rotate = 64K\nkeep = 100\n") as watch:
            watch.wait_documents(60)
            watch.process.send_signal(signal.SIGSTOP)
            documents = watch.documents()
            watch_conf = watch.path / "watch.conf"
            result = run_twinlens("watch", "-c", watch_conf, "--since", "1h", "--json")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            report = json.loads(result.stdout)
            self.assertEqual((report["samples"], report["lost"]), (len(documents), 0))
            used = [document["memory"]["used_percent"] for document in documents]
            found = report["figures"]["memory.used_percent"]
            self.assertEqual((found["min"], found["max"], found["last"]), (min(used), max(used), used[-1]))
            self.assertAlmostEqual(found["mean"], sum(used) / len(used), places=6)
            result = run_twinlens("watch", "-c", watch_conf, "--since", "1h")
            self.assertRegex(result.stdout, r"\nmemory.total_bytes +[\d.]+G +[\d.]+G +[\d.]+G +[\d.]+G\n")
            result = run_twinlens("watch", "-c", watch_conf, "--since", "nonsense")
            self.assertEqual(result.returncode, 2, result.stderr)
            watch.process.send_signal(signal.SIGCONT)
        result = run_twinlens("watch", "-c", "/dev/null", "--since", "1h")
        self.assertEqual(result.returncode, 2)
        self.assertIn("set samples", result.stderr)

    def test_help_and_a_line(self):
        result = run_twinlens("watch", "--help")
        self.assertEqual(result.returncode, 0)
        self.assertIn("--textfile", result.stdout)
        result = run_twinlens("watch", "--once", "--interval", "50ms", "-c", "/dev/null")
        self.assertRegex(result.stdout, r"^20\d\d-.*Z used [\d.]+% of ")


@unittest.skipIf(IS_SANITIZED, "figures say nothing under a sanitizer")
class Bars(unittest.TestCase):
    def test_no_allocation_per_sample(self):
        """Nor for asking the server, which is done once meanwhile."""
        conf = "textfile = @/watch.prom\nserver = http://127.0.0.1:{}\n[alert:a]\nwhen = memory.used_percent > 99\n"
        with Server() as server, tempfile.NamedTemporaryFile() as file, idle() as one, idle() as two:
            env = {"MALLOC_COUNT_FILE": file.name, "MALLOC_COUNT_PROGRAM": "twinlens-watch"}
            with Watch("--pid", one.pid, "--pid", two.pid, interval="20ms", conf=conf.format(server.port), env=env,
                       preload=["malloc-count.so"]) as watch:
                eventually(lambda: self.count_asked(watch), 5, "the first answer")
                before, n = COUNTS.unpack(os.pread(file.fileno(), COUNTS.size, 0))[0], len(watch.documents())
                self.assertGreater(before, 0, "the counter counts")
                asked = self.count_asked(watch)
                eventually(lambda: self.count_asked(watch) > asked and len(watch.documents()) >= n + 100, 15, "samples")
                after, n = COUNTS.unpack(os.pread(file.fileno(), COUNTS.size, 0))[0], len(watch.documents()) - n
                self.assertEqual(watch.documents()[-1]["server"]["viewers"], 0)
            figure(f"watch, heap allocations in {n} samples: {after - before}")
            self.assertEqual(after, before)

    def count_asked(self, watch):
        """Grows with each program that it started and that has ended: their page faults."""
        return int(pathlib.Path(f"/proc/{watch.pid}/stat").read_text().rpartition(")")[2].split()[8])

    def test_cpu_at_a_second(self):
        with idle() as one, idle() as two, Watch("--pid", one.pid, "--pid", two.pid, interval="1s") as watch:
            watch.wait_documents(3)
            judge(self, lambda: self.measure_cpu(watch))

    def measure_cpu(self, watch):
        cpu, begun = self.cpu_ns(watch.pid), time.monotonic()
        time.sleep(8)
        percent = (self.cpu_ns(watch.pid) - cpu) / 1e7 / (time.monotonic() - begun)
        processes = len(watch.documents()[-1]["process"])  # servers of other tests are watched, too
        text = f"watch at 1 s, {processes} processes: {percent:.3f} % of a core"
        figure(text)
        return percent <= max(2, processes) / 2 * 0.2, text

    def test_memory(self):
        env = {"MALLOC_PERTURB_": "0"}  # it would write to every page that is allocated
        with idle() as one, idle() as two, Watch("--pid", one.pid, "--pid", two.pid, env=env) as watch:
            watch.wait_documents(20)
            fields = read_kb(f"/proc/{watch.pid}/smaps_rollup")
            figure(f"watch, PSS {fields['Pss'] >> 10} KiB, of it anonymous {fields['Pss_Anon'] >> 10} KiB")
            # The rest of PSS is the share of libc's pages, which depends on how many processes map them.
            self.assertLessEqual(fields["Pss_Anon"], 320 * 1024)
            self.assertLessEqual(fields["Pss"], 700 * 1024)

    def cpu_ns(self, pid):
        return sum(int(path.read_text().split()[0]) for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"))


if __name__ == "__main__":
    harness.main()
