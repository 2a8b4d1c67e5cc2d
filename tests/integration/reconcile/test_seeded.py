"""REL-4: lost answers by the hundred. `KONTOR_SEED` and `KONTOR_CASES` choose others and more."""

import os
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import update

from gateway.persistence.tables import connections
from gateway.upstream.transport import Transports
from tests.integration.reconcile.conftest import SameTime
from tests.integration.reconcile.seeded import Line, Play, drawn
from tests.stage import staged
from tests.unit.upstream.virtual import virtual

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(1800)]

CASES = int(os.environ.get("KONTOR_CASES", "200"))
LEAST = 200


async def test_no_lost_answer_makes_a_second_invoice_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = int(os.environ.get("KONTOR_SEED", "4"))
    clock, ambient = virtual()
    lines: list[Line] = []

    def losing(base: httpx2.AsyncBaseTransport) -> Transports:
        lines.append(Line(base, clock))
        return Transports(base=lines[0])

    monkeypatch.setattr("tests.stage.Transports", losing)
    async with staged(tmp_path, ambient) as stage:
        stage.twin.twin.clock = SameTime(clock)
        plain = await stage.party()
        marking = await stage.party(plain.tenant_id)
        async with stage.rooms.database.write() as session:
            marked = update(connections).where(connections.c.id == marking.connection_id)
            await session.execute(marked.values(marks_writes=True))
        play = Play(stage, clock, lines[0], plain, marking)
        for number in range(CASES):
            await play.run(drawn(number, seed))

    counts = play.counts
    names = ("duplicates", "lost", "wrong adoptions", "not final", "needless decisions")
    print(f"REL-4: seed {seed}, {CASES} cases, {dict(counts)}")
    assert play.wrong == [], play.wrong[:5]
    assert {name: counts[name] for name in names} == dict.fromkeys(names, 0)
    assert CASES >= LEAST
    assert counts["undecidable"] * 100 >= CASES
    assert counts["resent"] >= CASES // 5
    assert counts["told to wait"] >= CASES // 50
