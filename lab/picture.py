"""What is in a picture."""

import subprocess
from typing import NamedTuple


class Picture(NamedTuple):
    width: int
    height: int
    mean: float  # of the grey values of the upper rows
    warning: str  # what the decoder complained about


def decode(jpeg):
    """Decodes with djpeg, which is libjpeg-turbo's own; None when there is no picture in it."""
    done = subprocess.run(
        ["djpeg", "-grayscale", "-pnm"], input=jpeg, capture_output=True, timeout=10, check=False
    )
    if not done.stdout.startswith(b"P5"):
        return None
    _, size, _, pixels = done.stdout.split(b"\n", 3)
    width, height = map(int, size.split())
    upper = pixels[: width * height // 8]
    return Picture(width, height, sum(upper) / max(1, len(upper)), done.stderr.decode().strip())
