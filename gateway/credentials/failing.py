"""Renewals that fail: how long the server is left alone, and when a connection counts as lost. Pure.

An outage of a vendor must cost no end customer a new consent, so that time alone ends nothing: only failures
on several days do, and even then the tries go on.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

REST_S = 30.0
"""After a first failure nobody asks the authorization server for this connection again for so long."""
LONGEST_REST_S = 900.0
"""Each further failure doubles it, up to here: four tries an hour."""
LONG_OUTAGE = timedelta(minutes=45)
"""After so long the longest rest is taken at once."""
JITTER = 0.1
"""Added to every rest but the first, so that connections that failed together do not come back together."""
EARLY = 1 / 3
"""The part of a rest that is kept even when the server is known to be back."""

EXHAUSTED_DAYS = 4
EXHAUSTED_AFTER = timedelta(days=EXHAUSTED_DAYS - 1)

Draw = Callable[[float, float], float]
"""A number between two: `Randomness.uniform`."""


class Failing(Struct, frozen=True, kw_only=True):
    """Renewals that failed, without one between that worked."""

    since: datetime
    last: datetime
    times: int
    days: int
    """Distinct days with a failure, in UTC."""

    @property
    def exhausted(self) -> bool:
        """Whether a person has to look: failures on four distinct days, and not within three of 24 hours."""
        return self.days >= EXHAUSTED_DAYS and self.last - self.since > EXHAUSTED_AFTER


class Rest(Struct, frozen=True):
    """Until when nobody asks again, and from when on somebody may because others were answered."""

    until: datetime
    early: datetime


def failed_again(failing: Failing | None, now: datetime) -> Failing:
    """The series with a failure at `now`. A clock that stepped back adds no day."""
    if failing is None:
        return Failing(since=now, last=now, times=1, days=1)
    another_day = now.date() > failing.last.date()
    return Failing(
        since=min(failing.since, now),
        last=now,
        times=failing.times + 1,
        days=failing.days + another_day,
    )


def rest_after(failing: Failing, away_since: datetime, asked_s: float | None, draw: Draw) -> Rest:
    """The rest after the last failure of the series.

    `away_since` is since when the server has answered nobody, as far as is known; `asked_s` is what it wants
    at least.
    """
    rest_s = min(REST_S * 2.0 ** min(failing.times - 1, 10), LONGEST_REST_S)
    if failing.last - min(failing.since, away_since) >= LONG_OUTAGE:
        rest_s = LONGEST_REST_S
    if rest_s > REST_S:
        rest_s *= 1 + draw(0, JITTER)
    least_s = max(REST_S, asked_s or 0.0)
    return Rest(
        until=failing.last + timedelta(seconds=max(rest_s, least_s)),
        early=failing.last + timedelta(seconds=max(rest_s * EARLY, least_s)),
    )


def encode(failing: Failing) -> str:
    """As it is stored."""
    return msgspec.json.encode(failing).decode()


def decode(stored: str | None) -> Failing | None:
    """What `encode` was given."""
    return msgspec.json.decode(stored, type=Failing) if stored else None
