#!/usr/bin/env python3
"""simulate's options: what is refused, and how. What it does needs root: see tests/root."""

import json
import unittest

from harness import main, run_twinlens

REFUSED = (
    ((), "--memory"),
    (("true",), "--memory"),
    (("--memory", "4X", "true"), "4X"),
    (("--memory", "1023K", "true"), "1023K"),
    (("--memory", "-1", "true"), "-1"),
    (("--memory", "18446744073709551616G", "true"), "1844674407370955"),
    (("--memory", "9223372036854775808", "true"), "9223372036854775808"),
    (("--memory", "4G"), "command"),
    (("--memory", "4G", "--"), "command"),
    (("--memory", "4G", "--memory", "2G", "true"), "once"),
    (("--memory", "4G", "--board", "rk3588-4gb", "true"), "once"),
    (("--board", "rk3588", "true"), "rk3588-4gb"),
    (("--memory", "4G", "--viewers", "2", "true"), "--find"),
    (("--find",), "command"),
    (("--find", "--memory", "4G", "true"), "--memory"),
    (("--find", "--whole-machine", "true"), "--whole-machine"),
    (("--find", "--viewers", "0", "true"), "--viewers"),
    (("--find", "--viewers", "257", "true"), "256"),
    (("--find", "--min-fps", "0", "true"), "--min-fps"),
    (("--find", "--min-fps", "30x", "true"), "30x"),
    (("--find", "--min-fps", "nan", "true"), "nan"),
    (("--find", "--max-age", "100", "true"), "100"),
    (("--find", "--max-age", "0", "true"), "--max-age"),
)


class Usage(unittest.TestCase):
    def test_what_is_refused(self):
        for arguments, named in REFUSED:
            with self.subTest(arguments=arguments):
                result = run_twinlens("simulate", *arguments)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertEqual(len(result.stderr.splitlines()), 1)
                self.assertIn(named, result.stderr)

    def test_as_json(self):
        result = run_twinlens("simulate", "--json", "--memory", "4X", "true")
        self.assertEqual((result.returncode, set(json.loads(result.stdout))), (2, {"error"}))
        self.assertEqual(len(result.stderr.splitlines()), 1)

    def test_an_option_that_there_is_not(self):
        result = run_twinlens("simulate", "--nonsense", "true")
        self.assertEqual((result.returncode, result.stdout), (2, ""))

    def test_help(self):
        result = run_twinlens("simulate", "--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("rk3588-4gb", result.stdout)

    def test_a_url_that_is_none(self):
        result = run_twinlens("simulate", "--find", "--url", "ftp://x/", "true")
        self.assertEqual(result.returncode, 2)
        self.assertEqual(len(result.stderr.splitlines()), 1)


main()
