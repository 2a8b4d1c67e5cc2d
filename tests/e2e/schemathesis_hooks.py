"""What the checker cannot know from the description."""

from typing import Any

import schemathesis

KEY = "Idempotency-Key"


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """False for what is not wrong: with `dryRun=true` the required Idempotency-Key may be left out."""
    rehearsed = case.method.upper() == "POST" and str((case.query or {}).get("dryRun")).lower() == "true"
    return not rehearsed or KEY in (case.headers or {})
