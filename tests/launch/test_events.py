"""`kontor up`: the twin's own callbacks reach the gateway, over real sockets, and its copy follows them."""

import json
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox.lexoffice import jsontext
from tests.integration.replica.sync.books import invoice
from tests.launch.test_first_hour import Kontor

pytestmark = pytest.mark.timeout(240)
PATIENCE_S = 120.0


@pytest.fixture
def kontor(tmp_path: Path) -> Iterator[Kontor]:
    run = Kontor(tmp_path / "data")
    yield run
    run.stop()
    run.close()


def until(look: Callable[[], Any]) -> Any:
    """What `look` gives, once it gives something."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError("it never came")


def test_an_invoice_that_somebody_writes_is_in_the_copy_with_its_payments(kontor: Kontor) -> None:
    demo = kontor.demo()
    twin = json.loads((kontor.data_dir / "twin.json").read_text())
    keys = {"X-API-KEY": demo["apiKey"], "X-ACCOUNT-KEY": demo["accountKey"]}
    own = {"authorization": f"Bearer {twin['apiKey']}", "content-type": "application/json"}
    with (
        httpx2.Client(base_url=demo["baseUrl"], headers=keys, trust_env=False) as caller,
        httpx2.Client(base_url=twin["url"], headers=own, trust_env=False) as people,
    ):
        (connection,) = caller.get("/v1/connections").json()["data"]
        path = f"/v1/connections/{connection['id']}"
        caller.patch(path, json={"keepsReplica": True})
        until(lambda: caller.get(path).json()["data"]["vendorEvents"]["state"] == "subscribed")

        def written() -> str | None:
            body = jsontext.encode(invoice("2026-11-20", Decimal(100)))
            answer = people.post("/v1/invoices", params={"finalize": "true"}, content=body)
            return answer.json()["id"] if answer.status_code == 201 else None  # 429: the gateway reads, too

        id = until(written)

        def held() -> dict[str, Any] | None:
            """No pass reads payments, so it is the event that brought them."""
            only = {"Cache-Control": "only-if-cached"}
            answer = caller.get(f"/v1/accounting/payments/{id}", headers=only)
            return answer.json() if answer.status_code == 200 else None

        payments = until(held)
        assert payments["meta"]["freshness"]["source"] == "replica"
        assert payments["data"]["open"] == "119.00"
        document = caller.get(f"/v1/accounting/invoices/{id}", headers={"Cache-Control": "only-if-cached"})
        assert document.json()["data"]["totals"]["open"] == "119.00"
