"""`python -m tests.benchmarks.tied COMMAND …`: runs a program that knows nothing of us; it ends with us."""

import os
import signal
import subprocess
import sys
import threading


def main(command: list[str]) -> int:
    """Run it to its end. SIGTERM, or the end of the pipe that our parent holds, is passed on as SIGTERM."""
    child = subprocess.Popen(command)

    def parent_gone() -> None:
        os.read(int(os.environ["KONTOR_PARENT_FD"]), 1)
        child.terminate()

    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    threading.Thread(target=parent_gone, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
