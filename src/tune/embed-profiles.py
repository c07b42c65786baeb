#!/usr/bin/env python3
"""Writes the profiles that come with the program as C: embed-profiles.py OUTPUT FILE..."""

import pathlib
import sys


def main(output, files):
    lines = ['#include "tune/profile-impl.h"']
    names = []
    for i, file in enumerate(files):
        path = pathlib.Path(file)
        names.append(path.stem)
        lines.append(f"static const char text_{i}[] = {{{','.join(map(str, path.read_bytes()))}}};")
    lines.append("const struct profile_text profile_texts[] = {")
    lines += [f'{{"{name}", text_{i}, sizeof(text_{i})}},' for i, name in enumerate(names)]
    lines.append("};")
    lines.append("const size_t n_profile_texts = sizeof(profile_texts) / sizeof(profile_texts[0]);")
    pathlib.Path(output).write_text("\n".join(lines) + "\n", encoding="ascii")


main(sys.argv[1], sys.argv[2:])
