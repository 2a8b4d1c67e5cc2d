"""`python -m sandbox.lexoffice`: the twin alone."""

import os
import sys

from sandbox.lexoffice.process import run

sys.exit(run(os.environ))
