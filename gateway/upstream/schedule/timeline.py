"""The line before one budget: which process's lane gets which slot. Pure; times as in `slots.py`.

Each process puts itself in line with the lanes in which somebody waits, and is told when to come back: that
is when its turn is due, should nobody more urgent come meanwhile. A slot is given to who comes when it is
due. So nothing is promised ahead that a more urgent call of another process would have to wait for, and a
process asks about once a slot. Processes take turns; who is served in a process is its own business. All
times are greater than 0, which stands for "nobody".
"""

from typing import NamedTuple

from gateway.upstream.schedule.lanes import FAIR, LANES
from gateway.upstream.schedule.slots import Slots, idle_us, next_slot, pushed, taken, untouched

LEAD_US = 10_000
"""A slot so near is given out at once: the asker sleeps the rest."""
LATE_US = 150_000
"""Who comes so late still gets the slot it was told; the vendor's bucket has slack for three times as much.
Without that, every slot would come later by what the asker's clock, network and event loop take."""
LATE_TENTHS = 3
"""And by no more tenths of the interval: in a fast line several slots lie within `LATE_US`."""
GRACE_US = 250_000
"""Who is later than that has lost its place: it may be dead."""


class Head(NamedTuple):
    """A process in line."""

    owner: str
    by: int
    """When it was told to come back."""
    since: tuple[int, ...]
    """For each lane since when somebody waits in it; 0: nobody."""


class Line(NamedTuple):
    """Everything that is remembered of one budget."""

    slots: Slots
    streak: int
    """Slots in a row that the most urgent lane got while a less urgent one waited."""
    heads: tuple[Head, ...]


class Asking(NamedTuple):
    """What a process says when it asks. Lanes are bits: 1 for the first."""

    owner: str
    lanes: int
    """Lanes in which somebody waits; 0 leaves the line."""
    more: int = 0
    """Those in which more than one waits: after its turn the process stays in line with them."""


class Told(NamedTuple):
    """What it is told."""

    lane: int | None
    """The lane that may send one call; None when none may."""
    leave_us: int
    """So long from now that call leaves."""
    back_us: int | None
    """So long from now the process asks again; None when it no longer is in line."""
    heads: int
    """Processes in line, this one among them."""
    slot: int | None = None
    """The slot given out, on the line's clock."""


class Place(NamedTuple):
    """A turn in line."""

    lane: int
    slot: int
    streak: int
    """Afterwards."""


def empty(now: int, interval_us: int) -> Line:
    """Nobody waits, and it has long been quiet."""
    return Line(untouched(now, interval_us), 0, ())


def ask(line: Line, now: int, interval_us: int, asking: Asking, not_before: int = 0) -> tuple[Line, Told]:
    """The line afterwards, and what the process is told. No slot is given out before `not_before`."""
    line = entered(line, now, asking.owner, asking.lanes)
    lane, leave_us, slot = None, 0, None
    place = _place(line, now, interval_us, asking.owner, not_before)
    if place is not None and place.slot <= now + LEAD_US:
        lane, leave_us, slot = place.lane, max(0, place.slot - now), place.slot
        line = _served(line, now, asking, place)
        place = _place(line, now, interval_us, asking.owner, not_before)
    if place is None:
        return line, Told(lane, leave_us, None, len(line.heads), slot)
    back_us = max(0, place.slot - now)
    return _expected(line, asking.owner, now + back_us), Told(lane, leave_us, back_us, len(line.heads), slot)


def ask_both(
    line: Line,
    shared: Line,
    now: int,
    intervals_us: tuple[int, int],
    asking: Asking,
    shared_owner: str,
    not_before: int = 0,
) -> tuple[Line, Line, Told]:
    """The same where a call needs a slot of a second budget too, for which only those stand in line whose
    own slot is due: then nobody holds up others with a slot it could not use yet.
    """
    own, shared_interval = intervals_us
    line = entered(line, now, asking.owner, asking.lanes)
    place = _place(line, now, own, asking.owner, not_before)
    if place is None or place.slot > now + LEAD_US:
        line, told = ask(line, now, own, asking, not_before)
        return line, shared, told
    second = Asking(shared_owner, 1 << place.lane)
    shared, allowed = ask(shared, now, shared_interval, second, not_before)
    if allowed.lane is None:
        back_us = allowed.back_us or 0
        return _expected(line, asking.owner, now + back_us), shared, Told(None, 0, back_us, len(line.heads))
    line, told = ask(line, now, own, asking, not_before)
    return line, shared, told._replace(leave_us=max(told.leave_us, allowed.leave_us))


def hold(line: Line, now: int, interval_us: int, for_us: int) -> Line:
    """No slot before `for_us` from now."""
    return line._replace(slots=pushed(line.slots, now + for_us, interval_us))


def kept_us(line: Line, now: int, interval_us: int) -> int:
    """How long it says more than its absence would."""
    latest = max([line.slots.last + idle_us(interval_us), *(head.by + GRACE_US for head in line.heads)])
    return max(0, latest - now)


def entered(line: Line, now: int, owner: str, lanes: int) -> Line:
    """In line with just these lanes; whoever did not come back in time is out of it."""
    heads = [head for head in line.heads if head.owner != owner and head.by + GRACE_US >= now]
    if lanes:
        before = next((head.since for head in line.heads if head.owner == owner), (0,) * LANES)
        since = tuple((before[lane] or now) if lanes >> lane & 1 else 0 for lane in range(LANES))
        heads.append(Head(owner, now, since))
    return line._replace(heads=tuple(heads))


def _place(line: Line, now: int, interval_us: int, owner: str, not_before: int) -> Place | None:
    """The owner's next turn, if everybody in line takes theirs."""
    waiting = {
        (lane, since, head.owner) for head in line.heads for lane, since in enumerate(head.since) if since
    }
    if not any(name == owner for _, _, name in waiting):
        return None
    slots, streak = line.slots, line.streak
    too_late = now - min(LATE_US, interval_us * LATE_TENTHS // 10)
    while True:
        first = min(waiting)
        lower = [one for one in waiting if one[0] > first[0]]
        if lower and streak >= FAIR - 1:
            turn, streak = min(lower, key=lambda one: (one[1], one[0], one[2])), 0
        else:
            turn, streak = first, streak + 1 if lower else 0
        lane, since, name = turn
        slot = next_slot(slots, max(since, not_before), interval_us)
        if slot < too_late:
            slot = next_slot(slots, max(now, not_before), interval_us)
        if name == owner:
            return Place(lane, slot, streak)
        waiting.remove(turn)
        slots = taken(slots, slot)


def _served(line: Line, now: int, asking: Asking, place: Place) -> Line:
    heads: list[Head] = []
    for head in line.heads:
        if head.owner == asking.owner:
            stays = now if asking.more >> place.lane & 1 else 0
            since = (*head.since[: place.lane], stays, *head.since[place.lane + 1 :])
            head = head._replace(since=since)
        if any(head.since):
            heads.append(head)
    return Line(taken(line.slots, place.slot), place.streak, tuple(heads))


def _expected(line: Line, owner: str, by: int) -> Line:
    heads = [head._replace(by=by) if head.owner == owner else head for head in line.heads]
    return line._replace(heads=tuple(heads))


def written(line: Line) -> str:
    """`last:before:streak;owner,by,since…;…`: as Redis and PostgreSQL keep it."""
    heads = [",".join((head.owner, str(head.by), *map(str, head.since))) for head in line.heads]
    return ";".join((f"{line.slots.last}:{line.slots.before}:{line.streak}", *heads))


def read(text: str) -> Line:
    """What `written` wrote."""
    first, *rest = text.split(";")
    last, before, streak = map(int, first.split(":"))
    heads: list[Head] = []
    for part in rest:
        owner, by, *since = part.split(",")
        heads.append(Head(owner, int(by), tuple(map(int, since))))
    return Line(Slots(last, before), streak, tuple(heads))
