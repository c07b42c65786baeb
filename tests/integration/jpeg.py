"""What the tests need to know of a JPEG picture."""

import struct
import subprocess

from harness import BUILD


def dimensions(data):
    """(width, height) from the frame header; the picture must begin with SOI and end with EOI."""
    if data[:2] != b"\xff\xd8" or data[-2:] != b"\xff\xd9":
        raise AssertionError(f"not a whole JPEG: {data[:4]!r}...{data[-4:]!r}")
    at = 2
    while at + 4 <= len(data):
        marker, size = struct.unpack_from(">HH", data, at)
        if marker in (0xFFC0, 0xFFC1, 0xFFC2):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        if marker == 0xFFDA or marker < 0xFF01:
            break
        at += 2 + size
    raise AssertionError("no frame header")


def decode(data):
    """Decodes it with libjpeg, without a warning: (width, height, mean brightness)."""
    result = subprocess.run([BUILD / "jpeg-check"], input=data, capture_output=True, timeout=20)
    if result.returncode != 0:
        raise AssertionError(f"a damaged picture: {result.stderr.decode().strip()}")
    width, height, mean = result.stdout.split()
    return int(width), int(height), float(mean)
