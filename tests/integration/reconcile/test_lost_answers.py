"""A write whose answer is lost: what the caller is told, and that it happens once."""

import pytest

from tests.integration.reconcile.conftest import Shop

pytestmark = pytest.mark.anyio


async def test_a_lost_answer_is_told_with_the_operation_to_look_at(shop: Shop) -> None:
    shop.twin.fault("drop_after", "POST", "/v1/invoices")

    answer = await shop.create()

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (504, "outcome_unknown")
    assert (problem["sent"], problem["retry"]) == ("unknown", "same_key")
    assert answer.headers["location"] == f"/v1/operations/{problem['operationId']}"
    assert (await shop.operation(answer))["state"] == "unknown"


async def test_an_invoice_that_was_booked_is_found_and_answered_as_if_nothing_had_happened(
    shop: Shop,
) -> None:
    shop.twin.fault("drop_after", "POST", "/v1/invoices")
    first = await shop.create()

    again = await shop.create()

    assert again.status_code == 201, again.text
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["kontor-operation"] == first.headers["kontor-operation"]
    assert again.json()["data"]["totals"]["gross"] == "113.05"
    assert again.headers["location"].endswith(again.json()["data"]["id"])
    assert shop.sent() == 1


async def test_an_invoice_that_was_not_booked_is_sent_once_more(shop: Shop) -> None:
    shop.twin.fault("drop_before", "POST", "/v1/invoices")
    assert (await shop.create()).status_code == 504

    again = await shop.create()

    assert again.status_code == 201, again.text
    operation = await shop.operation(again)
    assert (operation["state"], operation["resent"]) == ("confirmed", 1)
    assert shop.sent() == 1


async def test_another_write_with_the_same_content_waits_until_the_first_is_settled(shop: Shop) -> None:
    shop.twin.fault("drop_after", "POST", "/v1/invoices")
    await shop.create()

    meanwhile = await shop.create("k-2")
    await shop.create()
    later = await shop.create("k-2")

    assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "identical_write_pending")
    assert later.status_code == 201
    assert shop.sent() == 2
