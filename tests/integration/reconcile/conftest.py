from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.stage import Party, Stage, staged

INVOICE = {
    "issuedOn": "2026-11-20",
    "buyer": {"name": "Erika Muster", "address": {"countryCode": "DE"}},
    "lines": [
        {
            "type": "custom",
            "name": "Beratung",
            "quantity": "1",
            "unitName": "Stunde",
            "unitPrice": "95",
            "taxRate": "19",
        }
    ],
}
INVOICES = "/v1/accounting/invoices"


class Shop:
    """A caller of a gateway whose vendor can be made to lose answers."""

    def __init__(self, stage: Stage, party: Party) -> None:
        self.stage = stage
        self.party = party
        self.twin = stage.twin.twin

    async def create(self, key: str = "k-1", **changes: object) -> httpx2.Response:
        return await self.call("POST", INVOICES, key=key, json={**INVOICE, **changes})

    async def call(self, method: str, path: str, **more: object) -> httpx2.Response:
        return await self.stage.call(method, path, self.party, **more)  # pyright: ignore[reportArgumentType]

    async def operation(self, answer: httpx2.Response) -> dict[str, object]:
        """The operation that an answer names."""
        return await self.data("GET", f"/v1/operations/{answer.headers['kontor-operation']}")

    async def data(self, method: str, path: str, **more: object) -> dict[str, object]:
        answer = await self.call(method, path, **more)
        assert answer.status_code < 300, answer.text
        return answer.json()["data"]

    def sent(self, path: str = "/v1/invoices", method: str = "POST") -> int:
        """How often the vendor's books were written to."""
        return sum(call.executed and call.path == path for call in self.twin.ledger.of(method))


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """Nothing is waited for long: the vendor is done with a write after 0.3 s, and shows it 0.3 s later."""
    async with staged(tmp_path, upstream_timeout_s=0.3, reconcile_settle_s=0.3, deadline_s=5.0) as stage:
        yield Shop(stage, await stage.party())
