"""A vendor of one noun, as small as a connector can be, to see what probing finds of it."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from connectors.base.connector import Connector, Session
from connectors.base.errors import FieldError, FieldNotHeld, InvalidForTarget, NotWritable
from connectors.base.mapping import amount
from connectors.base.paging import ListQuery, Page, Record
from connectors.base.wire import Call
from schemas.actions import CancelInput
from schemas.base import Filters, Input, Resource, Unified
from schemas.money import Amount


class State(StrEnum):
    """Whether it burns."""

    LIT = "lit"
    DARK = "dark"
    UNKNOWN = "unknown"


class Lamp(Unified, kw_only=True, frozen=True):
    """A lamp."""

    id: str
    name: str
    state: State
    price: Amount | None
    room: str | None
    warranty: str | None


class LampRow(Unified, kw_only=True, frozen=True):
    """A lamp in a list."""

    id: str
    name: str
    state: State
    warranty: str | None


class LampInput(Input, kw_only=True, frozen=True):
    """A lamp to make."""

    name: Annotated[str, Meta(max_length=40)]
    kind: Annotated[str, Meta(pattern="^(standing|hanging)$")] = "standing"
    hook: str | None = None
    colour: str | None = None
    room: str | None = None


class LampFilters(Filters, kw_only=True, frozen=True):
    """What can be asked."""

    name: str | None = None
    room: str | None = None
    colour: str | None = None


RESOURCE = Resource(
    name="lamps",
    singular="Lamp",
    title="Lamps.",
    model=Lamp,
    create=LampInput,
    filters=LampFilters,
    operations=("list", "get", "create", "cancel"),
    summary=LampRow,
)
EXAMPLE: dict[str, Any] = {"name": "Anna"}
EXAMPLES: dict[str, dict[str, Any]] = {"create": EXAMPLE, "cancel": {"issuedOn": "2026-11-20"}}


class Native(Struct, kw_only=True, rename="camel"):
    """A lamp as the vendor writes it."""

    lamp_id: str
    label: str
    lamp_state: str
    gross_price: Decimal | None = None
    place: str | None = None
    changed_at: datetime | None = None


ONE = msgspec.json.Decoder(Native, strict=False)
MANY = msgspec.json.Decoder(list[Native], strict=False)
STATE = {"ON": State.LIT, "OFF": State.DARK}


def to_unified(raw: Native) -> Lamp:
    """A lamp in unified words. The price is told of lamps that burn."""
    state = STATE.get(raw.lamp_state, State.UNKNOWN)
    price = None if raw.gross_price is None or state is not State.LIT else amount(raw.gross_price)
    return Lamp(id=raw.lamp_id, name=raw.label, state=state, price=price, room=raw.place, warranty=None)


def to_row(raw: Native) -> LampRow:
    """A lamp in a list. Only those that burn are told by their state."""
    if raw.lamp_state not in STATE:
        raise ValueError("neither on nor off")
    return LampRow(id=raw.lamp_id, name=raw.label, state=STATE[raw.lamp_state], warranty=None)


def to_native(body: LampInput) -> dict[str, Any]:
    """What is sent. A hook is of hanging lamps."""
    if body.colour is not None:
        raise FieldNotHeld("colour", "Lamps have no colour here.")
    if body.hook is not None and body.kind != "hanging":
        raise InvalidForTarget((FieldError(field="hook", code="invalid", message="Only hanging ones."),))
    return {"label": body.name, "sort": body.kind, "hookName": body.hook, "place": body.room}


class Lamps:
    """Lamps of one connection."""

    def __init__(self, session: Session) -> None:
        self._wire = session.wire

    async def list(self, query: ListQuery) -> Page[Any]:
        """All lamps, by name asked of the vendor, by room picked here."""
        filters = query.filters
        assert isinstance(filters, LampFilters)
        if filters.colour is not None:
            raise FieldNotHeld("colour", "Nobody knows colours.")
        if query.updated_since is not None:
            raise FieldNotHeld("updatedSince", "Nobody knows when.")
        params = (("label", filters.name),) if filters.name else ()
        answer = await self._wire.send(Call(method="GET", path="/lamps", params=params, purpose="lamps.list"))
        if query.summary:
            return Page(records=tuple(Record(data=to_row(raw)) for raw in MANY.decode(answer.content)))
        found = [to_unified(raw) for raw in MANY.decode(answer.content)]
        return Page(records=tuple(Record(data=one) for one in found if filters.room in (None, one.room)))

    async def get(self, id: str) -> Record[Lamp]:
        """One lamp."""
        answer = await self._wire.send(Call(method="GET", path=f"/lamps/{id}", purpose="lamps.get"))
        return Record(data=to_unified(ONE.decode(answer.content)))

    async def create(self, body: LampInput) -> Record[Lamp]:
        """A new lamp."""
        content = msgspec.json.encode(to_native(body))
        call = Call(
            method="POST",
            path="/lamps",
            content=content,
            content_type="application/json",
            writes=True,
            purpose="lamps.create",
        )
        return Record(data=to_unified(ONE.decode((await self._wire.send(call)).content)))

    async def cancel(self, id: str, body: CancelInput) -> Record[Lamp]:
        """Puts out a lamp that burns: what is dark stays so."""
        answer = await self._wire.send(Call(method="GET", path=f"/lamps/{id}", purpose="lamps.cancel"))
        if to_unified(ONE.decode(answer.content)).state is not State.LIT:
            raise NotWritable("It is dark already.", None)
        if body.introduction is not None:
            raise FieldNotHeld("introduction", "Lamps are put out without a word.")
        content = msgspec.json.encode({"on": body.issued_on, "forGood": body.finalize})
        call = Call(
            method="POST",
            path=f"/lamps/{id}/out",
            content=content,
            content_type="application/json",
            writes=True,
            purpose="lamps.cancel",
        )
        return Record(data=to_unified(ONE.decode((await self._wire.send(call)).content)))


async def _identify(wire: Any) -> Any:
    raise NotImplementedError


CONNECTOR = Connector(
    name="lamps",
    title="Lamp Works",
    targets=(),
    oauth=None,
    api_key=None,
    resources={"lamps": Lamps},
    missing={},
    identify=_identify,
    refusal=lambda answer: None,
)
