"""Signed ends of trails: what is kept outside, and what it proves."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.ambient import system
from gateway.audit.heads import BadHead, lines, read_heads, signed_heads
from gateway.jobs.audit_heads import keep_heads
from gateway.persistence.database import Database
from gateway.tenants.lookup import LookupHash
from tests.integration.audit.test_log import filled, tampered, verdict

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
OURS, THEIRS = LookupHash(b"o" * 32), LookupHash(b"t" * 32)
REWRITE = "UPDATE audit_heads SET sequence = 4, hash = (SELECT hash FROM audit_events WHERE sequence = 4)"


async def kept(database: Database) -> str:
    async with database.read() as session:
        return lines(await signed_heads(session, OURS, NOON))


async def test_every_trail_has_one_and_they_come_back_as_they_were_written(database: Database) -> None:
    await filled(database, 3, "ten_1")
    await filled(database, 2, "ten_2")
    heads = read_heads(await kept(database), OURS)

    assert [(head.tenant_id, head.sequence, head.at) for head in heads] == [
        ("ten_1", 3, NOON),
        ("ten_2", 2, NOON),
    ]


@pytest.mark.parametrize(
    "change",
    [{"sequence": 4}, {"hash": "00" * 32}, {"tenantId": "ten_2"}, {"at": "2026-11-21T12:00:00Z"}],
    ids=lambda change: next(iter(change)),
)
async def test_a_head_that_was_changed_is_none_of_ours(database: Database, change: dict[str, object]) -> None:
    await filled(database, 3)
    line = json.dumps(json.loads(await kept(database)) | change)
    with pytest.raises(BadHead, match="line 1"):
        read_heads(line, OURS)


async def test_a_head_of_another_installation_is_none_of_ours(database: Database) -> None:
    await filled(database, 3)
    with pytest.raises(BadHead, match="signature"):
        read_heads(await kept(database), THEIRS)


@pytest.mark.parametrize("line", ["{", "{}", "null", '{"tenantId": 1}'])
async def test_what_is_no_head_is_told_with_its_line(line: str) -> None:
    with pytest.raises(BadHead, match="line 1"):
        read_heads(line, OURS)


async def test_a_trail_that_was_cut_with_its_head_shows_against_the_kept_one(database: Database) -> None:
    await filled(database, 5)
    before = [head.head for head in read_heads(await kept(database), OURS)]
    await tampered(database, "DELETE FROM audit_events WHERE sequence = 5")
    async with database.write() as session:
        await session.execute(text(REWRITE))

    assert await verdict(database) is None
    assert await verdict(database, before[0]) == 5


async def test_once_a_day_they_are_written_beside_the_database(database: Database, tmp_path: Path) -> None:
    await filled(database, 3)
    ambient = system()
    assert await keep_heads(database, OURS, ambient, tmp_path) == 1
    assert await keep_heads(database, OURS, ambient, tmp_path) == 1

    (written,) = (tmp_path / "audit-heads").iterdir()
    assert written.name == f"{ambient.clock.now():%Y-%m-%d}.jsonl"
    assert [head.sequence for head in read_heads(written.read_text(), OURS)] == [3]
