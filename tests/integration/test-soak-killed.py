"""twinlens soak is killed again and again, and the server is killed and started anew by its supervisor: the verdict and the
series are those of a soak that nobody kills, on the same runs of the same server. An hour takes half a minute."""

import pathlib
import random
import struct
import tempfile
import time
import unittest

from harness import BUILD, IS_SANITIZED, Server, figure, free_port, main
from measure import judge
from soaking import Soak, bar, copy_meminfo

LEAKY = BUILD.parent / "leaky" / "twinlens-serve-leaky"
ACCELERATE = 120
FPS = 25
INTERVAL = 0.2
FIRST, SECOND = 10, 33  # seconds that the server runs: 20 min, and somewhat more than an hour
SEEDS = (1, 2)
SERIES = ("server.heap_bytes", "process.serve.anonymous_bytes")


@unittest.skipIf(IS_SANITIZED, "sanitizers count no heap")
class Killed(unittest.TestCase):
    def prepare(self):
        folder = tempfile.TemporaryDirectory(dir="/dev/shm")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "twinlens-serve").symlink_to(LEAKY)
        copy_meminfo(self.folder / "meminfo")
        self.port = free_port()
        self.since = time.monotonic_ns()
        self.kept = {}

    def serve(self):
        server = Server(
            cameras=(f"cam0=synthetic,size=160x120,fps={FPS},format=mjpeg",), port=self.port,
            env={"LEAK": "frame", "LEAK_BYTES": "24"},  # 32 bytes are 94 KiB an hour
            prefix=("sh", "-c", 'shift 2; exec "$0" "$@"', str(self.folder / "twinlens-serve")))
        self.addCleanup(server.kill)
        return server

    def soak(self, name):
        minutes = (FIRST + SECOND) * ACCELERATE // 60
        soak = Soak(self.folder / name, self.port, duration=f"{minutes}m", interval=f"{int(INTERVAL * 1000)}ms",
                    viewers=1, accelerate=ACCELERATE, since=self.since, env={"MEMINFO": str(self.folder / "meminfo")})
        self.addCleanup(soak.kill)
        return soak

    def newest_age(self, records):
        """Seconds since the newest sample."""
        boot_ns = struct.unpack_from("=Q", records[-1])[0]
        now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        now_ns += (ACCELERATE - 1) * (time.monotonic_ns() - self.since)
        return (now_ns - boot_ns) / ACCELERATE / 1e9

    def kill(self, soak):
        """The age of the newest sample."""
        had = soak.records()
        age = self.newest_age(had) if had else 0
        soak.kill()
        self.check_kept(soak, had)
        soak.start()
        return age

    def check_kept(self, soak, had=()):
        """Nothing of what it had is lost, neither by a kill nor by the start after it."""
        has = soak.records()
        for before in (had, self.kept.get(soak, [])):
            self.assertEqual(has[:len(before)], list(before))
        self.kept[soak] = has

    def test_killed_at_random(self):
        """What is counted holds in every attempt; what is measured, in the best of them."""
        def attempt():
            self.prepare()
            reports = self.kill_at_random()
            try:
                self.check_measured(reports)
            except AssertionError as error:
                return False, str(error)[:1000]
            return True, ""

        judge(self, attempt)

    def kill_at_random(self):
        """The reports: of the soak that nobody kills, and of the others."""
        draws = {seed: random.Random(seed) for seed in SEEDS}
        server = self.serve()
        calm = self.soak("calm")
        killed = {seed: self.soak(str(seed)) for seed in SEEDS}
        begun = time.monotonic()
        due = {seed: begun + draw.uniform(0.1, 2) for seed, draw in draws.items()}
        ages = []
        while (now := time.monotonic() - begun) < FIRST + SECOND - 2:
            if now > FIRST and server:
                server.kill()
                server, second = None, self.serve()
            for seed, soak in killed.items():
                if soak.process.poll() is None and begun + now > due[seed]:
                    ages.append(self.kill(soak))
                    due[seed] = time.monotonic() + draws[seed].uniform(0.1, 2)
            time.sleep(0.02)
        self.assertGreater(len(ages), 30)
        figure(f"killed {len(ages)} times; the newest sample was {max(ages):.2f} s old, of samples each {INTERVAL} s")
        self.assertLess(max(ages), 3)
        for soak in (calm, *killed.values()):
            soak.wait(60)
            self.check_kept(soak)
        second.stop()
        reports = [calm.report(), *(soak.report() for soak in killed.values())]
        for report in reports:
            self.assertEqual((report["segments"], report["damaged"]), (2, 0))
            self.assertEqual(bar(report, "restarts of the server")["value"], 1)
        return reports

    def check_measured(self, reports):
        calm = reports[0]
        self.assertEqual({calm["series"][name]["verdict"] for name in SERIES}, {"LEAK"}, calm)
        for report in reports:
            self.assertEqual(report["verdict"], "LEAK")
            self.assertAlmostEqual(report["measured_s"], calm["measured_s"], delta=3 * ACCELERATE)
            for name in SERIES:
                series, same = report["series"][name], calm["series"][name]
                self.assertEqual(series["verdict"], same["verdict"])
                self.assertAlmostEqual(series["slope_bytes_per_day"] / same["slope_bytes_per_day"], 1, delta=0.05)
                self.assertAlmostEqual(series["last"], same["last"], delta=64 << 10)
            # It takes one at each start, and starting takes its time.
            self.assertGreater(report["samples"], 0.75 * calm["samples"])
        counts = [report["samples"] for report in reports]
        figure(f"{counts[0]} samples when it was not killed, else {counts[1:]}")


main()
