"""Worker processes whose work kills some of them: `python -m tests.integration.jobs.crew URL PROCESSES`.

The crew is forked from one process, which replaces whoever dies and tells each death in a line. It ends with
its standard input.
"""

import asyncio
import os
import select
import signal
import sys

from gateway.ambient import system
from gateway.jobs.dbos_engine import DbosEngine
from gateway.jobs.jobs import Again, Jobs
from gateway.jobs.rows import Job
from gateway.persistence.database import Database

POLL_S, SILENCE_S = 0.1, 3.0


async def harmless(job: Job) -> Again | None:
    await asyncio.sleep(0.02)
    return None


async def deadly(job: Job) -> Again | None:
    await asyncio.sleep(0.02)  # so that neighbours run when it ends
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


async def work(url: str) -> None:
    ambient = system()
    engine = DbosEngine(url, ambient.ids.new("exe"), ambient.clock, POLL_S, 10)
    jobs = Jobs(
        engine,
        Database.open(url),
        ambient,
        {"harmless": harmless, "deadly": deadly},
        (),
        poll_s=POLL_S,
        silence_s=SILENCE_S,
        sole=False,
    )
    await jobs.start()
    await asyncio.Event().wait()


def begin(url: str) -> int:
    pid = os.fork()
    if pid == 0:
        asyncio.run(work(url))
    return pid


def main(url: str, processes: int) -> None:
    living = {begin(url) for _ in range(processes)}
    while not select.select([sys.stdin], [], [], 0.05)[0]:
        pid, _ = os.waitpid(-1, os.WNOHANG)
        if pid:
            living.remove(pid)
            print("died", flush=True)
            living.add(begin(url))
    for pid in living:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
