#!/usr/bin/env python3
"""Writes the files of the page as C: embed-assets.py OUTPUT FILE..."""

import os
import sys

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def main(output, files):
    with open(output, "w", encoding="ascii") as out:
        out.write('#include "server/http/assets.h"\n')
        for i, file in enumerate(files):
            with open(file, "rb") as content:
                data = content.read()
            out.write(f"static const unsigned char asset_{i}[] = {{{','.join(map(str, data))}}};\n")
        out.write("const struct asset assets[] = {\n")
        for i, file in enumerate(files):
            name = os.path.basename(file)
            path = "" if name == "index.html" else name
            kind = CONTENT_TYPES[os.path.splitext(name)[1]]
            out.write(f'{{"/{path}", "{kind}", asset_{i}, sizeof(asset_{i})}},\n')
        out.write("};\nconst size_t n_assets = sizeof(assets) / sizeof(assets[0]);\n")


main(sys.argv[1], sys.argv[2:])
