"""When a read that failed is tried again: seldom, later each time, and never by everybody at once."""

import re
from collections.abc import Mapping

from gateway.ambient import Randomness

MOST_TRIES = 3
FIRST_S, LONGEST_S = 0.5, 8.0
"""A retry comes at a random time up to this; the first doubles each time."""
SHARE, FLOOR = 0.2, 3
"""So many of the calls under way may be retries; a few always may."""
PASSING = frozenset({500, 502, 503, 504})
"""Statuses of a read that may be another one in a moment. 500 may also be a hidden 429."""
SECONDS = re.compile(r"[0-9]{1,6}\Z")


class Retries:
    """The budget of one process: more retries would keep a vendor down that is just coming back."""

    def __init__(self, randomness: Randomness) -> None:
        self._randomness = randomness
        self.active = 0
        """Calls that wait or are under way, retries among them."""
        self.retrying = 0
        """Calls that have failed and are, or wait for, a retry."""

    def begin(self) -> bool:
        """Whether the budget has room for one more; then it is taken, and given back by `end`."""
        if self.retrying >= max(FLOOR, SHARE * self.active):
            return False
        self.retrying += 1
        return True

    def end(self) -> None:
        """A call that was tried again has ended."""
        self.retrying -= 1

    def delay_s(self, tries: int, at_least_s: float) -> float:
        """How long to wait after so many tries: the vendor's Retry-After as a minimum, jitter on top."""
        return at_least_s + self._randomness.uniform(0, min(LONGEST_S, FIRST_S * 2 ** (tries - 1)))


def asked_s(headers: Mapping[str, str]) -> float:
    """The seconds of Retry-After; 0 when there is none."""
    value = headers.get("retry-after", "").strip()
    return float(value) if SECONDS.match(value) else 0.0
