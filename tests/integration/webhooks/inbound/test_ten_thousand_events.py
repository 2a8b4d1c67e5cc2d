"""REL-33: events that come shuffled, doubled, or not at all. What was told is held as the books have it, and
after one pass over the lists everything is.
"""

import random
from collections.abc import Mapping

import pytest

from tests.integration.replica.agreement import (
    RESOURCES,
    Fact,
    Object,
    by_documents,
    by_the_books,
    different,
)
from tests.integration.replica.sync.conftest import LONG
from tests.integration.webhooks.inbound.conftest import Told

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600 * LONG)]
EVENTS = 1_000 * LONG
OBJECTS = EVENTS // 5


async def test_what_was_delivered_is_as_in_the_books(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    await told.subscribe()
    chance = random.Random(33)
    said: list[tuple[bytes, dict[str, str], str]] = []
    for _ in range(OBJECTS):
        chance.choice((told.books.write_invoice, told.books.write_contact, told.books.write_bill))()
    while len(said) < EVENTS:
        told.clock.advance(1)
        told.books.act()
        said += [(body, headers, type) for type, body, headers in told.callbacks()]
    del said[EVENTS:]
    dropped = {index for index in range(EVENTS) if chance.random() < 0.10}
    arriving = [one for index, one in enumerate(said) if index not in dropped]
    arriving += [one for one in arriving if chance.random() < 0.05]
    chance.shuffle(arriving)
    before = told.twin.ledger.count

    answers = [await told.post(body, headers) for body, headers, _ in arriving]
    told.clock.advance(60)
    await told.follow(most=100_000)

    assert answers == [204] * len(arriving)
    assert (await told.states()) == {"done": EVENTS - len(dropped)}
    named = {_id(body) for body, _, _ in arriving}
    calls = sum(1 for call in told.twin.ledger.calls if call.number > before)
    books = by_the_books(told.company, told.clock.now())
    assert different(_of(books, named), _of(await _kept(told), named)) == []
    assert calls <= 2 * len(named)

    behind = len(different(books, await _kept(told)))
    await told.go_over_all()
    assert different(books, await _kept(told)) == []
    with capsys.disabled():
        print(
            f"\nREL-33: {len(arriving)} callbacks of {len(named)} objects, {len(dropped)} lost: {calls} "
            f"calls, 0 wrong; of {len(books)} objects one pass over all brought back {behind}, 0 wrong"
        )
    assert len(dropped) >= 0.07 * EVENTS
    assert behind >= 1


def _id(body: bytes) -> str:
    return body.partition(b'"resourceId":"')[2][:36].decode()


def _of(facts: Mapping[Object, Fact], ids: set[str]) -> dict[Object, Fact]:
    return {key: fact for key, fact in facts.items() if key[1] in ids}


async def _kept(told: Told) -> dict[Object, Fact]:
    documents = await told.documents()
    return by_documents({key: document for key, document in documents.items() if key[0] in RESOURCES})
