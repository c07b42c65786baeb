"""A /run and a /var/lib of the test's own, so that what tune keeps there for the whole machine is nobody else's.

/dev, /proc and /sys, and with them zram and swap, stay the machine's. What else is in the two stays visible.
"""

import ctypes
import fcntl
import os
import pathlib
import shutil
import tempfile

FOLDERS = (pathlib.Path("/run"), pathlib.Path("/var/lib"))
TUNE = pathlib.Path("/run/twinlens-tune")

_CLONE_NEWNS = 0x20000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_MNT_DETACH = 2
_libc = ctypes.CDLL(None, use_errno=True)


def _check(result):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _mount(source, target, kind=None, flags=0):
    _check(_libc.mount(os.fsencode(source), os.fsencode(target), kind, ctypes.c_ulong(flags), None))


def _bind(source, target):
    if source.is_symlink():
        target.symlink_to(os.readlink(source))
        return
    if source.is_dir():
        target.mkdir()
    else:
        target.touch()
    _mount(source, target, flags=_MS_BIND | _MS_REC)


def _unshare():
    _check(_libc.unshare(_CLONE_NEWNS))
    _mount("none", "/", flags=_MS_REC | _MS_PRIVATE)


def _replace(folder):
    """A new folder with all that was in it, but for what is of twinlens."""
    old = pathlib.Path(tempfile.mkdtemp(prefix="twinlens-old-"))
    _mount(folder, old, flags=_MS_BIND | _MS_REC)
    try:
        _mount("tmpfs", folder, b"tmpfs")
        folder.chmod(0o755)
        for entry in old.iterdir():
            if not entry.name.startswith("twinlens"):
                _bind(entry, folder / entry.name)
    finally:
        _check(_libc.umount2(os.fsencode(old), _MNT_DETACH))
        old.rmdir()


def _take_turns(cleanup):
    """One test program after the other, and each cleans up behind itself."""
    lock = os.open(TUNE.parent, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(lock, fcntl.LOCK_EX)
    cleanup(os.close, lock)
    if not TUNE.exists():
        cleanup(shutil.rmtree, TUNE, ignore_errors=True)


def isolate(cleanup):
    """For this process, before its first thread, and for all that it starts. Where that may not be, it waits until
    it is the only one, and returns False; cleanup is a function like addClassCleanup, for what is to be done then at
    the end."""
    try:
        _unshare()
    except OSError:
        _take_turns(cleanup)
        return False
    for folder in FOLDERS:
        _replace(folder)
    return True


def mount_empty(folder):
    """Only after isolate() returned True."""
    _mount("tmpfs", folder, b"tmpfs")
    folder.chmod(0o755)
