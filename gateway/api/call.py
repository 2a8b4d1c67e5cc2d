"""One request on its way through the door: who calls, for which connection, with what."""

from typing import TYPE_CHECKING, Any

from litestar import Request

from gateway.api.freshness import NOTHING
from gateway.upstream.schedule.lanes import Lane

if TYPE_CHECKING:
    from gateway.api.declaration import Endpoint
    from gateway.api.rooms import Rooms
    from gateway.tenants.model import Caller, Connection
    from gateway.upstream.hops import Ledger
    from gateway.writes.journal import Resumption


class Call:
    """What a handler is given. Every attribute has been checked against the endpoint's declaration."""

    __slots__ = (
        "allowance",
        "body",
        "caller",
        "connection",
        "endpoint",
        "freshness",
        "http",
        "lane",
        "ledger",
        "path",
        "queries",
        "request_id",
        "resumed",
        "rooms",
    )

    def __init__(
        self, http: Request[Any, Any, Any], rooms: "Rooms", request_id: str, endpoint: "Endpoint"
    ) -> None:
        self.http = http
        self.endpoint = endpoint
        self.rooms = rooms
        self.request_id = request_id
        self.caller: Caller = None  # pyright: ignore[reportAttributeAccessIssue]
        self.connection: Connection = None  # pyright: ignore[reportAttributeAccessIssue]
        self.ledger: Ledger = None  # pyright: ignore[reportAttributeAccessIssue]
        self.lane = Lane.INTERACTIVE
        """Who waits for its calls to the vendor."""
        self.allowance: tuple[tuple[str, str], ...] = ()
        """Headers that tell what is left of the API key's quota."""
        self.freshness = NOTHING
        """How new the answer of a read has to be."""
        self.body: Any = None
        self.path: dict[str, str] = http.scope.get("path_params", {})
        self.queries: tuple[Any, ...] = ()
        self.resumed: Resumption | None = None
        """Set when an earlier write is carried on, without a caller who waits."""

    @property
    def query(self) -> Any:
        """The first query struct of the endpoint."""
        return self.queries[0]

    def header(self, name: str) -> str | None:
        """A request header by its lower-case name; None when absent."""
        wanted = name.encode()
        for key, value in self.http.scope["headers"]:
            if key == wanted:
                return value.decode("latin-1")
        return None
