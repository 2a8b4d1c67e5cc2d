"""`expand`: what objects name by their ids, beside them; what is not held says so."""

from typing import Any

import pytest

from gateway.api.expanding import named
from schemas import RESOURCES
from tests.integration.replica.reader import INVOICE, INVOICES, Reader, told

pytestmark = pytest.mark.anyio


async def to_a_customer(reader: Reader) -> dict[str, Any]:
    """A final invoice to somebody who is kept as a customer."""
    customers = (await reader.get("/v1/accounting/customers", limit=1)).json()["data"]
    body = {**INVOICE, "buyer": {"customerId": customers[0]["id"]}, "finalize": True}
    made = await reader.stage.call("POST", INVOICES, reader.party, key="one", json=body)
    assert made.status_code == 201, made.text
    return {"invoice": made.json()["data"], "customer": customers[0]}


async def test_a_read_of_one_object_asks_for_what_is_not_held(passing: Reader) -> None:
    made = await to_a_customer(passing)
    path, id = f"{INVOICES}/{made['invoice']['id']}", made["customer"]["id"]

    answer = await passing.get(path, expand="customer,payments")

    body = answer.json()
    assert told(answer) == (200, "live", "3")
    assert body["expanded"]["customer"] == {id: made["customer"]}
    assert body["expanded"]["payments"][made["invoice"]["id"]]["paymentStatus"] == "open"
    assert body["meta"]["expanded"]["customer"]["missing"] == {}


async def test_what_was_read_once_is_expanded_without_a_call(reader: Reader) -> None:
    made = await to_a_customer(reader)
    path = f"{INVOICES}/{made['invoice']['id']}"
    first = await reader.get(path, expand="customer,payments")

    again = await reader.get(path, "only-if-cached", expand="customer,payments")

    assert told(again) == (200, "replica", "0")
    assert again.json()["expanded"] == first.json()["expanded"]
    assert again.json()["meta"]["expanded"]["payments"]["asOf"] is not None


async def test_a_list_expands_what_is_held_and_calls_nobody_for_the_rest(reader: Reader) -> None:
    made = await to_a_customer(reader)
    await reader.complete()
    before = (await reader.get(INVOICES, "only-if-cached", limit=250)).json()["data"]

    answer = await reader.get(INVOICES, "only-if-cached", limit=250, expand="customer,payments")

    body, id = answer.json(), made["customer"]["id"]
    assert told(answer) == (200, "replica", "0")
    assert body["data"] == before
    assert body["expanded"]["customer"][id] == made["customer"]
    named_ids = {one["buyer"]["customerId"] for one in before} - {None}
    assert set(body["expanded"]["customer"]) == named_ids
    assert set(body["expanded"]["payments"]) == {one["id"] for one in before}
    missing = body["meta"]["expanded"]["payments"]["missing"]
    assert missing == dict.fromkeys([one["id"] for one in before], "not_held")


async def test_a_live_list_takes_no_calls_for_it_either(passing: Reader) -> None:
    plain = await passing.get(INVOICES, limit=2)

    answer = await passing.get(INVOICES, limit=2, expand="customer,files,payments")

    assert answer.json()["data"] == plain.json()["data"]
    assert answer.headers["kontor-upstream-calls"] == plain.headers["kontor-upstream-calls"]


async def test_what_was_written_to_since_is_not_taken_for_what_it_is_now(reader: Reader) -> None:
    made = await to_a_customer(reader)
    id = made["customer"]["id"]
    rooms, path = reader.stage.rooms, f"{INVOICES}/{made['invoice']['id']}"
    await reader.get(path, expand="customer")
    async with rooms.database.write() as session:
        now = rooms.ambient.clock.now()
        await rooms.replica.mark_all(session, reader.party.tenant_id, reader.party.connection_id, now)

    listed = await reader.get(INVOICES, limit=25, expand="customer")
    single = await reader.get(path, expand="customer")

    assert listed.json()["meta"]["expanded"]["customer"]["missing"][id] == "not_held"
    assert single.json()["expanded"]["customer"][id] == made["customer"]


async def test_what_is_gone_or_cannot_be_read_is_null_with_its_reason(passing: Reader) -> None:
    made = await to_a_customer(passing)
    files = await passing.get(f"{INVOICES}/{made['invoice']['id']}", expand="files")

    body = files.json()
    assert files.status_code == 200
    assert set(body["expanded"]["files"]) == {one["id"] for one in made["invoice"]["files"]}
    for id, file in body["expanded"]["files"].items():
        assert (file is None) == (id in body["meta"]["expanded"]["files"]["missing"])


@pytest.mark.parametrize("expand", ["nonsense", "customer,", "supplier", "CUSTOMER", ""])
async def test_what_cannot_be_expanded_is_refused_with_what_can(passing: Reader, expand: str) -> None:
    answer = await passing.get(INVOICES, expand=expand)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    [error] = answer.json()["errors"]
    assert error["field"] == "expand"
    assert all(one.name in error["message"] for one in RESOURCES["invoices"].relations)


async def test_a_cursor_belongs_to_what_was_expanded(reader: Reader) -> None:
    await reader.complete()
    first = (await reader.get(INVOICES, limit=1, expand="customer")).json()["page"]["next"]

    same = await reader.get(INVOICES, limit=1, expand="customer", cursor=first)
    other = await reader.get(INVOICES, limit=1, cursor=first)

    assert (same.status_code, other.status_code) == (200, 422)


def test_every_relation_leads_to_a_resource() -> None:
    for resource in RESOURCES.values():
        assert all(relation.resource in RESOURCES for relation in resource.relations)


def test_ids_are_found_through_lists_and_parts_that_are_missing() -> None:
    document = {"files": [{"id": "a"}, {"id": None}, {}], "buyer": {"customerId": "c"}, "seller": None}

    assert [*named(document, ["files", "id"])] == ["a"]
    assert [*named(document, ["buyer", "customerId"])] == ["c"]
    assert [*named(document, ["seller", "supplierId"])] == []
