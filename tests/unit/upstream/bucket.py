"""The vendor's side of the limit: a bucket of capacity 2 that gets 2 tokens a second, or as many as told."""

CAPACITY = 2.0
PER_SECOND = 2.0


class Bucket:
    """Counts the calls that come too early."""

    def __init__(self, capacity: float = CAPACITY, per_second: float = PER_SECOND) -> None:
        self._capacity = capacity
        self._per_second = per_second
        self._tokens = capacity
        self._at = 0.0
        self.refused = 0
        self.lowest = capacity
        self.times: list[float] = []

    def call(self, at: float) -> None:
        """A call that arrives at `at` seconds; calls come in order."""
        self._tokens = min(self._capacity, self._tokens + (at - self._at) * self._per_second)
        self._at = at
        self.times.append(at)
        if self._tokens < 1 - 1e-9:
            self.refused += 1
            return
        self._tokens -= 1
        self.lowest = min(self.lowest, self._tokens)


def most_in_a_second(times: list[float]) -> int:
    """The most calls in any window [t, t + 1 s)."""
    most = start = 0
    for end, time in enumerate(times):
        while time - times[start] >= 1.0:
            start += 1
        most = max(most, end - start + 1)
    return most
