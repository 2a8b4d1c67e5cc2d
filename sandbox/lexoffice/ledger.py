"""Every call the twin received, whatever became of it. Tests ask the ledger, never the gateway."""

from collections import Counter, deque
from datetime import datetime, timedelta

import msgspec

from sandbox.lexoffice.wire import Request

KEPT_HEADERS = ("accept", "content-type", "user-agent", "content-length", "transfer-encoding")


class Received(msgspec.Struct, frozen=True, rename="camel"):
    """One call. `status` is what was answered, cut line or not; `executed`: it reached the books."""

    number: int
    method: str
    path: str
    query: str
    at: datetime
    status: int
    executed: bool
    organization_id: str | None
    connection_id: str | None
    headers: dict[str, str]
    fault: str | None = None


class Ledger:
    def __init__(self, keep: int = 100_000) -> None:
        self.calls: deque[Received] = deque(maxlen=keep)
        self.count = 0
        self.by_status: Counter[int] = Counter()

    def note(
        self,
        request: Request,
        at: datetime,
        status: int,
        *,
        executed: bool = True,
        organization_id: str | None = None,
        connection_id: str | None = None,
        fault: str | None = None,
    ) -> None:
        self.count += 1
        self.by_status[status] += 1
        headers = {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}
        query = "&".join(f"{name}={value}" for name, value in request.query)
        self.calls.append(
            Received(
                number=self.count,
                method=request.method,
                path=request.path,
                query=query,
                at=at,
                status=status,
                executed=executed,
                organization_id=organization_id,
                connection_id=connection_id,
                headers=headers,
                fault=fault,
            )
        )

    def of(self, method: str | None = None, path: str | None = None) -> list[Received]:
        """Calls in order of arrival, of one method or below one path where given."""
        return [
            call
            for call in self.calls
            if (method is None or call.method == method) and (path is None or call.path.startswith(path))
        ]

    def most_in(self, window: timedelta = timedelta(seconds=1), connection_id: str | None = None) -> int:
        """The most calls of one connection within any sliding window of that length."""
        by_connection: dict[str | None, deque[datetime]] = {}
        most = 0
        for call in self.calls:
            if call.path.startswith("/v1/") and connection_id in (None, call.connection_id):
                recent = by_connection.setdefault(call.connection_id, deque())
                recent.append(call.at)
                while call.at - recent[0] >= window:
                    recent.popleft()
                most = max(most, len(recent))
        return most

    def clear(self) -> None:
        self.calls.clear()
        self.count = 0
        self.by_status.clear()
