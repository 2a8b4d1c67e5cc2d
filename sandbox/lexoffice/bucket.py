"""The vendor's rate limit: a bucket of a few calls that refills at a steady pace, one per connection."""

from datetime import datetime, timedelta


class Buckets:
    """Each connection's bucket as the one instant at which it would be full again."""

    def __init__(self) -> None:
        self._full_again: dict[str, datetime] = {}

    def take(self, key: str, now: datetime, capacity: int, per_second: int) -> bool:
        """Take one call out of the bucket; False when it is empty, and then nothing is taken."""
        step = timedelta(seconds=1) / per_second
        full = max(self._full_again.get(key, now), now) + step
        if full - now > step * capacity:
            return False
        self._full_again[key] = full
        return True

    def clear(self) -> None:
        self._full_again.clear()
