"""The files of a report, read by other programs."""

import os
import pathlib
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

from harness import child_environment, main

SCHEMA = pathlib.Path(os.environ["SOURCE"]) / "tests/fixtures/report/junit.rng"


def make(what, form):
    return subprocess.run(
        [os.environ["REPORT_SAMPLE"], what, form], capture_output=True, timeout=30, check=True,
        env=child_environment()).stdout


class Junit(unittest.TestCase):
    @unittest.skipUnless(shutil.which("xmllint"), "there is no xmllint (libxml2-utils)")
    def test_schema(self):
        for what in ("short", "hostile"):
            result = subprocess.run(
                ["xmllint", "--nonet", "--noout", "--relaxng", str(SCHEMA), "-"], input=make(what, "xml"),
                capture_output=True, timeout=30)
            self.assertEqual(result.returncode, 0, result.stderr.decode())

    def test_counts(self):
        suite = xml.etree.ElementTree.fromstring(make("short", "xml")).find("testsuite")
        cases = suite.findall("testcase")
        self.assertEqual(int(suite.get("tests")), len(cases))
        for total, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            self.assertEqual(int(suite.get(total)), len(suite.findall(f"testcase/{element}")))

    def test_hostile_text_arrives(self):
        suite = xml.etree.ElementTree.fromstring(make("hostile", "xml")).find("testsuite")
        self.assertIn("</script><script>alert(1)</script><!--\"'&]]>\ufffd", suite.findall("testcase")[1][0].text)


main()
