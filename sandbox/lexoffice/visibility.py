"""Read-after-write lag: what was just created may be unknown for a moment."""

from datetime import datetime, timedelta

from sandbox.lexoffice.call import Call


def seen(call: Call, created: datetime) -> bool:
    lag = call.quirks.read_lag_s
    return not lag or call.now - created >= timedelta(seconds=lag)
