"""Everything that probing tells of one resource of one connector."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from connectors.base.connector import Connector, Session
from connectors.base.field_paths import leaves_of
from connectors.base.operations import OPERATIONS
from connectors.base.paging import ListQuery
from connectors.base.probing.acting import SOME_ID, acted
from connectors.base.probing.filtering import Filtered, Lister
from connectors.base.probing.inputs import unfit
from connectors.base.probing.reading import Exploration, Operation, Reader, session_over
from connectors.base.probing.wire import Changes, ProbingWire, Withheld, run
from connectors.base.probing.writing import FAULTS, Held, Sent, Writer
from schemas.base import Input, Resource, Unified


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
    summary: tuple[Read, ...] = ()
    """Fields of the rows that `fields=summary` answers with, where they are other ones."""
    written: dict[str, tuple[Held, ...]] = {}
    """By operation: `create`, `update`, and actions that take a body."""
    filtered: tuple[Filtered, ...] = ()


def probe(connector: Connector, resource: Resource, examples: Mapping[str, dict[str, Any]]) -> Support:
    """What the connector does with every field and filter. `examples`: bodies that it takes, by operation.

    Raises:
        AssertionError: it takes no such body, or nothing could be read of any answer.
    """
    kind = connector.resources.get(resource.name)
    if kind is None:
        return Support()
    probing = Probing(connector, resource, kind)
    able = [name for name in resource.operations if connector.supports(resource.name, name)]
    written: dict[str, tuple[Held, ...]] = {}
    if "create" in able and "create" in examples:
        written["create"] = probing.created(examples["create"])
    if "update" in able:
        written["update"] = probing.updated(examples.get("create"))
    acting = [OPERATIONS[name] for name in able if OPERATIONS[name].takes is not None]
    return Support(
        read=probing.read(),
        summary=probing.summary() if "list" in able else (),
        written=written | acted(kind, probing.reading, acting, examples),
        filtered=probing.filtered() if "list" in able else (),
    )


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
        return () if self._found is None else tuple(_reads(self._found, self._resource.model))

    def summary(self) -> tuple[Read, ...]:
        """Every leaf of the rows that have no more than the list tells."""
        model = self._resource.summary
        if model is None:
            return ()
        return tuple(_reads(Exploration(Reader(self._kind, model, [self._list_rows])), model))

    def reading(self, doing: list[Operation]) -> tuple[Reader, Exploration]:
        """What is told of one object, and how it may stand; answers to what is read in `doing` are known."""
        reader = Reader(self._kind, self._resource.model, [self._get, *doing])
        return reader, Exploration(reader)

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
                    writer = self._writer(reader, taken, update, answer, changes=True)
                    held = tuple(writer.held())
                    origins, usual = found.origins(), writer.sent(taken)
                    return tuple(
                        self._turned(one, reader, update, origins.get(one.path, ()), answer, usual)
                        for one in held
                    )
        raise AssertionError(f"{self._resource.name} changes nothing of what it reads")

    def _turned(
        self, held: Held, reader: Reader, send: Any, origins: Iterable[str], answer: Changes, usual: Sent
    ) -> Held:
        """A flag that can be turned where the object stands otherwise, and only so: it cannot stay there.

        `origins`: what decides how it stands. `usual`: what leaves where it stands as it mostly does.
        """
        if held.written or held.reason is None:
            return held
        for path, _, field in (origin.partition("#") for origin in origins):
            for word in sorted(reader.words):
                tried = {**answer, (path, field): word}
                standing = self._writable(reader, tried) or {}
                value = standing.get(held.path)
                if not isinstance(value, bool):
                    break
                writer = self._writer(reader, standing, send, tried, changes=True)
                stays, turned = writer.turned(held.path, value), writer.turned(held.path, not value)
                why = next((error.message for error in stays.errors if error.field == held.path), None)
                if why and turned.parts:
                    goes_to = turned.parts.keys() - (usual.parts or {}).keys()
                    return Held(path=held.path, written=True, goes_to=tuple(sorted(goes_to)), reason=why)
        return held

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
        for tried in found.variations():
            fitting = dict(tried)
            for leaf, value in unfit(self._resource.create, reader.tree(tried), reader.words).items():
                for origin in origins.get(leaf, ()):
                    path, _, field = origin.partition("#")
                    fitting[path, field] = value
            yield fitting

    def _answers(self) -> list[Changes]:
        return self._found.answers if self._found else [{}]

    def _writer(
        self, reader: Reader, base: dict[str, Any], send: Any, answer: Changes, *, changes: bool = False
    ) -> Writer:
        assert self._resource.create is not None
        struct = self._resource.create
        return Writer(struct, base, send, reader.shapes, answer, reader.words, changes=changes)

    def _writable(self, reader: Reader, answer: Changes) -> dict[str, Any] | None:
        change = _Keeping()
        wire = ProbingWire(reader.shapes, answer)
        try:
            run(self._kind(session_over(wire)).update(self._id, change))
        except FAULTS:
            pass
        return change.writable

    async def _list_first(self, session: Session) -> Unified:
        page = await self._kind(session).list(ListQuery(filters=self._resource.filters(), limit=1))
        self._id = page.records[0].data.id
        return page.records[0].data

    async def _list_rows(self, session: Session) -> Unified:
        query = ListQuery(filters=self._resource.filters(), limit=1, summary=True)
        return (await self._kind(session).list(query)).records[0].data

    async def _get(self, session: Session) -> Unified:
        resource = self._kind(session)
        record = await (resource.get() if self._resource.singleton else resource.get(self._id))
        return record.data


def _reads(found: Exploration, model: type[Struct]) -> Iterator[Read]:
    origins, by_key, filled = found.origins(), found.told_by_key(), found.seen
    for leaf in leaves_of(model):
        yield Read(
            path=leaf.path,
            filled=leaf.path in filled,
            comes_from=tuple(sorted(origins.get(leaf.path, ()))),
            by_key=leaf.path not in filled or leaf.path in by_key,
        )


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
