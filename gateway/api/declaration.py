"""How a route is declared: once, as a value. Handlers, OpenAPI and the isolation tests are made from it.

A handler takes one `Call` and returns a struct, a `Reply`, an `Items` page or None (204).
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from connectors.base.errors import KontorError
from connectors.base.wire import Rest

Handler = Callable[[Any], Awaitable[Any]]
PREFIX = "/v1/accounting/"
"""Where the unified model begins."""
PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


class Reply(Struct, frozen=True, kw_only=True):
    """An answer that says more than its data."""

    data: Any = None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    meta: dict[str, Any] = {}
    page: dict[str, Any] | None = None
    raw: Any = None
    """The accounting system's own JSON, when asked for."""
    expanded: Any = None
    """What `expand` asked for: by relation and id."""
    content: bytes | None = None
    """The whole body as it is, instead of an envelope; `headers` then name its type."""
    rest: Rest | None = None
    """What follows `content`, handed on as it arrives."""
    pieces: Any = None
    """`sending.Pieces`: the body, of a length that nobody knows before its end."""
    stream: Any = None
    """A `streaming.Stream`, instead of a body: events for as long as somebody listens."""


class Documents(Struct, frozen=True):
    """Objects of a list that are JSON already."""

    encoded: list[bytes]


class Items(Struct, frozen=True, kw_only=True):
    """A page of a list. `next` is an opaque cursor; None at the end."""

    items: tuple[Any, ...]
    next: str | None = None
    limit: int = 100


class Tag(Struct, frozen=True):
    """A group of endpoints in OpenAPI."""

    name: str
    description: str


class Endpoint(Struct, frozen=True, kw_only=True):
    """One method of one path."""

    method: str
    path: str
    """With parameters as `{name}`."""
    name: str
    """operationId in OpenAPI; unique."""
    tag: Tag
    scope: str | None
    """Scope the caller needs; None: no API key at all."""
    summary: str
    description: str = ""
    account_key: bool = False
    """Whether X-ACCOUNT-KEY names a connection."""
    body: Any = None
    """Struct of the JSON body; `Upload` for a form with one file."""
    read: Any = None
    """Struct that the body's object is read as: names that only it has are told apart from unknown ones."""
    body_media_type: str = "application/json"
    body_limit: int = 1024 * 1024
    query: tuple[type[Struct], ...] = ()
    """Structs whose fields are the query parameters."""
    answer: Any = None
    """Struct inside `data`; a list of it when `page`."""
    summary_answer: Any = None
    """Struct of the rows with `fields=summary`; None where rows are the same."""
    page: bool = False
    media_types: tuple[str, ...] = ("application/json",)
    status: int = 200
    also: dict[int, str] = {}
    """Further statuses of success with the same kind of body, and when they come."""
    dry_run: Any = None
    """Struct that answers `dryRun=true`, without Idempotency-Key; None where that is unknown."""
    idempotent: bool | Callable[[Any], bool] = False
    """Whether Idempotency-Key is required; a function when the body, as parsed, decides."""
    precondition: bool = False
    """True when If-Match is required."""
    errors: tuple[type[KontorError], ...] = ()
    """Beyond those every route of its kind can answer."""
    example_body: Any = None
    example_answer: Any = None
    cacheable: bool = False
    """Whether `Cache-Control` says what may answer."""
    gate: Callable[[Any], None] | None = None
    """Runs between authentication and reading the body: raises what makes the rest pointless, such as 501."""
    handler: Handler

    @property
    def reads_upstream(self) -> bool:
        """Whether it only reads, and may have to wait for the vendor to do so."""
        return self.account_key and self.method == "GET"

    def needs_key(self, parsed: Any) -> bool:
        """Whether a request with this body needs an Idempotency-Key."""
        return self.idempotent(parsed) if callable(self.idempotent) else self.idempotent

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names in the path."""
        return tuple(PARAMETER.findall(self.path))


def endpoint(method: str, path: str, *, scope: str | None, tag: Tag, summary: str, **rest: Any) -> Any:
    """Turn a handler into an `Endpoint`; its docstring becomes the description."""

    def declare(handler: Handler) -> Endpoint:
        return Endpoint(
            method=method,
            path=path,
            name=rest.pop("name", handler.__name__),
            scope=scope,
            tag=tag,
            summary=summary,
            description=" ".join((handler.__doc__ or "").split()),
            handler=handler,
            **rest,
        )

    return declare
