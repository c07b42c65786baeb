"""The front, `twinlens VERB`, and the executables that it runs."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import IS_SANITIZED, TWINLENS, child_environment, main, run_twinlens

# What each executable links itself; a sanitizer adds its own.
LIBRARIES = {
    "": {"libc"},
    "-accept": {"libc", "libjansson", "libcurl", "libcrypto", "libjpeg", "libm"},
    "-boot": {"libc", "libjansson", "libsystemd"},
    "-cameras": {"libc", "libjansson"},
    "-profile": {"libc", "libjansson", "libcurl"},
    "-load": {"libc", "libjansson"},
    "-serve": {"libc", "libjansson", "libjpeg", "libwebsockets", "libinih"},
    "-soak": {"libc", "libcurl", "libjansson", "libm"},
    "-top": {"libc", "libcurl", "libjansson", "libm", "libncursesw", "libtinfo"},
    "-watch": {"libc", "libinih"},
    "-watch-since": {"libc", "libjansson"},  # not verbs: watch runs them
    "-watch-status": {"libc", "libcurl", "libjansson"},
    "-simulate": {"libc", "libjansson", "libsystemd", "libm"},
    "-tune": {"libc", "libjansson", "libsystemd", "libinih"},
}
NEEDED = re.compile(r"\(NEEDED\)\s+Shared library: \[(\w+)")


def run(program, *arguments, **kwargs):
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL,
        env=child_environment(), **kwargs)


class Verbs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def copy(self, *names):
        for name in names:
            shutil.copy(f"{TWINLENS}{name}", self.folder)
        return str(self.folder / "twinlens")

    def test_runs_what_lies_beside_it(self):
        program = self.copy("", "-cameras")
        result = run(program, "cameras", "--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("usage: twinlens cameras", result.stdout)
        self.assertEqual(run(program, "help", "cameras").stdout, result.stdout)

    def test_by_a_symbolic_link(self):
        self.copy("", "-cameras")
        link = self.folder / "other"
        link.symlink_to("twinlens")
        self.assertIn("usage: twinlens cameras", run(str(link), "cameras", "--help").stdout)

    def test_a_verb_that_is_not_installed(self):
        result = run(self.copy(""), "cameras")
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        self.assertRegex(result.stderr, r"^\S*twinlens: \S+/libexec/twinlens/twinlens-cameras: .*\n$")

    def test_the_verb_tells_its_own_status_and_errors(self):
        for verb in (name.removeprefix("-") for name in LIBRARIES if name and not name.startswith("-watch-")):
            result = run_twinlens(verb, "--nonsense")
            self.assertEqual((result.returncode, result.stdout), (2, ""), verb)
            self.assertIn(f"{verb}: --nonsense: ", result.stderr)

    def test_closed_descriptors(self):
        closed = run(TWINLENS, "cameras", "--help", preexec_fn=lambda: [os.close(fd) for fd in (0, 1, 2)])
        self.assertEqual(closed.returncode, 0)
        for arguments in (("help",), ("--version",), ("cameras", "--help")):
            with open("/dev/full", "w") as full:
                result = subprocess.run(
                    [TWINLENS, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=30,
                    env=child_environment())
            self.assertEqual(result.returncode, 1, arguments)
            self.assertIn("standard output", result.stderr)

    @unittest.skipIf(IS_SANITIZED, "a sanitizer links what it needs itself")
    @unittest.skipUnless(shutil.which("readelf"), "there is no readelf")
    def test_links_what_it_needs_and_no_more(self):
        programs = {path.name.removeprefix("twinlens") for path in pathlib.Path(TWINLENS).parent.glob("twinlens*")
                    if path.is_file() and os.access(path, os.X_OK)}
        self.assertEqual(programs, set(LIBRARIES))
        for name, allowed in LIBRARIES.items():
            result = subprocess.run(
                ["readelf", "-d", f"{TWINLENS}{name}"], capture_output=True, text=True, timeout=30, check=True)
            self.assertEqual(set(NEEDED.findall(result.stdout)) - {"ld"}, allowed, name)


main()
