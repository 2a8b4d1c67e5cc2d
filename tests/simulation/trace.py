"""Everything that happened in a run, in order, as one hash; the last of it is kept to be read."""

import hashlib
from collections import deque

from tests.simulation.loop import NANO, VirtualLoop

KEPT = 400


class Trace:
    """Events by virtual time and actor. Nothing of the machine goes in: no address, duration or file."""

    def __init__(self, loop: VirtualLoop, keep: int = KEPT) -> None:
        self._loop = loop
        self._hash = hashlib.sha256()
        self._recent: deque[tuple[int, str, str]] = deque(maxlen=keep)
        self.events = 0

    def note(self, actor: str, what: str) -> None:
        at = self._loop.nanoseconds
        self._hash.update(f"{at} {actor} {what}\n".encode())
        self._recent.append((at, actor, what))
        self.events += 1

    def digest(self) -> str:
        """Of all that was noted so far."""
        return self._hash.hexdigest()

    def lines(self) -> list[str]:
        """The last events, for people."""
        return [f"{at / NANO:12.6f}  {actor:<10}  {what}" for at, actor, what in self._recent]
