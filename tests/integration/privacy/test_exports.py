"""What is held of a connection's books, read back from its files by other programs: nothing is lost."""

import hashlib
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from sqlalchemy import select

from connectors.base.operations import OPERATIONS
from connectors.base.paging import Record
from gateway.api.examples import example_record
from gateway.launch import LaunchError, exporting
from gateway.persistence.tables import audit_events, replica_rows
from gateway.replica.rows import keeps, place_of
from schemas import RESOURCES
from tests.integration.privacy.conftest import Kept
from tests.integration.replica.conftest import EXAMPLE
from tests.stage import Stage, staged

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

BOOKS = ("invoices", "customers", "items", "credit-notes")
MOST = Decimal("999999999999999.99")
"""What the model promises to take: 15 digits and two decimals."""


@pytest.fixture(params=["clear", "sealed"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    sealed = "test" if request.param == "sealed" else "live"
    directory = tmp_path / "data"
    directory.mkdir(mode=0o700)
    async with staged(directory, replica_sealed=sealed) as made:
        yield made


@pytest.fixture
async def filled(kept: Kept) -> Kept:
    """The twin's books as they are read, an example of each resource, extreme amounts, and a tombstone."""
    for resource in BOOKS:
        read = await kept.call("GET", f"/v1/accounting/{resource}?limit=25")
        assert read.json()["data"], resource
    rooms, connection = kept.stage.rooms, await kept.connection()
    async with rooms.database.write() as session:
        for resource in filter(keeps, RESOURCES.values()):
            data = msgspec.convert(example_record(resource, OPERATIONS["get"]), resource.model)
            place, at = place_of(connection, resource.name), rooms.ambient.clock.now()
            await rooms.replica.put(session, place, [Record(data=data, raw=None)], read_at=at)
    line = EXAMPLE.lines[0]
    odd = msgspec.structs.replace(line, unit_price=Decimal("0.0001"), quantity=Decimal("3.3333"))
    within = msgspec.structs.replace(line, alternatives=[msgspec.structs.replace(odd, alternatives=[odd])])
    totals = msgspec.structs.replace(EXAMPLE.totals, gross=MOST, net=Decimal("-0.01"), tax=Decimal("0.10"))
    await kept.put("odd", lines=[odd, within], totals=totals, number='R-1\nÄ€ "x"')
    await kept.put("gone")
    await kept.bury("gone")
    return kept


async def documents(kept: Kept, resource: str) -> dict[str, Any]:
    """As the replica holds them, by id."""
    rooms, place = kept.stage.rooms, place_of(await kept.connection(), resource)
    own = (replica_rows.c.connection_id == place.connection_id, replica_rows.c.resource == resource)
    async with rooms.database.read() as session:
        ids = (await session.execute(select(replica_rows.c.id).where(*own))).scalars().all()
        held = await rooms.replica.documents(session, place, ids)
    return {id: json.loads(document) for id, document in held.items()}


def same(plain: Any, value: Any) -> bool:
    """Whether a value that DuckDB read is that of the JSON document."""
    if value is None or plain is None:
        return value is None and plain is None
    if isinstance(value, Decimal):
        return isinstance(plain, str) and Decimal(plain) == value
    if isinstance(value, datetime):
        return datetime.fromisoformat(plain) == value.astimezone(UTC)
    if isinstance(value, date):
        return date.fromisoformat(plain) == value
    if isinstance(value, dict):
        return {*plain} == {*value} and all(same(plain[name], value[name]) for name in plain)
    if isinstance(value, list):
        return len(plain) == len(value) and all(map(same, plain, value))
    if isinstance(plain, list | dict):
        return json.loads(value) == plain
    return plain == value and type(plain) is type(value)


def read_parquet(path: Path) -> list[dict[str, Any]]:
    with duckdb.connect() as database:
        found = database.execute("SELECT * FROM read_parquet(?)", [str(path)])
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


async def test_every_line_is_the_document_and_tombstones_are_told(filled: Kept, tmp_path: Path) -> None:
    manifest = await exporting.export(
        filled.stage.rooms, filled.party.connection_id, "jsonl", tmp_path / "out"
    )

    assert {file.resource for file in manifest.files} >= {*BOOKS}
    for file in manifest.files:
        lines = (tmp_path / "out" / file.name).read_bytes().splitlines()
        told = [json.loads(line) for line in lines]
        gone = [one for one in told if {*one} == {"id", "deletedAt"}]
        there = {one["id"]: one for one in told if one not in gone}
        assert there == await documents(filled, file.resource)
        assert (file.documents, file.deleted) == (len(there), len(gone))
        assert [one["id"] for one in gone] == (["gone"] if file.resource == "invoices" else [])


async def test_a_line_is_what_the_api_answers(filled: Kept) -> None:
    told = await filled.call("GET", f"{filled.path}/export?resource=invoices")
    lines = {json.loads(line)["id"]: line for line in told.content.splitlines()}

    held = await filled.call(
        "GET", "/v1/accounting/invoices/odd", headers={"Cache-Control": "only-if-cached, max-age=600"}
    )

    assert held.status_code == 200
    assert b'"data":' + lines["odd"] in held.content
    assert json.loads(lines["odd"])["totals"]["gross"] == "999999999999999.99"


async def test_parquet_reads_back_as_the_documents_with_every_cent(filled: Kept, tmp_path: Path) -> None:
    manifest = await exporting.export(
        filled.stage.rooms, filled.party.connection_id, "parquet", tmp_path / "out"
    )

    compared = 0
    for file in manifest.files:
        rows = read_parquet(tmp_path / "out" / file.name)
        gone = [row["id"] for row in rows if row.pop("deletedAt") is not None]
        held = await documents(filled, file.resource)
        assert gone == (["gone"] if file.resource == "invoices" else [])
        there = [row for row in rows if row["id"] not in gone]
        assert {row["id"] for row in there} == {*held}
        assert [row["id"] for row in there if not same(held[row["id"]], row)] == []
        compared += len(there)
    (odd,) = [row for row in read_parquet(tmp_path / "out" / "invoices.parquet") if row["id"] == "odd"]
    assert odd["totals"]["gross"] == MOST
    assert odd["totals"]["net"] == Decimal("-0.01")
    assert odd["lines"][0]["unitPrice"] == Decimal("0.0001")
    (alternative,) = odd["lines"][1]["alternatives"]
    assert alternative["unitPrice"] == Decimal("0.0001")
    assert json.loads(alternative["alternatives"][0])["quantity"] == "3.3333"  # deeper than people go
    print(f"{compared} documents of {len(manifest.files)} resources")
    assert compared >= 35
    assert len(manifest.files) == len([*filter(keeps, RESOURCES.values())])


async def test_the_manifest_comes_last_and_tells_what_each_file_is(filled: Kept, tmp_path: Path) -> None:
    directory = tmp_path / "out"
    made = await exporting.export(filled.stage.rooms, filled.party.connection_id, "jsonl", directory)
    kept = msgspec.json.decode((directory / "manifest.json").read_bytes(), type=exporting.Manifest)

    assert kept == made
    assert {path.name for path in directory.iterdir()} == {file.name for file in kept.files} | {
        "manifest.json"
    }
    for file in kept.files:
        content = (directory / file.name).read_bytes()
        assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert (directory / file.name).stat().st_mode & 0o077 == 0


async def test_a_directory_with_files_in_it_is_left_alone(filled: Kept, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")

    with pytest.raises(LaunchError, match="has files in it"):
        await exporting.export(filled.stage.rooms, filled.party.connection_id, "jsonl", tmp_path)


async def test_nothing_is_exported_of_a_connection_that_keeps_nothing(kept: Kept, tmp_path: Path) -> None:
    await kept.keep(False)

    answer = await kept.call("GET", f"{kept.path}/export?resource=invoices")

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    with pytest.raises(LaunchError, match="keeps no replica"):
        await exporting.export(kept.stage.rooms, kept.party.connection_id, "jsonl", tmp_path / "out")


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
async def test_the_answer_is_the_file(filled: Kept, tmp_path: Path, format: Any) -> None:
    path = f"{filled.path}/export?resource=customers&format={format}"
    answer = await filled.call("GET", path)
    await exporting.export(filled.stage.rooms, filled.party.connection_id, format, tmp_path / "out")

    assert answer.status_code == 200
    assert "content-length" not in answer.headers
    assert answer.headers["content-disposition"].endswith(f'-customers.{format}"')
    if format == "jsonl":
        assert answer.content == (tmp_path / "out" / "customers.jsonl").read_bytes()
    else:
        (tmp_path / "answer.parquet").write_bytes(answer.content)
        mine, theirs = tmp_path / "answer.parquet", tmp_path / "out" / "customers.parquet"
        assert read_parquet(mine) == read_parquet(theirs)


async def test_a_key_that_may_read_may_export_and_it_stands_in_the_trail(filled: Kept) -> None:
    reader = await filled.stage.party(filled.party.tenant_id, scopes=("read",))

    answer = await filled.stage.call("GET", f"{filled.path}/export?resource=items&format=parquet", reader)

    assert answer.status_code == 200
    exports = select(audit_events).where(audit_events.c.action == "connection.exported")
    async with filled.stage.rooms.database.read() as session:
        (entry,) = (await session.execute(exports)).all()
    assert (entry.actor, entry.object_id) == (reader.key_id, filled.party.connection_id)
    assert json.loads(entry.detail) == {"resource": "items", "format": "parquet"}


async def test_another_tenants_connection_is_none(filled: Kept) -> None:
    stranger = await filled.stage.party()

    answer = await filled.stage.call("GET", f"{filled.path}/export?resource=items", stranger)

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "query", ["", "?resource=unicorns", "?resource=company", "?resource=items&format=xls"]
)
async def test_what_cannot_be_exported_is_told(kept: Kept, query: str) -> None:
    assert (await kept.call("GET", f"{kept.path}/export{query}")).status_code == 422


async def test_what_was_kept_of_an_ended_connection_can_still_be_had(filled: Kept) -> None:
    await filled.call("DELETE", filled.path + "?data=keep")

    answer = await filled.call("GET", f"{filled.path}/export?resource=customers")

    assert len(answer.content.splitlines()) == len(await documents(filled, "customers")) > 0


async def test_a_tenant_has_two_under_way_and_no_more(filled: Kept) -> None:
    rooms, path = filled.stage.rooms, f"{filled.path}/export?resource=items"
    rooms.exports[filled.party.tenant_id] = 2
    refused = await filled.call("GET", path)
    rooms.exports[filled.party.tenant_id] = 1

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_exports")
    assert (await filled.call("GET", path)).status_code == 200
    assert rooms.exports[filled.party.tenant_id] == 1  # its place is free again
    neighbour = Kept(stage=filled.stage, party=await filled.stage.party())
    await neighbour.keep(True)
    assert (await neighbour.call("GET", f"{neighbour.path}/export?resource=items")).status_code == 200


async def test_without_pyarrow_parquet_is_told_to_be_missing(
    filled: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    answer = await filled.call("GET", f"{filled.path}/export?resource=items&format=parquet")

    assert (answer.status_code, answer.json()["code"]) == (501, "parquet_missing")
    assert "kontor[parquet]" in answer.json()["hint"]
    with pytest.raises(LaunchError, match=r"kontor\[parquet\]"):
        await exporting.export(filled.stage.rooms, filled.party.connection_id, "parquet", tmp_path / "out")


def test_every_model_has_columns_and_no_amount_is_text() -> None:
    from gateway.privacy.columns import columns

    for resource in RESOURCES.values():
        names = {*columns(resource.model)}
        assert "deletedAt" not in {*resource.model.__struct_encode_fields__}
        assert names == {*resource.model.__struct_encode_fields__, "deletedAt"}
    totals = columns(RESOURCES["invoices"].model)["totals"].type
    assert str(totals.field("gross").type) == "decimal128(21, 6)"
