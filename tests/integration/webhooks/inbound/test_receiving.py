"""What the door takes: what the vendor signed, over these very bytes, of this organization, once."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.errors import Unavailable
from gateway.webhooks.inbound import receiving
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.events import signing
from tests.integration.webhooks.inbound.conftest import Told, told_by_a_twin

pytestmark = pytest.mark.anyio
HEADER = "X-Lxo-Signature"
OTHER_KEY = signing.new_key()

Forging = Callable[[bytes, str], tuple[bytes, dict[str, str]]]


def _reserialised(body: bytes) -> bytes:
    """The same JSON with blanks, as a framework would write it."""
    return msgspec.json.format(body, indent=1)


def _flipped(signature: str) -> str:
    raw = bytearray(base64.b64decode(signature))
    raw[17] ^= 1
    return base64.b64encode(raw).decode()


FORGED: dict[str, Forging] = {
    "missing": lambda body, signature: (body, {}),
    "empty": lambda body, signature: (body, {HEADER: ""}),
    "not base64": lambda body, signature: (body, {HEADER: "keine Unterschrift!"}),
    "one bit wrong": lambda body, signature: (body, {HEADER: _flipped(signature)}),
    "truncated signature": lambda body, signature: (body, {HEADER: signature[:200]}),
    "of another key": lambda body, signature: (body, {HEADER: signing.sign(OTHER_KEY, body)}),
    "of another body": lambda body, signature: (body.replace(b"invoice", b"voucher"), {HEADER: signature}),
    "re-serialised": lambda body, signature: (_reserialised(body), {HEADER: signature}),
    "a line break more": lambda body, signature: (body + b"\n", {HEADER: signature}),
    "truncated body": lambda body, signature: (body[:-1], {HEADER: signature}),
    "no body": lambda body, signature: (b"", {HEADER: signature}),
    "under another header": lambda body, signature: (body, {"X-Signature": signature}),
}


async def _one(told: Told) -> tuple[bytes, str]:
    """The callback of a new invoice, and its signature."""
    await told.subscribe()
    told.books.write_invoice()
    [(_, body, headers)] = told.callbacks("invoice.created")
    return body, headers[HEADER]


def _signed(told: Told, **changes: Any) -> tuple[bytes, dict[str, str]]:
    said = {
        "organizationId": told.company.id,
        "eventType": "invoice.changed",
        "resourceId": "97dcc1f6-e8d2-4d68-badb-71865edbf62f",
        "eventDate": shown(told.clock.now()),
        **changes,
    }
    body = msgspec.json.encode({name: value for name, value in said.items() if value is not None})
    return body, {HEADER: signing.sign(told.twin.webhook_key(), body)}


async def test_nothing_forged_is_processed(told: Told) -> None:
    body, signature = await _one(told)

    answers = {name: await told.post(*forge(body, signature)) for name, forge in FORGED.items()}

    assert answers == dict.fromkeys(FORGED, 400)  # neither sent again by the vendor, nor a subscription lost
    assert await told.states() == {}
    assert await told.post(body, {HEADER: signature}) == 204
    assert await told.states() == {"waiting": 1}


async def test_an_event_of_another_organization_is_not_this_connection_s(told: Told) -> None:
    await told.subscribe()
    body, headers = _signed(told, organizationId="00000000-0000-4000-8000-000000000000")

    assert await told.post(body, headers) == 400
    assert await told.states() == {}


@pytest.mark.parametrize("days", [8, 30])
async def test_what_is_sent_again_after_days_is_not_processed(told: Told, days: int) -> None:
    body, signature = await _one(told)
    assert await told.post(body, {HEADER: signature}) == 204
    await told.follow()
    calls = told.twin.ledger.count

    told.clock.advance(days * 86400)
    assert await told.post(body, {HEADER: signature}) == 204
    await told.follow()

    assert await told.states() == {"done": 1}
    assert told.twin.ledger.count == calls


async def test_an_old_event_that_was_never_seen_is_not_processed_either(told: Told) -> None:
    await told.subscribe()
    old: datetime = told.clock.now() - timedelta(days=30)

    assert await told.post(*_signed(told, eventDate=shown(old))) == 204
    assert await told.states() == {}


async def test_an_event_that_comes_five_times_is_stored_once(told: Told) -> None:
    body, signature = await _one(told)

    assert [await told.post(body, {HEADER: signature}) for _ in range(5)] == [204] * 5
    assert await told.states() == {"waiting": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"eventDate": None},
        {"resourceId": None},
        {"resourceId": 7},
        {"eventDate": "yesterday"},
        {"eventDate": "2026-11-20T10:00:00"},
        {"eventType": "world.ended"},
    ],
)
async def test_what_the_vendor_signs_and_nobody_can_read_is_refused(
    told: Told, changes: dict[str, Any]
) -> None:
    await told.subscribe()

    assert await told.post(*_signed(told, **changes)) == 400
    assert await told.states() == {}


async def test_a_connection_that_wants_no_events_ends_its_subscription(told: Told) -> None:
    body, signature = await _one(told)
    unknown = "/hooks/lexoffice-sandbox/con_of_nobody"

    assert await told.post(body, {HEADER: signature}, unknown) == 410
    assert await told.post(body, {HEADER: signature}, told.path.replace("-sandbox", "")) == 400
    await told.keep(False)
    assert await told.post(body, {HEADER: signature}) == 410
    assert await told.states() == {}


async def test_the_vendor_s_look_whether_somebody_is_there_is_answered(told: Told) -> None:
    for method in ("HEAD", "GET"):
        answer = await told.stage.client.request(method, told.path)
        assert (answer.status_code, answer.content) == (200, b"")


async def test_a_body_is_64_kib_at_most(told: Told) -> None:
    await told.subscribe()

    assert await told.post(b"x" * (64 * 1024 + 1), {HEADER: "x"}) == 413
    assert await told.post(b"x" * (64 * 1024), {HEADER: "x"}) == 400


async def test_neither_body_nor_signature_is_logged(
    told: Told, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    body, signature = await _one(told)
    await told.post(body, {HEADER: signature})
    await told.post(body + b" ", {HEADER: signature})

    written = "".join(capfd.readouterr()) + caplog.text
    assert signature[:24] not in written
    assert msgspec.json.decode(body)["resourceId"] not in written


async def test_every_callback_is_counted(told: Told) -> None:
    body, signature = await _one(told)
    for content in (body, body, body + b" "):
        await told.post(content, {HEADER: signature})

    registry, counted = told.stage.rooms.metrics.registry, {}
    for outcome in ("stored", "double", "forged", "gone"):
        labels = {"target": "lexoffice-sandbox", "outcome": outcome}
        counted[outcome] = registry.get_sample_value("kontor_vendor_events_total", labels)
    assert counted == {"stored": 1.0, "double": 1.0, "forged": 1.0, "gone": None}


class Stalling:
    """The database's writes, held up until told otherwise."""

    def __init__(self, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
        self.goes_on = asyncio.Event()
        database = told.database
        write = database.write

        @asynccontextmanager
        async def stalled() -> AsyncIterator[AsyncSession]:
            await self.goes_on.wait()
            async with write() as session:
                yield session

        monkeypatch.setattr(database, "write", stalled)


async def test_a_database_that_stalls_has_the_vendor_come_again_and_loses_nothing(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    await told.subscribe()
    for _ in range(20):
        told.books.write_contact()
    with monkeypatch.context() as stalled:
        stalled.setattr(receiving, "STORE_S", 0.05)
        stall = Stalling(told, stalled)
        assert await told.deliver() == 20
        assert told.settled == [503] * 20
        stall.goes_on.set()
    told.clock.advance(10)
    await told.deliver()

    assert told.settled == [503] * 20 + [204] * 20
    assert (await told.states()).total() == 20


async def test_while_it_stalls_no_more_wait_for_it_than_there_is_room_for(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    await told.subscribe()
    monkeypatch.setattr(receiving, "STORE_S", 0.01)
    monkeypatch.setattr(receiving, "STORING_AT_ONCE", 3)
    stall = Stalling(told, monkeypatch)
    said = [_signed(told, eventDate=shown(told.clock.now() - timedelta(seconds=n))) for n in range(8)]

    assert [await told.post(*one) for one in said] == [503] * 8
    stall.goes_on.set()
    await asyncio.sleep(0.2)

    assert (await told.states()).total() == 3


async def test_a_database_that_is_away_has_the_vendor_come_again(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, signature = await _one(told)

    def away() -> Any:
        raise Unavailable("The database is away.")

    with monkeypatch.context() as patched:
        patched.setattr(told.database, "write", away)
        assert await told.post(body, {HEADER: signature}) == 503
    assert await told.post(body, {HEADER: signature}) == 204


async def test_both_databases_store_once_and_follow(tmp_path: Path, empty_database_url: str) -> None:
    async with told_by_a_twin(tmp_path, empty_database_url) as told:
        body, signature = await _one(told)
        assert [await told.post(body, {HEADER: signature}) for _ in range(2)] == [204, 204]

        await told.follow()

        assert await told.states() == {"done": 1}
        assert await told.row("invoices", msgspec.json.decode(body)["resourceId"]) is not None
