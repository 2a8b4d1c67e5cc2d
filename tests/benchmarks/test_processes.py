"""What the system tells of the processes under measurement."""

import os
import subprocess
import sys

import pytest

from tests.benchmarks.processes import PROC, cores, cpu_seconds, family, on

pytestmark = pytest.mark.skipif(not PROC.is_dir(), reason="needs /proc")

BUSY = "import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
INNER = "import time\nwhile time.process_time() < 0.15: pass\nprint('done', flush=True)\ntime.sleep(30)"


def test_the_time_of_a_child_of_a_child_is_counted() -> None:
    command = [sys.executable, "-c", BUSY.format(inner=INNER)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as outer:
        try:
            assert outer.stdout is not None
            assert outer.stdout.readline() == b"done\n"
            members = family(outer.pid)
            spent = cpu_seconds(members)
        finally:
            for pid in reversed(family(outer.pid)):
                os.kill(pid, 9)

    assert len(members) == 2
    assert spent is not None
    assert 0.14 <= spent < 5


def test_a_process_that_is_gone_took_no_time() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()

    assert cpu_seconds([gone.pid]) == 0


@pytest.mark.skipif(not cores(), reason="needs a system that pins processes")
def test_a_child_stays_on_the_core_it_was_started_on() -> None:
    last, before = cores()[-1], cores()

    with on(last):
        told = subprocess.check_output([sys.executable, "-c", "import os; print(os.sched_getaffinity(0))"])

    assert told.decode().strip() == str({last})
    assert cores() == before
