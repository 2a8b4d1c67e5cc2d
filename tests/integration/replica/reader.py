"""A caller over one connection, and what it sends."""

from typing import Any

import httpx2

from gateway.replica.rows import place_of
from tests.stage import Party, Stage

INVOICES = "/v1/accounting/invoices"
INVOICE = {
    "issuedOn": "2026-11-20",
    "buyer": {"name": "Erika Muster", "address": {"countryCode": "DE"}},
    "lines": [
        {"type": "custom", "name": "Beratung", "quantity": "1", "unitName": "Stunde", "unitPrice": "95"}
        | {"taxRate": "19"}
    ],
}


class Reader:
    """A caller over one connection."""

    def __init__(self, stage: Stage, party: Party) -> None:
        self.stage = stage
        self.party = party

    async def get(self, path: str, cache: str | None = None, **params: Any) -> httpx2.Response:
        headers = {"Cache-Control": cache} if cache else {}
        return await self.stage.call("GET", path, self.party, headers=headers, params=params)

    async def keep(self, keeps: bool = True) -> httpx2.Response:
        path = f"/v1/connections/{self.party.connection_id}"
        return await self.stage.call("PATCH", path, self.party, json={"keepsReplica": keeps})

    async def ids(self) -> list[str]:
        listed = await self.get(INVOICES, fields="summary", limit=250)
        return [row["id"] for row in listed.json()["data"]]

    async def complete(self, resource: str = "invoices") -> None:
        """Every object read, and the resource called complete: as whoever reads all of them does."""
        rooms, cursor, now = self.stage.rooms, None, self.stage.rooms.ambient.clock.now()
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = await self.get(f"/v1/accounting/{resource}", "no-cache", limit=250, **more)
            assert page.status_code == 200
            cursor = page.json()["page"]["next"]
            if cursor is None:
                break
        async with rooms.database.write() as session:
            connection = await rooms.connections.get(
                session, self.party.tenant_id, "test", self.party.connection_id
            )
            assert connection is not None
            assert await rooms.replica.complete(session, place_of(connection, resource), now)


def told(answer: httpx2.Response) -> tuple[int, str, str]:
    """Status, source, and calls to the accounting system; of a problem its code."""
    body = answer.json()
    source = body["code"] if "code" in body else body["meta"]["freshness"]["source"]
    return answer.status_code, source, answer.headers["kontor-upstream-calls"]
