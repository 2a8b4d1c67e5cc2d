"""Everything that probing tells of one resource of one connector."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct, inspect

from connectors.base.connector import Connector, Session
from connectors.base.field_paths import ABSENT, leaves_of
from connectors.base.paging import ListQuery
from connectors.base.probing.filtering import Filtered, Lister
from connectors.base.probing.inputs import unfit
from connectors.base.probing.reading import HOSTS, IDENTITY, NOW, PARTNER, Exploration, Operation, Reader
from connectors.base.probing.samples import value_of
from connectors.base.probing.wire import Changes, ProbingWire, Withheld, run
from connectors.base.probing.writing import FAULTS, Held, Writer
from schemas.base import Input, Resource, Unified

SOME_ID = value_of(inspect.type_info(str), "id")


class Read(Struct, frozen=True, kw_only=True):
    """Whether a field of the model is ever filled, and from what."""

    path: str
    filled: bool
    comes_from: tuple[str, ...] = ()
    """Values it changes with: `/v1/invoices/{id}#voucherStatus`; none where Kontor says it by itself."""
    by_key: bool = True
    """Whether a connection by API key is told it, too."""


class Support(Struct, frozen=True, kw_only=True):
    """What was found."""

    read: tuple[Read, ...] = ()
    written: dict[str, tuple[Held, ...]] = {}
    """By operation: `create`, `update`."""
    filtered: tuple[Filtered, ...] = ()


def probe(connector: Connector, resource: Resource, example: dict[str, Any] | None) -> Support:
    """What the connector does with every field and filter. `example`: a body of `create` that it takes.

    Raises:
        AssertionError: it takes no such body, or nothing could be read of any answer.
    """
    kind = connector.resources.get(resource.name)
    if kind is None:
        return Support()
    probing = Probing(connector, resource, kind)
    written = {}
    if resource.create is not None and example is not None and connector.supports(resource.name, "create"):
        written["create"] = probing.created(example)
    if resource.create is not None and connector.supports(resource.name, "update"):
        written["update"] = probing.updated(example)
    filtered = probing.filtered() if connector.supports(resource.name, "list") else ()
    return Support(read=probing.read(), written=written, filtered=filtered)


class Probing:
    """One resource class over samples."""

    def __init__(self, connector: Connector, resource: Resource, kind: type[Any]) -> None:
        self._resource, self._kind, self._id = resource, kind, SOME_ID
        operations: list[Operation] = []
        if connector.supports(resource.name, "list"):
            operations.append(self._list_first)
        if connector.supports(resource.name, "get"):
            operations.append(self._get)
        self._reader = Reader(kind, resource.model, operations)
        self._found = Exploration(self._reader) if operations else None

    def read(self) -> tuple[Read, ...]:
        """Every leaf of the model."""
        if self._found is None:
            return ()
        origins, by_key = self._found.origins(), self._found.told_by_key()
        filled = self._found.seen
        return tuple(
            Read(
                path=leaf.path,
                filled=leaf.path in filled,
                comes_from=tuple(sorted(origins.get(leaf.path, ()))),
                by_key=leaf.path not in filled or leaf.path in by_key,
            )
            for leaf in leaves_of(self._resource.model)
        )

    def created(self, example: dict[str, Any]) -> tuple[Held, ...]:
        """Every leaf of the input, in a create."""

        async def create(session: Session, body: Input) -> Any:
            return await self._kind(session).create(body)

        writer = self._writer(self._reader, example, create, {})
        assert writer.sent(example).parts, f"{self._resource.name} does not take its example"
        return tuple(writer.held())

    def updated(self, example: dict[str, Any] | None) -> tuple[Held, ...]:
        """The same in a change of what is there."""

        async def update(session: Session, body: Input) -> Any:
            return await self._kind(session).update(self._id, _Replacing(body))

        self._id = SOME_ID
        reader = Reader(self._kind, self._resource.model, [self._get])
        found = Exploration(reader)
        for answer in self._fitting(reader, found):
            as_it_is = self._writable(reader, answer)
            if as_it_is is None:
                continue
            # What was read may not add up, being samples: then it is replaced by what is known to.
            for body in (as_it_is, *([example] if example else [])):
                taken = self._writer(reader, body, update, answer).mild(body)
                if taken is not None:
                    return tuple(self._writer(reader, taken, update, answer).held())
        raise AssertionError(f"{self._resource.name} changes nothing of what it reads")

    def filtered(self) -> tuple[Filtered, ...]:
        """Every filter and sort."""

        async def ask(session: Session, query: ListQuery) -> Any:
            return await self._kind(session).list(query)

        lister = Lister(self._resource.filters, ask, self._reader.shapes, self._answers(), self._reader.words)
        return tuple(lister.filtered(self._resource.sorts))

    def _fitting(self, reader: Reader, found: Exploration) -> Iterator[Changes]:
        """Answers with texts in the forms of the input; then also with another word, or with less in them."""
        assert self._resource.create is not None
        origins = found.origins()
        optional = found.optional_places()
        more: list[Changes] = [{}, *({at: word} for at, word in found.telling)]
        more += [*({place: ABSENT} for place in optional), dict.fromkeys(optional, ABSENT)]
        for beside in more:
            for answer in found.answers:
                tried = beside | answer
                for leaf, value in unfit(self._resource.create, reader.tree(tried), reader.words).items():
                    for origin in origins.get(leaf, ()):
                        path, _, field = origin.partition("#")
                        tried = {**tried, (path, field): value}
                yield tried

    def _answers(self) -> list[Changes]:
        return self._found.answers if self._found else [{}]

    def _writer(self, reader: Reader, base: dict[str, Any], send: Any, answer: Changes) -> Writer:
        assert self._resource.create is not None
        return Writer(self._resource.create, base, send, reader.shapes, answer, reader.words)

    def _writable(self, reader: Reader, answer: Changes) -> dict[str, Any] | None:
        change = _Keeping()
        wire = ProbingWire(reader.shapes, answer)
        session = Session(wire=wire, hosts=HOSTS, identity=IDENTITY, now=NOW, access=PARTNER)
        try:
            run(self._kind(session).update(self._id, change))
        except FAULTS:
            pass
        return change.writable

    async def _list_first(self, session: Session) -> Unified:
        page = await self._kind(session).list(ListQuery(filters=self._resource.filters(), limit=1))
        self._id = page.records[0].data.id
        return page.records[0].data

    async def _get(self, session: Session) -> Unified:
        resource = self._kind(session)
        record = await (resource.get() if self._resource.singleton else resource.get(self._id))
        return record.data


class _Keeping:
    """`connectors.base.connector.Change` that keeps what could be written, and goes no further."""

    writable: dict[str, Any] | None = None

    def merged(self, current: Unified, writable: Any) -> Any:
        self.writable = msgspec.to_builtins(writable)
        raise Withheld

    def check(self, current: Unified) -> None:
        """Any version will do."""


class _Replacing:
    """The same, with the whole new value."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def merged(self, current: Unified, writable: Any) -> Any:
        return self._body

    def check(self, current: Unified) -> None:
        """Any version will do."""
