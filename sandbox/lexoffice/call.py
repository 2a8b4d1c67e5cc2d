"""One authorized call in the hands of a resource."""

from typing import TYPE_CHECKING, Any

from sandbox.lexoffice import jsontext
from sandbox.lexoffice.errors import Refused, bad_request
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.state import Connection, Organization
from sandbox.lexoffice.wire import Reply, Request, json_reply

if TYPE_CHECKING:
    from sandbox.lexoffice.twin import Twin


class Call:
    """The request, the organization it reaches, and the twin's clock, ids and quirks."""

    __slots__ = ("connection", "now", "organization", "query", "request", "twin")

    def __init__(
        self, twin: "Twin", request: Request, connection: Connection, organization: Organization
    ) -> None:
        self.twin = twin
        self.request = request
        self.connection = connection
        self.organization = organization
        self.query = query_of(request)
        self.now = twin.clock.now()

    @property
    def quirks(self) -> Quirks:
        return self.twin.quirks

    def json(self) -> Any:
        """The body; 400 when it is no JSON."""
        try:
            return jsontext.decode(self.request.body)
        except jsontext.NotJson:
            raise Refused(400, "JSON parse error", [bad_request(None)]) from None

    def emit(self, event_type: str, resource_id: str) -> None:
        self.twin.emit(self.organization.id, event_type, resource_id)

    def action_result(
        self, path: str, id: str, created: str, updated: str, version: int, status: int
    ) -> Reply:
        """The answer to a create or an update: never the resource itself."""
        uri = f"{self.request.base_url}{path}/{id}"
        body = {
            "id": id,
            "resourceUri": uri,
            "createdDate": created,
            "updatedDate": updated,
            "version": version,
        }
        return json_reply(body, status, (("location", uri),) if self.request.method == "POST" else ())


def query_of(request: Request) -> dict[str, str]:
    """The query's parameters. One given twice is refused."""
    query: dict[str, str] = {}
    for name, value in request.query:
        if name in query:
            raise Refused(400, f"parameter '{name}' must not be given more than once")
        query[name] = value
    return query
