"""Programs of an integrator that keep copies of their own, each by nothing but what it is told."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import msgspec

from tests.integration.replica.agreement import Object

OF_THE_OBJECT = ("loaded", "created", "updated", "deleted")
Get = Callable[[dict[str, str]], Awaitable[dict[str, Any]]]
"""A page of the feed by its parameters."""


class FeedReader:
    """Reads the feed from its beginning, now and then, and applies it by the rule of `events.md`."""

    def __init__(self) -> None:
        self.documents: dict[Object, Any] = {}
        self.told: list[dict[str, Any]] = []
        self._latest: dict[Object, int] = {}
        self._cursor: dict[str, str] = {}

    async def read(self, get: Get) -> None:
        """All that is new."""
        more = True
        while more:
            page = await get({"limit": "250", "include": "data", **self._cursor})
            for event in page["data"]:
                self._apply(event)
            self._cursor, more = {"cursor": page["page"]["next"]}, page["page"]["more"]

    def times(self, type: str) -> Counter[str]:
        """How often it was told of each object."""
        return Counter(event["resourceId"] for event in self.told if event["type"] == type)

    def _apply(self, event: dict[str, Any]) -> None:
        self.told.append(event)
        if event["sequence"] is None or event["type"].rpartition(".")[2] not in OF_THE_OBJECT:
            return
        key = (event["resource"], event["resourceId"])
        if event["sequence"] <= self._latest.get(key, 0):
            return
        self._latest[key] = event["sequence"]
        self.documents.pop(key, None)
        if event["data"] is not None:
            self.documents[key] = event["data"]


class Receiver:
    """Takes webhooks with whole documents, and applies them by the rule of `webhooks.md`. Some of what it has
    taken it answers with 500, so that it is told again.
    """

    def __init__(self) -> None:
        self.documents: dict[Object, Any] = {}
        self.ids: Counter[str] = Counter()
        self.down = False
        self.refused = 0
        self._latest: dict[Object, int] = {}

    def answer(self, request: httpx2.Request) -> int:
        """The status."""
        if self.down:
            self.refused += 1
            return 503
        event = msgspec.json.decode(request.content)
        self.ids[event["id"]] += 1
        self._apply(event)
        return 500 if len(self.ids) % 7 == 0 and self.ids[event["id"]] == 1 else 204

    def _apply(self, event: dict[str, Any]) -> None:
        key = (event["resource"], event["resourceId"])
        if event["sequence"] is None or event["sequence"] <= self._latest.get(key, 0):
            return
        self._latest[key] = event["sequence"]
        self.documents.pop(key, None)
        if event["data"] is not None:
            self.documents[key] = event["data"]
