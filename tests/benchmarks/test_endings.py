"""Nothing that was measured outlives the benchmark."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.benchmarks.processes import PROC, family
from tests.machine import ROOT

pytestmark = pytest.mark.skipif(not PROC.is_dir(), reason="needs /proc")

SLEEP = "import time; print('there', flush=True); time.sleep(30)"
TIED = [sys.executable, "-m", "tests.benchmarks.tied", sys.executable, "-c", SLEEP]


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda process, pipe: process.send_signal(signal.SIGTERM), id="stopped"),
        pytest.param(lambda process, pipe: os.close(pipe), id="its parent is gone"),
    ],
)
def test_a_program_that_knows_nothing_of_us_ends_with_us(
    end: Callable[[subprocess.Popen[bytes], int], None],
) -> None:
    theirs, ours = os.pipe()
    environment = {**os.environ, "KONTOR_PARENT_FD": str(theirs)}
    with subprocess.Popen(
        TIED, cwd=ROOT, env=environment, stdout=subprocess.PIPE, pass_fds=(theirs,)
    ) as process:
        os.close(theirs)
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        program = family(process.pid)[1]

        end(process, ours)
        process.wait(10)

    assert not (PROC / str(program)).exists()
