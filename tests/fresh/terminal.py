"""A command on a terminal of its own, as a person at a keyboard has it."""

import os
import pty
import re
import select
import signal
import time


class Terminal:
    """Starts the command at once; at the end of a with block whatever is left of it is hung up.

    The terminal belongs to the user with the number owner, if one is given, as after a login."""

    def __init__(self, command, log=None, **kwargs):
        self.output = ""
        self.log = log
        self.status = None
        self._seen = 0
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            self._become(command, **kwargs)

    @staticmethod
    def _become(command, env=None, owner=None):
        try:
            if owner is not None:
                os.fchown(0, owner, -1)
            os.execvpe(command[0], command, os.environ if env is None else env)
        except OSError as error:
            os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        os._exit(127)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._fd)  # SIGHUP to the session
        if self.status is None:
            self._wait_exit(5)

    def _wait_exit(self, seconds):
        end = time.monotonic() + seconds
        while self.status is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                os.kill(self._pid, signal.SIGKILL)
                end += 5
            else:
                time.sleep(0.02)

    def _read(self, seconds):
        """Whether there may be more."""
        if not select.select([self._fd], [], [], max(0.0, seconds))[0]:
            return True
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:  # EIO: nobody has the terminal open any more
            return False
        text = data.decode(errors="replace").replace("\r\n", "\n")
        self.output += text
        if self.log:
            self.log.write(text)
            self.log.flush()
        return bool(data)

    def expect(self, pattern, seconds):
        """The first match in what came since the last one; None when the time is over or the command ended."""
        end = time.monotonic() + seconds
        is_open = True
        while True:
            if match := re.compile(pattern, re.MULTILINE).search(self.output, self._seen):
                self._seen = match.end()
                return match
            if not is_open or time.monotonic() > end:
                return None
            is_open = self._read(min(0.5, end - time.monotonic()))

    def send(self, text):
        os.write(self._fd, text.encode())

    def wait(self, seconds):
        """The exit status; None when the command still runs after that time."""
        end = time.monotonic() + seconds
        while self._read(end - time.monotonic()):
            if time.monotonic() > end:
                return None
        self._wait_exit(max(5.0, end - time.monotonic()))
        return self.status
