"""REL-33: objects change while they are read. Whose every event comes, however late, is held as it is."""

import random
from decimal import Decimal
from pathlib import Path

import pytest

from tests.integration.replica.agreement import RESOURCES, by_documents, by_the_books, different
from tests.integration.replica.sync.conftest import LONG
from tests.integration.webhooks.inbound.conftest import Told, told_by_a_twin

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300 * LONG)]

STEPS = 40
FEW = 4
"""Events that are late at a time."""


@pytest.mark.parametrize("seed", range(1, 1 + 4 * LONG))
async def test_no_event_is_answered_by_a_look_from_before_it(seed: int, tmp_path: Path) -> None:
    async with told_by_a_twin(tmp_path, seed=seed) as told:
        told.stage.rooms.upstream.retries.begin = lambda: False  # pyright: ignore[reportAttributeAccessIssue]
        await told.subscribe()
        busy = Busy(told, random.Random(f"{seed} meanwhile"))
        for _ in range(STEPS):
            busy.act()
            told.clock.advance(busy.chance.choice((0.0, 0.3, 2.5)))
            await busy.tell()
            await told.follow()
        busy.stop()
        await busy.tell()
        told.clock.advance(60)
        await told.follow()

        books = by_the_books(told.company, None)
        kept = by_documents({key: it for key, it in (await told.documents()).items() if key[0] in RESOURCES})
    named = {key: fact for key, fact in books.items() if key[1] in busy.named}
    assert different(named, {key: fact for key, fact in kept.items() if key[1] in busy.named}) == []
    print(f"\nseed {seed}: {busy.acts} acts, {busy.amid} amid reads; {len(named)} objects as in the books")
    assert busy.amid >= STEPS / 4
    assert len(named) >= STEPS / 4


class Busy:
    """A company's people, before and after every call of the gateway's, and the vendor who tells of them."""

    def __init__(self, told: Told, chance: random.Random) -> None:
        self.named: set[str] = set()
        self.acts = self.amid = 0
        self.chance = chance
        self._told = told
        self._waiting: list[tuple[bytes, dict[str, str]]] = []
        told.wire.takes_s = 0.2
        self._few = FEW
        told.wire.act, told.wire.tell = self._amid, self.tell

    def act(self) -> None:
        self._told.clock.advance(0.001)  # the vendor's events tell milliseconds
        self._told.books.act()
        self.acts += 1

    def _amid(self) -> None:
        if self.chance.random() < 0.3:
            self._change_again() if self.chance.random() < 0.7 else self.act()
            self.amid += 1

    def _change_again(self) -> None:
        """What has just been read."""
        id = self._told.twin.ledger.calls[-1].path.rpartition("/")[2]
        document = self._told.company.documents.get(id)
        self._told.clock.advance(0.001)
        if document is not None and document.status == "draft":
            self._told.twin.edit_document(id, {"remark": f"Fassung {self.amid}"})
        elif document is not None and document.status == "open":
            self._told.twin.mark_paid(id, Decimal("0.01"))
        elif id in self._told.company.contacts:
            self._told.twin.edit_contact(id, {"note": f"Fassung {self.amid}"})

    def stop(self) -> None:
        self._told.wire.act = lambda: None
        self._few = 0

    async def tell(self) -> None:
        """Out of order, some twice; a few may wait for the next time."""
        self._waiting += [(body, headers) for _, body, headers in self._told.callbacks()]
        self.chance.shuffle(self._waiting)
        left = self.chance.randint(0, self._few)
        while len(self._waiting) > left:
            body, headers = self._waiting.pop()
            for _ in range(1 + (self.chance.random() < 0.05)):
                assert await self._told.post(body, headers) == 204
            self.named.add(body.partition(b'"resourceId":"')[2][:36].decode())
