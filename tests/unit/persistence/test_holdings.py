"""SEC-45: what is stored is declared, column by column: why, how long, of which class."""

from collections import Counter

import pytest
from sqlalchemy import Column, MetaData, String, Table

from gateway.persistence.holdings import CLASSES, HOLDINGS, Holding
from gateway.persistence.tables import METADATA


def undeclared(metadata: MetaData, holdings: dict[str, Holding]) -> list[str]:
    """Columns that are in no class, or in two, and classes of what is no column."""
    wrong = []
    for name, table in metadata.tables.items():
        holding = holdings.get(name)
        named = Counter(
            one for names in (holding.columns if holding else {}).values() for one in names.split()
        )
        wrong += [f"{name}.{column.name}" for column in table.columns if named.pop(column.name, 0) != 1]
        wrong += [f"{name}.{column} is no column" for column in named]
    return wrong


def test_every_column_is_of_one_declared_class() -> None:
    assert undeclared(METADATA, {**HOLDINGS}) == []
    assert {kind for holding in HOLDINGS.values() for kind in holding.columns} == {*CLASSES}


def test_a_column_without_a_class_is_found() -> None:
    metadata = MetaData()
    table = Table("invoices", metadata, Column("id", String), Column("iban", String))
    holding = Holding(table=table, why="To show.", until="for good", columns={"identity": "id"})

    assert undeclared(metadata, {"invoices": holding}) == ["invoices.iban"]
    assert undeclared(metadata, {}) == ["invoices.id", "invoices.iban"]


@pytest.mark.parametrize("holding", HOLDINGS.values(), ids=lambda holding: holding.name)
def test_every_table_says_why_and_how_long(holding: Holding) -> None:
    assert holding.why.endswith(".")
    assert holding.until or holding.days
    assert (holding.days is None) == (holding.since == "")
    assert holding.since == "" or holding.since in holding.table.c


@pytest.mark.parametrize("holding", HOLDINGS.values(), ids=lambda holding: holding.name)
def test_only_what_names_nobody_outlives_its_tenant(holding: Holding) -> None:
    if holding.outlives:
        assert not {*holding.columns} & {"personal", "business", "credential"}
    else:
        assert "tenant_id" in holding.table.c or holding.name in (
            "tenants",
            "request_counts",
            "scheduler_slots",
        )


def test_what_goes_with_a_copy_names_its_connection() -> None:
    copies = [holding for holding in HOLDINGS.values() if holding.of_copy]

    assert {holding.name for holding in copies} >= {"replica_rows", "replica_syncs", "inbound_events"}
    assert all({"tenant_id", "connection_id"} <= {*holding.table.c.keys()} for holding in copies)
