"""A backup is brought back: what was written since is not written again (REL-41)."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.bodies import invoice
from tests.chaos.installation import Installation, installed

TIMES = int(os.environ.get("KONTOR_CHAOS", "1"))
BEFORE, SINCE, PARTIES = 5 * TIMES, 10 * TIMES, 3
pytestmark = pytest.mark.timeout(300 + 60 * TIMES)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("restore")


@pytest.fixture(scope="module")
def installation(place: Path) -> Iterator[Installation]:
    with installed(place, f"sqlite+aiosqlite:///{place / 'kontor.db'}") as running:
        running.serve(1)
        yield running


def customer(name: str) -> dict[str, Any]:
    return {"company": {"name": f"Holzwerk {name} GmbH"}}


def created(installation: Installation, resource: str, body: dict[str, Any], key: str) -> Any:
    """The final answer: asked again until it is there."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        headers = {"Idempotency-Key": key}
        answer = installation.ask(0, "POST", f"/v1/accounting/{resource}", headers, json=body)
        if answer is not None and answer.status_code not in (409, 429, 503, 504):
            assert answer.status_code == 201, answer.text
            return answer.json()["data"]["id"]
        time.sleep(0.2)
    raise AssertionError(f"{key} has no answer")


def everything(installation: Installation, which: str, invoices: int) -> dict[str, str]:
    """Ids by key."""
    bodies = {
        **{f"{which}/{number}": ("invoices", invoice(f"{which} {number}")) for number in range(invoices)},
        **{
            f"{which}/party/{number}": ("customers", customer(f"{which} {number}"))
            for number in range(PARTIES)
        },
    }
    return {key: created(installation, resource, body, key) for key, (resource, body) in bodies.items()}


def test_what_was_booked_after_the_backup_is_found_and_not_booked_again(
    installation: Installation, place: Path
) -> None:
    made = everything(installation, "before", BEFORE)
    backup = place / "backup.db"
    taken = installation.command("backup", str(backup))
    made |= everything(installation, "since", SINCE)
    booked = len(installation.booked()) + len(installation.booked("/v1/contacts"))

    gateway = installation.gateways[0]
    gateway.kill()
    for name in ("kontor.db", "kontor.db-wal", "kontor.db-shm"):
        (place / name).unlink(missing_ok=True)
    shutil.copyfile(backup, place / "kontor.db")
    gateway.start()
    again = everything(installation, "before", BEFORE) | everything(installation, "since", SINCE)
    after = len(installation.booked()) + len(installation.booked("/v1/contacts"))
    same_words = created(installation, "invoices", invoice("since 0"), "another key")
    told = installation.command("recovery", "status")

    same = sum(again[key] == made[key] for key in made)
    print(
        f"REL-41: {len(made)} writes, {SINCE + PARTIES} of them after the backup, all asked for again:"
        f" {after - booked} more at the vendor, {same} answers as before"
    )
    assert taken.returncode == 0, taken.stderr
    assert backup.stat().st_mode & 0o777 == 0o600
    assert booked == BEFORE + SINCE + 2 * PARTIES >= 21
    assert again == made
    assert after == booked
    assert same_words not in made.values()
    assert told.stdout.splitlines()[1].endswith("0")


def test_a_backup_never_takes_the_place_of_another(installation: Installation, place: Path) -> None:
    there = place / "there.db"
    there.write_bytes(b"precious")

    refused = installation.command("backup", str(there))

    assert refused.returncode == 1
    assert "File exists" in refused.stderr
    assert there.read_bytes() == b"precious"
