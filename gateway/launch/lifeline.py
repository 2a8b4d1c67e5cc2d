"""No process outlives the one that started it, however that one ended.

Signal handlers and `atexit` do not run on kill -9. What always happens is that the kernel closes the dead
process's descriptors: a child that waits for the end of a pipe only its parent holds open hears of it.
"""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable

DRAIN_S = 5.0


def end_with_pipe(descriptor: int, notice_s: float = 0.0) -> None:
    """Stop this process when the other end of the pipe closes: politely, and for good `DRAIN_S` after its own
    notice is over.
    """

    def parent_gone() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(notice_s + DRAIN_S)
        os._exit(1)

    _watch(lambda: os.read(descriptor, 1), parent_gone)


def end_with_parent() -> None:
    """End this process, made by `multiprocessing`, at once when its parent is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        _watch(lambda: multiprocessing.connection.wait([parent.sentinel]), lambda: os._exit(1))


def _watch(wait: Callable[[], object], then: Callable[[], None]) -> None:
    def body() -> None:
        wait()
        then()

    threading.Thread(target=body, name="lifeline", daemon=True).start()
