#!/usr/bin/env python3
"""Writes the file of suppressions as C: embed-suppressions.py OUTPUT FILE"""

import pathlib
import sys


def main(output, file):
    data = [*pathlib.Path(file).read_bytes(), 0]
    pathlib.Path(output).write_text(
        '#include "profile/leaks/suppressions.h"\n'
        f"const char suppressions_text[] = {{{','.join(map(str, data))}}};\n",
        encoding="ascii",
    )


main(*sys.argv[1:])
