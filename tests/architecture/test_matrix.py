"""The matrix of this release: complete, without holes, and all of it shown."""

import re
from datetime import date
from pathlib import Path

import pytest

from connectors import CONNECTORS
from connectors.base.connector import Connector
from connectors.base.field_paths import leaves_of
from connectors.base.operations import OPERATIONS
from gateway.api.matrix import FieldSupport, ResourceSupport, packaged
from schemas import RESOURCES

ROOT = Path(__file__).resolve().parents[2]
HELD = [(connector, name) for connector in CONNECTORS for name in RESOURCES if name in connector.resources]
READABLE = [(c, name) for c, name in HELD if c.supports(name, "get") or c.supports(name, "list")]


def support(connector: Connector, resource: str) -> ResourceSupport:
    return packaged().of(connector.name, resource)


def actions_of(resource: str) -> list[str]:
    return [name for name in RESOURCES[resource].operations if OPERATIONS[name].takes is not None]


def yes(fields: list[FieldSupport] | None) -> list[str]:
    return [field.path for field in fields or () if field.level == "yes"]


@pytest.mark.parametrize(("connector", "resource"), READABLE)
def test_every_leaf_of_the_model_has_an_answer_and_most_are_yes(connector: Connector, resource: str) -> None:
    read = support(connector, resource).read

    assert [field.path for field in read] == [leaf.path for leaf in leaves_of(RESOURCES[resource].model)]
    assert len(yes(read)) > 0


@pytest.mark.parametrize(("connector", "resource"), HELD)
def test_no_field_and_no_filter_is_dropped_in_silence(connector: Connector, resource: str) -> None:
    found = support(connector, resource)
    acted = [field for fields in found.actions.values() for field in fields]
    answers = [*(found.create or ()), *(found.update or ()), *acted, *found.filters]

    assert [one for one in answers if one.level == "no" and not one.reason] == []


@pytest.mark.parametrize(("connector", "resource"), HELD)
def test_what_can_be_written_was_written(connector: Connector, resource: str) -> None:
    found, declared = support(connector, resource), RESOURCES[resource].create
    leaves = [leaf.path for leaf in leaves_of(declared)] if declared else []

    for operation, fields in (("create", found.create), ("update", found.update)):
        if declared is not None and connector.supports(resource, operation):
            assert [field.path for field in fields or ()] == leaves
            assert yes(fields)


@pytest.mark.parametrize(("connector", "resource"), HELD)
def test_what_actions_take_was_tried(connector: Connector, resource: str) -> None:
    found = support(connector, resource).actions
    able = [name for name in actions_of(resource) if connector.supports(resource, name)]

    assert sorted(found) == sorted(able)
    for name in able:
        struct = OPERATIONS[name].takes
        assert struct is not None
        assert [field.path for field in found[name]] == [leaf.path for leaf in leaves_of(struct)]
        assert yes(found[name])


@pytest.mark.parametrize(("connector", "resource"), HELD)
def test_the_rows_of_a_summary_have_an_answer_for_every_leaf(connector: Connector, resource: str) -> None:
    summary, found = RESOURCES[resource].summary, support(connector, resource).summary
    if summary is None or not connector.supports(resource, "list"):
        assert found is None
        return

    assert [field.path for field in found or ()] == [leaf.path for leaf in leaves_of(summary)]
    assert "id" in yes(found)


def test_what_an_action_was_found_to_write_is_as_it_is_written_down() -> None:
    (lexoffice,) = (connector for connector in CONNECTORS if connector.name == "lexoffice")
    of = support(lexoffice, "invoices").actions
    convert = {field.path: field for field in of["convert"]}
    notes = {field.path: field for field in support(lexoffice, "delivery-notes").actions["convert"]}
    rows = {field.path: field for field in support(lexoffice, "delivery-notes").summary or ()}

    # By hand from connectors/lexoffice: sales/converting.py, sales/mailing.py, settling.py, sales/summary.py.
    assert convert["finalize"].vendor_fields == ["?finalize"]
    assert convert["paymentTerms.dueDays"].level == "no"
    assert (notes["to"].level, notes["to"].reason) == (
        "yes",
        "Takes `invoices` only. Of delivery notes Lexware Office makes invoices only.",
    )
    assert {field.path: field.vendor_fields for field in of["send"]}["recipients"] == ["recipients[]"]
    assert {field.path: field.vendor_fields for field in of["settle"]}["paidOn"] == [
        "[].bookingDate",
        "[].valueDate",
    ]
    assert rows["totals.gross"].vendor_fields == ["/v1/voucherlist#content[].totalAmount"]
    assert rows["totals.open"].level == "no"  # nothing is owed on a delivery note


def test_a_no_says_what_a_person_can_do_with_it() -> None:
    (lexoffice,) = (connector for connector in CONNECTORS if connector.name == "lexoffice")
    accounts = {field.path: field for field in support(lexoffice, "bank-accounts").update or ()}
    sales = support(lexoffice, "sales-vouchers")
    made, changed = ({field.path: field for field in fields or ()} for fields in (sales.create, sales.update))

    # By hand from connectors/lexoffice: resources/bank_accounts.py, vouchers/checks.py, vouchers/writing.py.
    for path in ("bic", "cardNumber", "system"):
        assert accounts[path].reason == "Lexware Office does not change it on an existing account."
    assert (changed["collective"].level, changed["collective"].vendor_fields) == (
        "yes",
        ["useCollectiveContact"],
    )
    for found in (made, changed):
        assert (found["servicePeriod.endsOn"].level, found["servicePeriod.endsOn"].vendor_fields) == (
            "yes",
            ["shippingDate"],
        )
        assert found["servicePeriod.endsOn"].reason == "Lexware Office keeps the last day of a period only."
        assert found["servicePeriod.kind"].reason == (
            "Takes `delivery`, `none` only. Lexware Office keeps the day alone, and calls it a delivery."
        )
    assert (changed["kind"].level, changed["kind"].reason) == (
        "no",
        "What it is cannot be changed: record it anew.",
    )


def test_an_invoice_has_content_in_as_many_fields_as_the_richest_rivals() -> None:
    (lexoffice,) = (connector for connector in CONNECTORS if connector.name == "lexoffice")
    read = support(lexoffice, "invoices").read
    told = yes(read)
    of_lines = [path for path in told if path.startswith("lines[].")]
    untold = {field.path for field in read if field.level == "no" and field.path.startswith("lines[].")}

    assert len(told) - len(of_lines) >= 52
    assert len(of_lines) + len(untold) >= 35
    assert untold <= {"lines[].accountId"}  # Lexware books no sales document by line


def test_a_mapping_is_found_as_it_is_written_down() -> None:
    (lexoffice,) = (connector for connector in CONNECTORS if connector.name == "lexoffice")
    read = {field.path: field.vendor_fields for field in support(lexoffice, "invoices").read}
    create = {field.path: field.vendor_fields for field in support(lexoffice, "invoices").create or ()}

    # By hand from connectors/lexoffice/sales: reading.py, lines.py, writing.py.
    assert read["number"] == ["/v1/invoices/{id}#voucherNumber"]
    assert read["buyer.address.postalCode"] == ["/v1/invoices/{id}#address.zip"]
    assert "/v1/voucherlist#content[].openAmount" in read["totals.open"]
    assert read["lines[].unitCode"] == ["/v1/invoices/{id}#lineItems[].unitName"]
    assert create["buyer.address.postalCode"] == ["address.zip"]
    assert create["precedingDocuments[].id"] == ["?precedingSalesVoucherId"]


@pytest.mark.parametrize(("connector", "resource"), HELD)
def test_the_reference_shows_every_field_that_is_claimed(connector: Connector, resource: str) -> None:
    page = (ROOT / "docs" / "reference" / f"{resource}.md").read_text()
    found = support(connector, resource)

    for path in {*yes(found.read), *yes(found.create), *yes(found.update)}:
        *_, shown = re.split(r"\.|\[\]\.", path, maxsplit=1)  # below the heading of what holds it
        assert f"`{shown}`" in page, path
    for fields in (found.summary, *found.actions.values()):
        assert all(f"`{path}`" in page for path in yes(fields))
    for one in found.filters:
        assert f"`{one.name}`" in page


def test_the_report_names_every_operation_that_is_claimed() -> None:
    report = packaged().report
    claimed = {
        (connector.name, f"{resource.name}.{operation}")
        for connector in CONNECTORS
        for resource in RESOURCES.values()
        for operation in resource.operations
        if connector.supports(resource.name, operation)
    }

    assert report is not None
    assert date.fromisoformat(report.date)
    assert re.fullmatch(r"[0-9a-f]{40}", report.commit)
    assert report.tests > 0
    seen = {
        (name, cell) for name, cells in report.checks.items() for cell, count in cells.items() if count > 0
    }
    assert claimed <= seen, "./kontor conformance writes the report"
