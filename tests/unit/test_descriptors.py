"""Open files of a process, as many as the system allows."""

import resource
import subprocess
import sys

from gateway.launch.descriptors import ENOUGH

BEGINS_WITH = 256
SCRIPT = f"""
import resource
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, ({BEGINS_WITH}, most))
from gateway.cli import main
main(["openapi", "--help"], standalone_mode=False)
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def test_a_command_begins_with_as_many_open_files_as_it_may_have() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)

    allowed = int(done.stdout.split()[-1])
    assert allowed == (ENOUGH if most == resource.RLIM_INFINITY else min(most, ENOUGH))
    assert allowed > BEGINS_WITH
