#!/usr/bin/env python3
"""Writes the parts of the HTML report as C: embed-page.py OUTPUT FILE..."""

import pathlib
import sys


def to_literal(line):
    """What is not plain ASCII as octal escapes, which end after three digits."""
    plain = lambda byte: 32 <= byte < 127 and byte not in b'"\\?'
    return '"' + "".join(chr(byte) if plain(byte) else f"\\{byte:03o}" for byte in line) + '"'


def main(output, files):
    lines = ['#include "report/page-impl.h"']
    for file in map(pathlib.Path, files):
        literals = [to_literal(line) for line in file.read_bytes().splitlines(keepends=True)]
        lines += [f"const char page_{file.suffix[1:]}[] =", *literals, ";"]
    pathlib.Path(output).write_text("\n".join(lines) + "\n", encoding="ascii")


main(sys.argv[1], sys.argv[2:])
