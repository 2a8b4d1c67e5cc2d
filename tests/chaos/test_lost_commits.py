"""Commits that PostgreSQL carries out and whose answer is lost (REL-27). `KONTOR_CHAOS=25`: 500 of them.

A gateway's line to its database is cut between a commit and its answer, at a commit drawn from a seed.
"""

import os
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests import servers
from tests.chaos.bodies import invoice
from tests.chaos.cutting import CuttingProxy
from tests.chaos.installation import Installation, installed

TIMES = int(os.environ.get("KONTOR_CHAOS", "1"))
SEED = int(os.environ.get("KONTOR_SEED", "1"))
CUTS = 20 * TIMES
COMMITS_OF_A_WRITE = 4
"""Reserved, sent, answered, settled."""
pytestmark = [pytest.mark.needs("postgres"), pytest.mark.timeout(120 + 180 * TIMES)]


@pytest.fixture
def server() -> Iterator[servers.OwnPostgres]:
    server = servers.OwnPostgres()
    yield server
    server.close()


@pytest.fixture
def database_url(server: servers.OwnPostgres) -> Iterator[str]:
    with servers.fresh_database(server.url) as url:
        yield url


@pytest.fixture
def proxy(server: servers.OwnPostgres) -> Iterator[CuttingProxy]:
    with CuttingProxy(f"{server.directory}/.s.PGSQL.5432", SEED) as proxy:
        yield proxy


@pytest.fixture
def installation(
    database_url: str, proxy: CuttingProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    place = make_url(database_url).set(host="127.0.0.1", port=proxy.port)
    cuttable = place.set(query={"sslmode": "disable", "gssencmode": "disable"}).render_as_string(False)
    with installed(tmp_path_factory.mktemp("commits"), database_url) as running:
        running.serve(1, KONTOR_DATABASE_URL=cuttable)
        yield running


def test_a_commit_whose_answer_is_lost_counts_as_what_it_did(
    installation: Installation, proxy: CuttingProxy, database_url: str
) -> None:
    first: Counter[int] = Counter()
    again: Counter[int] = Counter()
    ids: dict[str, str] = {}
    number = 0
    while proxy.cuts < CUTS:
        key = f"commit/{number}"
        if not proxy.armed:
            proxy.cut_next(COMMITS_OF_A_WRITE)
        answer, statuses = installation.until_final(0, invoice(key), key)
        assert answer.status_code == 201, answer.text
        ids[key] = answer.json()["data"]["id"]
        first[statuses[0]] += 1
        again.update(statuses[1:])
        number += 1

    with psycopg.connect(make_url(database_url).set(drivername="postgresql").render_as_string(False)) as sql:
        rows = sql.execute("SELECT idempotency_key, state, upstream_id FROM write_journal").fetchall()
    print(
        f"REL-27: seed {SEED}, {proxy.cuts} answers to commits lost in {number} writes, first answers"
        f" {dict(first)}, repetitions {dict(again)}, {len(installation.booked())} booked"
    )
    assert proxy.cuts >= CUTS
    assert set(first) <= {201, 503, 504}
    unsent = [row for row in rows if row == (None, "rejected", None)]  # SENT was committed, nothing left
    assert Counter(rows) - Counter(unsent) == Counter((key, "confirmed", id) for key, id in ids.items())
    assert len(installation.booked()) == number == len(set(ids.values()))
