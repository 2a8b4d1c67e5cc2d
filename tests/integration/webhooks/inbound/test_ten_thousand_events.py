"""Events that come shuffled, doubled, or not at all: what was delivered is held as the books have it."""

import random

import pytest

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
    named = {(type.partition(".")[0], _id(body)) for body, _, type in arriving}
    wrong = [one for one in named if not await _is_right(told, *one)]
    assert wrong == []
    calls = sum(1 for call in told.twin.ledger.calls if call.number > before)
    objects = len({id for _, id in named})
    with capsys.disabled():
        print(f"\nREL-33: {len(arriving)} callbacks of {objects} objects, {calls} calls, 0 wrong")
    assert calls <= 2 * objects


def _id(body: bytes) -> str:
    return body.partition(b'"resourceId":"')[2][:36].decode()


async def _is_right(told: Told, noun: str, id: str) -> bool:
    """By the twin's books themselves."""
    company = told.company
    if noun == "contact":
        contact = company.contacts.get(id)
        role = None if contact is None else ("customers" if contact.customer_number else "suppliers")
        rows = {name: await told.row(name, id) for name in ("customers", "suppliers")}
        return {name for name, row in rows.items() if row is not None} == ({role} if role else set())
    kept = company.documents.get(id) if id in company.documents else company.vouchers.get(id)
    resource = "invoices" if id in company.documents or noun == "invoice" else "bills"
    row = await told.row(resource, id)
    if kept is None or row is None:
        return kept is None and row is None
    owed = kept.open_amount if kept.status == "open" else None
    told_open = row["totals"]["open"] if kept.status == "open" else None
    state = (row["vendorStatus"], None if told_open is None else float(told_open))
    return state == (kept.status, None if owed is None else float(owed))
