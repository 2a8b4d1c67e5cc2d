"""The auth server's own limit: who hammers on is blocked, and longer each time, in the end for good.

The vendor publishes no numbers; these are ours. Off unless the quirk `auth_rate_limit` is on.
"""

from collections import deque
from datetime import datetime, timedelta

ALLOWED, WITHIN = 10, timedelta(seconds=10)
FIRST_BLOCK = timedelta(seconds=5)
LAST_STRIKE = 10
FOR_GOOD = timedelta(days=3650)


class Throttle:
    def __init__(self) -> None:
        self._recent: dict[str, deque[datetime]] = {}
        self._blocked_until: dict[str, datetime] = {}
        self._strikes: dict[str, int] = {}

    def admits(self, client: str, now: datetime) -> bool:
        """Whether a call of this client is let in. A call during a block doubles the block."""
        if now < self._blocked_until.get(client, now):
            self._block(client, now)
            return False
        recent = self._recent.setdefault(client, deque())
        while recent and now - recent[0] >= WITHIN:
            recent.popleft()
        if len(recent) >= ALLOWED:
            self._block(client, now)
            return False
        recent.append(now)
        return True

    def _block(self, client: str, now: datetime) -> None:
        strikes = self._strikes.get(client, 0)
        self._strikes[client] = strikes + 1
        self._blocked_until[client] = now + (FIRST_BLOCK * 2**strikes if strikes < LAST_STRIKE else FOR_GOOD)

    def clear(self) -> None:
        for kept in (self._recent, self._blocked_until, self._strikes):
            kept.clear()
