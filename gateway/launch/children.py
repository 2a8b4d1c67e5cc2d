"""A child process: started with a log file and a lifeline, watched, stopped."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gateway.launch import LaunchError

POLL_S = 0.05


class Child:
    """A process that ends when we do. Its output goes to `log`, made anew and readable by the owner alone."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        lifeline_setting: str,
        log: Path,
        inherit: Sequence[int] = (),
    ) -> None:
        """`lifeline_setting` is the variable that tells the child its end of the pipe."""
        self.name = name
        self.log = log
        theirs, self._ours = os.pipe()
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            # A session of its own: Ctrl-C in the terminal reaches only us, and we stop them in order.
            self._process = subprocess.Popen(
                command,
                env={**environment, lifeline_setting: str(theirs)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(theirs, *inherit),
                start_new_session=True,
            )
        finally:
            os.close(theirs)
            os.close(output)

    @property
    def pid(self) -> int:
        return self._process.pid

    def check(self) -> None:
        """Raise LaunchError with the end of its log when it has ended."""
        code = self._process.poll()
        if code is None:
            return
        last = "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])
        raise LaunchError(f"the {self.name} ended (exit code {code}); the end of {self.log}:\n{last}")

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return when `ready()`; raise LaunchError when the child ends first, or is not ready in time."""
        for _ in range(round(seconds / POLL_S)):
            self.check()
            if ready():
                return
            time.sleep(POLL_S)
        raise LaunchError(f"the {self.name} was not ready after {seconds:.0f} s; see {self.log}")

    def stop(self, patience_s: float) -> None:
        """Ask it to end, and end it after `patience_s`."""
        self._process.terminate()
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._ours)
