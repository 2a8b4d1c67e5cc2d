"""`…/meta` against the matrix: a field is promised to nobody that the mappings do not carry."""

from typing import Any

import pytest

from gateway.api.matrix import packaged
from schemas import RESOURCES
from tests.stage import Party, Stage

pytestmark = pytest.mark.anyio

PACKAGED = packaged()
WRITTEN = [
    name
    for name in RESOURCES
    if PACKAGED.of("lexoffice", name).create is not None or PACKAGED.of("lexoffice", name).update is not None
]


async def rules(stage: Stage, party: Party, resource: str) -> dict[str, Any]:
    answer = await stage.call("GET", f"/v1/accounting/{resource}/meta", party)
    assert answer.status_code == 200, answer.text
    return {rule["path"]: rule for rule in answer.json()["data"]["fields"]}


@pytest.mark.parametrize("resource", WRITTEN)
async def test_what_meta_calls_writable_is_what_was_found_to_reach_the_vendor(
    stage: Stage, resource: str
) -> None:
    told = await rules(stage, await stage.party(partner=True), resource)
    support = PACKAGED.of("lexoffice", resource)

    for fields, said in ((support.create, "writable"), (support.update, "updatable")):
        found = {field.path: field.level == "yes" for field in fields or ()}
        assert {path: told[path][said] for path in found} == found


async def test_what_lies_in_a_field_that_is_not_taken_is_not_asked_for_either(
    stage: Stage, party: Party
) -> None:
    told = await rules(stage, party, "invoices")

    assert not told["lines[].alternatives"]["writable"]
    assert not told["lines[].alternatives[].type"]["writable"]
    assert not told["lines[].alternatives[].type"]["required"]
    assert told["lines[].alternatives[].type"]["reason"].startswith("At Lexware Office only priced lines")


async def test_what_holds_nothing_that_is_taken_is_not_taken(stage: Stage, party: Party) -> None:
    told = await rules(stage, party, "sales-vouchers")

    assert (told["buyer"]["writable"], told["buyer.address"]["writable"]) == (True, False)


async def test_what_can_be_given_to_a_new_object_only_says_so(stage: Stage) -> None:
    told = await rules(stage, await stage.party(partner=True), "bank-accounts")

    assert (told["bic"]["writable"], told["bic"]["updatable"]) == (True, False)
    assert told["bic"]["reason"] == "Lexware Office does not change it on an existing account."


async def test_choices_are_told_however_they_are_declared(stage: Stage) -> None:
    told = await rules(stage, await stage.party(partner=True), "bank-accounts")

    assert told["cardProvider"]["values"] == ["amex", "diners_club", "mastercard", "visa"]
    assert "credit_card" in told["type"]["values"]


async def test_a_booking_to_be_checked_can_be_checked_by_a_change(stage: Stage, party: Party) -> None:
    told = await rules(stage, party, "bills")

    assert told["needsReview"]["updatable"]


async def test_an_action_promises_no_field_that_nothing_it_makes_can_hold(stage: Stage, party: Party) -> None:
    answer = await stage.call("GET", "/v1/accounting/invoices/meta", party)

    (convert,) = (one for one in answer.json()["data"]["actions"] if one["operation"] == "convert")
    told = {rule["path"]: rule for rule in convert["fields"]}
    assert (told["paymentTerms"]["writable"], told["discount"]["writable"]) == (False, True)
