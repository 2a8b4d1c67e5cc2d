"""What people expect of an accounting system and Lexware does not do: 501 with a way round, never 405."""

import pytest

from tests.stage import Party, Stage

pytestmark = pytest.mark.anyio

ID = "e9066f04-8cc7-4616-93f8-ac9ecc8479c8"
WHOLE = [("GET", ""), ("POST", ""), ("GET", f"/{ID}"), ("PATCH", f"/{ID}"), ("DELETE", f"/{ID}")]
ASKED = {
    "purchase-orders": WHOLE,
    "tracking-categories": WHOLE,
    "journal-entries": [("GET", ""), ("POST", ""), ("GET", f"/{ID}")],
    "payments": [("POST", ""), ("DELETE", f"/{ID}")],
    "files": [("GET", ""), ("DELETE", f"/{ID}")],
    "recurring-invoices": [("POST", ""), ("PATCH", f"/{ID}"), ("DELETE", f"/{ID}")],
    "accounts": [("POST", "")],
    "payment-terms": [("POST", "")],
    "invoices": [("PATCH", f"/{ID}"), ("DELETE", f"/{ID}")],
    "dunnings": [("GET", "")],
    "transactions": [("GET", "")],
    "down-payment-invoices": [("POST", "")],
}


@pytest.mark.parametrize(("resource", "method", "path"), [(r, *call) for r in ASKED for call in ASKED[r]])
async def test_it_is_501_with_the_reason_and_the_best_way_round(
    stage: Stage, party: Party, resource: str, method: str, path: str
) -> None:
    before = len(stage.twin.twin.ledger.calls)

    answer = await stage.call(method, f"/v1/accounting/{resource}{path}", party)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (501, "not_supported"), answer.text
    assert "Lexware" in problem["detail"]
    assert problem["alternative"]
    assert len(stage.twin.twin.ledger.calls) == before


async def test_a_payment_to_book_is_led_to_settlements(stage: Stage, party: Party) -> None:
    answer = await stage.call("POST", "/v1/accounting/payments", party)

    assert "/settlements" in answer.json()["alternative"]
