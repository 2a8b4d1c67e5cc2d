"""When a delivery is tried again, and when an endpoint is given up. Pure.

The waits are the example of Standard Webhooks 1.0.0: 75.6 hours in all.
"""

from datetime import datetime, timedelta

from gateway.ambient import Randomness

WAITS_S = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before each attempt, after the one before: at once, 5 s, 5 min, 30 min, 2, 5, 10, 14, 20, 24 h."""
JITTER = 0.1
"""At most so much later, of the wait: what failed together does not come back together."""

GIVEN_UP = timedelta(days=5)
"""Of nothing but failures; then the endpoint is disabled."""
GONE = 410
SLOWER = (429, 502, 504)
"""Answers that ask for a pause, told how long or not."""
PAUSE_S, LONGEST_PAUSE_S = 60.0, 3_600.0


def next_attempt(attempts: int, now: datetime, randomness: Randomness) -> datetime | None:
    """When the attempt after so many is due; None when there is none left."""
    if attempts >= len(WAITS_S):
        return None
    wait_s = WAITS_S[attempts] * randomness.uniform(1.0, 1.0 + JITTER)
    return now + timedelta(seconds=wait_s)


def pause(status: int | None, retry_after_s: float | None, now: datetime) -> datetime | None:
    """Until when an endpoint that answered so is left alone; None: it is not."""
    if retry_after_s is None and status not in SLOWER:
        return None
    asked_s = PAUSE_S if retry_after_s is None else retry_after_s
    return now + timedelta(seconds=min(max(asked_s, 1.0), LONGEST_PAUSE_S))


def disabling(status: int | None, failing_since: datetime, now: datetime) -> str | None:
    """Why an endpoint whose attempt has just failed is disabled; None: it goes on."""
    if status == GONE:
        return "It answered 410: it is gone."
    if now - failing_since >= GIVEN_UP:
        return f"Every attempt since {failing_since:%Y-%m-%d %H:%M} UTC failed."
    return None
