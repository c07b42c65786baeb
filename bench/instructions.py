"""Instructions that the product's encoder takes for a frame, on this machine and on arm64 under emulation.

Counts, so the same on every machine: cachegrind's here, with the misses of the caches that it simulates; on arm64
those that QEMU logs as executed. There they are counted without libjpeg-turbo's SIMD code, too, to show that it is
used.
"""

import re
import shutil
import subprocess

CROSS_COMPILER = "aarch64-linux-gnu-gcc-12"
EMULATOR = "qemu-aarch64-static"
SOURCES = ("bench/encode.c", "src/jpeg/compress.c", "src/util/parse.c", "src/util/cleanup.c")
FAST_SOURCES = ("src/jpeg/strip.c",)  # which the build optimizes more, too
QUALITY = 80
FRAMES = (2, 6)
FRAMES_EMULATED = (1, 2)
TIMEOUT_S = 120
EVENTS = {"Ir": "instructions", "D1mr": "data_reads_missing_l1", "D1mw": "data_writes_missing_l1"}


def per_frame(count, frames):
    """What a frame more costs: the start of the program is left out."""
    first, last = (count(n) for n in frames)
    return {key: (last[key] - first[key]) // (frames[1] - frames[0]) for key in last}


def cachegrind(encoder, pictures, scratch, frames):
    out = scratch / "cachegrind"
    subprocess.run(
        ["valgrind", "--tool=cachegrind", "--cache-sim=yes", f"--cachegrind-out-file={out}", str(encoder),
         pictures.size, str(QUALITY), str(frames), str(pictures.raw)],
        check=True, capture_output=True, timeout=TIMEOUT_S)
    text = out.read_text()
    names = re.search(r"^events: (.*)$", text, re.MULTILINE)[1].split()
    counts = map(int, re.search(r"^summary: (.*)$", text, re.MULTILINE)[1].split())
    return {EVENTS[name]: count for name, count in zip(names, counts) if name in EVENTS}


def executed(lines):
    """Instructions in QEMU's log: of each block as translated, and each time that one is run."""
    sizes, total, block = {}, 0, None
    for line in lines:
        if line.startswith("Trace"):
            total += sizes[int(line.split("/", 2)[1], 16)]
        elif line.startswith("0x"):
            if block is None:
                block = int(line[: line.index(":")], 16)
                sizes[block] = 0
            sizes[block] += 1
        elif line.startswith("IN:"):
            block = None
    return total


def emulate(encoder, pictures, sysroot, environment, frames):
    command = [EMULATOR, "-L", str(sysroot), "-d", "in_asm,exec,nochain"]
    for name, value in environment.items():
        command += ["-E", f"{name}={value}"]
    command += [str(encoder), pictures.size, str(QUALITY), str(frames), str(pictures.raw)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        total = executed(process.stderr)
    if process.returncode != 0:
        raise RuntimeError(f"{EMULATOR}: exit status {process.returncode}")
    return {"instructions": total}


def cross_compile(source, sysroot, scratch):
    def compile_(files, optimization, output, *more):
        subprocess.run(
            [CROSS_COMPILER, f"--sysroot={sysroot}", "-std=gnu11", "-D_GNU_SOURCE", optimization, f"-I{source}/src",
             *(str(source / name) for name in files), *more, "-o", str(output)], check=True, timeout=TIMEOUT_S)

    fast, encoder = scratch / "strip.o", scratch / "encode-arm64"
    compile_(FAST_SOURCES, "-O3", fast, "-c")
    compile_(SOURCES, "-O2", encoder, str(fast), "-ljpeg")
    return encoder


def count(encoder, pictures, source, scratch):
    """kind -> counts for a frame. What cannot be counted here is left out, and said."""
    result, missing = {}, []
    if shutil.which("valgrind"):
        result["this machine"] = per_frame(lambda n: cachegrind(encoder, pictures, scratch, n), FRAMES)
    else:
        missing.append("instructions on this machine: there is no valgrind")
    sysroot = next(iter(sorted((source / "lab/cache").glob("sysroot-*/tree"))), None)
    if sysroot and shutil.which(CROSS_COMPILER) and shutil.which(EMULATOR):
        arm64 = cross_compile(source, sysroot, scratch)
        for kind, environment in (("arm64", {}), ("arm64 without NEON", {"JSIMD_FORCENONE": "1"})):
            result[kind] = per_frame(
                lambda n, env=environment: emulate(arm64, pictures, sysroot, env, n), FRAMES_EMULATED)
    else:
        missing.append("instructions on arm64: run `script/lab --build` first, which makes what to compile with")
    return result, missing
