"""Seeded cases of lost answers over the twin's state machine, in process and on one clock (REL-4).

A case is one create of an invoice whose answer is lost: before it was booked, after it, while the vendor was
still at work on it, or when that should long have been over. Beside it there may be the same invoice meant
twice, one that a person wrote by hand with the same content, and others of the same customer. What is in the
twin's books decides.
"""

import heapq
import itertools
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import msgspec
from msgspec import Struct
from sqlalchemy import select

from connectors.lexoffice.client import ENCODER
from connectors.lexoffice.resources.invoices import to_native
from gateway.dispatch import NOBODY
from gateway.persistence.tables import write_journal
from schemas.invoices import InvoiceInput
from tests.integration.reconcile.conftest import INVOICE, INVOICES, SameTime
from tests.stage import Party, Stage
from tests.unit.upstream.virtual import VirtualClock

WINDOW_S = 35.0
"""So long after it left the vendor may still be at work on a write."""
KEPT = ("late", "very late")
"""Fates of a create that the vendor books some time after it came."""
MOST_LAG_S = 120.0
END_S = 900.0
"""By then every operation is final, or waits for a person."""


class Line(httpx2.AsyncBaseTransport):
    """The way to the twin, on which the next create gets lost as the case says; each read takes its time."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, clock: VirtualClock) -> None:
        self.inner = inner
        self.clock = clock
        self.read_s = 0.0
        self.fate: str | None = None
        self.kept: httpx2.Request | None = None
        self.made: list[str] = []
        """Ids of the invoices that came this way, in order."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method != "POST" or request.url.path != "/v1/invoices":
            self.clock.time += self.read_s
            return await self.inner.handle_async_request(request)
        content = await request.aread()
        request = httpx2.Request(request.method, request.url, headers=request.headers, content=content)
        fate, self.fate = self.fate, None
        if fate in KEPT:
            self.kept = request
        elif fate != "lost":
            answer = await self.book(request)
            if fate is None:
                return answer
        if fate == "answered 504":
            return httpx2.Response(504, json={"message": "Endpoint request timed out"})
        raise httpx2.ReadError("the line was cut")

    async def book(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self.inner.handle_async_request(request)
        content = await answer.aread()
        self.made.append(json.loads(content)["id"])
        return httpx2.Response(answer.status_code, headers=answer.headers, content=content)


class Case(Struct, kw_only=True):
    """What happens beside the one lost answer. Times are seconds after the create left."""

    number: int
    fate: str
    lag_s: float
    late_s: float = 0.0
    marked: bool = False
    twin_meant: str | None = None
    """`before`, `meanwhile`: the same invoice is meant twice, under another key."""
    by_hand: str | None = None
    """`outside`, `beside`, `alone`: a person writes the same one."""
    by_hand_s: float = 0.0
    other: bool = False
    """Another invoice of the same customer in the same minute."""
    read_s: float = 0.0
    """How long each read takes."""
    off_s: float = 0.0
    """How far the vendor's clock is ahead."""

    @property
    def undecidable(self) -> bool:
        """Two equal ones, both made while the vendor may have been at it, or one made later; and no mark."""
        return not self.marked and (self.by_hand == "beside" or self.fate == "very late" or self.rewritten)

    @property
    def rewritten(self) -> bool:
        """It was lost, and somebody who missed it wrote it by hand: if the list shows that in time."""
        return self.by_hand == "outside" and self.by_hand_s > WINDOW_S and self.fate == "lost"


def drawn(number: int, seed: int) -> Case:
    """One case: 10 % are meant twice, 5 % meet a document written by hand."""
    dice = random.Random(f"{seed}/{number}")
    fate = dice.choices(("booked", "answered 504", "late", "lost"), (30, 20, 15, 35))[0]
    case = Case(
        number=number,
        fate=fate,
        lag_s=dice.uniform(0, MOST_LAG_S),
        late_s=dice.uniform(0.5, 29),
        marked=dice.random() < 0.2,
        other=dice.random() < 0.3,
    )
    share = number % 100  # so that every hundred holds the shares that are asked for
    if share < 10:
        case.twin_meant = dice.choice(("before", "meanwhile"))
    elif share < 12:
        case.by_hand, case.fate, case.marked = "beside", dice.choice(("booked", "answered 504")), False
        case.by_hand_s = dice.uniform(0.5, WINDOW_S - 3)
    elif share < 14:
        case.by_hand, case.by_hand_s = "outside", dice.choice((-200.0, -20.0, -5.0, 45.0, 90.0))
    elif share < 15:
        case.by_hand, case.marked, case.fate = "alone", True, "lost"
        case.by_hand_s = dice.uniform(0.5, WINDOW_S - 3)
    elif share < 17:
        case.fate, case.late_s, case.lag_s = "very late", dice.uniform(WINDOW_S + 3, 110), dice.uniform(0, 60)
    if case.rewritten:
        case.lag_s = min(case.lag_s, 60)
    case.read_s, case.off_s = dice.choice(((0.0, 0.0), (0.5, 0.0), (4.0, 0.0), (0.0, -20.0), (0.5, 90.0)))
    return case


class Play:
    """Plays cases one after another on one stage."""

    def __init__(self, stage: Stage, clock: VirtualClock, line: Line, plain: Party, marking: Party) -> None:
        self.stage = stage
        self.clock = clock
        self.line = line
        self.parties = {False: plain, True: marking}
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._order = itertools.count()

    async def run(self, case: Case) -> None:
        """Play one case to its end, and hold it against the books."""
        self._plan: list[tuple[float, int, Callable[[], Awaitable[None]]]] = []
        self._case, self._party = case, self.parties[case.marked]
        self._others: set[str] = set()
        self._meant: set[str] = set()
        self.line.made.clear()
        self.stage.twin.twin.quirks.list_lag_s = case.lag_s
        self.line.read_s = case.read_s
        self.stage.twin.twin.clock = SameTime(self.clock, case.off_s)
        left_at = self.clock.time + 300
        if case.by_hand:
            self._at(left_at + case.by_hand_s, self._by_hand)
        if case.twin_meant == "before":
            self._at(left_at - 2, self._second)
        self._at(left_at, self._first)
        if case.other:
            self._at(left_at + 3, self._another)
        if case.fate in KEPT:
            self._at(left_at + case.late_s, self._late)
        if case.twin_meant == "meanwhile":
            for seconds in (5, 60, 150, 400, 700):
                self._at(left_at + seconds, self._second)
        await self._play(left_at + END_S)
        await self._judge()

    def _at(self, time: float, happens: Callable[[], Awaitable[None]]) -> None:
        heapq.heappush(self._plan, (time, next(self._order), happens))

    async def _play(self, end: float) -> None:
        """Let happen what is planned, and look whenever a look is due."""
        while True:
            look_at = await self._next_look()
            planned = self._plan[0][0] if self._plan else end
            if min(planned, look_at) >= end:
                self.clock.time = max(self.clock.time, end)
                return
            self.clock.time = max(self.clock.time, min(planned, look_at))
            if look_at <= self.clock.time:
                await self.stage.rooms.reconciler.run_due()
            elif self._plan:
                await heapq.heappop(self._plan)[2]()

    async def _next_look(self) -> float:
        async with self.stage.rooms.database.read() as session:
            due = select(write_journal.c.look_at).where(write_journal.c.state == "unknown")
            found = (await session.execute(due.order_by(write_journal.c.look_at).limit(1))).scalar()
        start = self.clock.now().timestamp() - self.clock.time
        return float("inf") if found is None else found.timestamp() - start

    def _body(self, name: str | None = None) -> dict[str, Any]:
        (line,) = INVOICE["lines"]  # pyright: ignore[reportGeneralTypeIssues]
        return {**INVOICE, "lines": [{**line, "name": name or f"Beratung {self._case.number}"}]}  # pyright: ignore[reportGeneralTypeIssues]

    async def _create(self, key: str, body: dict[str, Any]) -> httpx2.Response:
        return await self.stage.call(
            "POST", INVOICES, self._party, key=f"{key}-{self._case.number}", json=body
        )

    async def _first(self) -> None:
        self.line.fate = self._case.fate
        answer = await self._create("ours", self._body())
        assert answer.status_code == 504, answer.text

    async def _second(self) -> None:
        """The same invoice once more, and on purpose."""
        before = len(self.line.made)
        answer = await self._create("second", self._body())
        if answer.status_code == 201 and "idempotency-replayed" not in answer.headers:
            self._meant |= set(self.line.made[before:])
        elif answer.status_code != 201:
            assert answer.json()["code"] == "identical_write_pending", answer.text
            self.counts["told to wait"] += 1

    async def _another(self) -> None:
        before = len(self.line.made)
        answer = await self._create("other", self._body("Fahrt"))
        if answer.status_code == 201:
            self._others |= set(self.line.made[before:])

    async def _late(self) -> None:
        assert self.line.kept is not None
        await self.line.book(self.line.kept)

    async def _by_hand(self) -> None:
        body = msgspec.convert(self._body(), InvoiceInput)
        key = self.stage.twin.identity.organizations[0].api_key
        request = httpx2.Request(
            "POST",
            "http://twin.test/v1/invoices",
            headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
            content=ENCODER.encode(to_native(body, NOBODY)),
        )
        answer = await self.line.inner.handle_async_request(request)
        self._others.add(json.loads(await answer.aread())["id"])

    async def _judge(self) -> None:
        case = self._case
        again = await self._create("ours", self._body())
        async with self.stage.rooms.database.read() as session:
            key = write_journal.c.idempotency_key == f"ours-{case.number}"
            row = (await session.execute(select(write_journal).where(key))).one()
        ours = set(self.line.made) - self._meant - self._others
        expected = "needs_decision" if case.undecidable else "confirmed"
        self.counts[row.state] += 1
        self.counts["resent"] += row.resends
        if case.undecidable:
            self.counts["undecidable"] += 1
        if row.state != expected:
            self._note("needs_decision" if row.state == "needs_decision" else "not final", row.state)
        if len(ours) > 1 or (case.twin_meant and len(self._meant) > 1):
            self._note("duplicates", ours)
        left_to_a_person = case.rewritten and row.state == "needs_decision"
        if (not ours and not left_to_a_person) or (case.twin_meant and not self._meant):
            self._note("lost", ours)
        if row.state == "confirmed" and (row.upstream_id not in ours or again.status_code != 201):
            self._note("wrong adoptions", row.upstream_id)

    def _note(self, kind: str, what: object) -> None:
        self.counts[kind] += kind != "needs_decision"
        self.counts["needless decisions"] += kind == "needs_decision"
        self.wrong.append(f"{kind}: {what} in {self._case}")
