"""Who waits for a call: the more urgent the lane, the earlier its slot, and none waits for ever."""

from enum import IntEnum


class Lane(IntEnum):
    """Lanes of one queue, most urgent first. Told by whoever asks, never guessed."""

    INTERACTIVE = 0
    """A caller waits for the answer to a read."""
    WRITE = 1
    """A caller's write."""
    EVENT = 2
    """What follows from an event: fetching the object it names."""
    BACKFILL = 3
    """What nobody waits for: synchronizing, checking, cleaning up."""


LANES = len(Lane)
FAIR = 5
"""While several lanes wait, every fifth slot goes to the longest waiting head of the less urgent ones. So the
m-th of them in line leaves after 5·m slots at the latest, and they take a fifth of the rate at most."""
