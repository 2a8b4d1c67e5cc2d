"""Calls to Lexware Office: encoded on the way out, checked and decoded on the way back. Knows no noun."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from connectors.base.connector import Session
from connectors.base.errors import KontorError, RecordNotFound, UpstreamBroken, WrittenButNotRead
from connectors.base.files import Part, Upload, form
from connectors.base.wire import Answer, Call
from connectors.lexoffice.errors import translate, unreadable
from connectors.lexoffice.native.base import ActionResult, Native, Page, decoder

T = TypeVar("T")
L = TypeVar("L")
Params = tuple[tuple[str, str], ...]

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
UNREADABLE = (msgspec.DecodeError, ValueError, ArithmeticError, RecursionError)
"""What decoding and mapping raise on a body that is not what it should be; the decimal module's too."""
LAG_S = (0.25, 0.5, 1.0, 2.0)
"""Waits before a new object is read again: a 404 for about two seconds was seen (BAE, LAZY; 2026)."""

ENCODER = msgspec.json.Encoder(decimal_format="number")
RESULT = decoder(ActionResult)
PAGE = decoder(Page)
ROWS = decoder(list[Raw])


class LexofficeClient:
    """The vendor's API for one connection. `paths` names its fields in unified words, for errors."""

    def __init__(self, session: Session, paths: dict[str, str] | None = None) -> None:
        self._wire = session.wire
        self._paths = paths or {}

    async def get(self, path: str, purpose: str, params: Params = ()) -> Answer:
        """A read that succeeded. Raises what `errors.translate` makes of any other answer."""
        answer = await self._wire.send(Call(method="GET", path=path, params=params, purpose=purpose))
        if not 200 <= answer.status < 300:
            raise translate(answer, self._paths)
        return answer

    async def object(self, noun: str, id: str, read: Callable[[Answer], T], purpose: str) -> T:
        """One object, as `read` makes it of the answer. Ids that are not the vendor's cost no call."""
        answer = await self.get(f"/v1/{noun}/{known_id(id)}", purpose)
        return readable(answer, read)

    async def page(
        self, noun: str, params: Params, purpose: str, listed: Callable[[Raw], L]
    ) -> tuple[Page, list[L]]:
        """One page of a list, with what `listed` makes of each row."""
        try:
            answer = await self.get(f"/v1/{noun}", purpose, params)
        except RecordNotFound as error:  # no object was asked for
            raise UpstreamBroken("Lexware Office has no such list.", upstream=error.upstream) from error
        return readable(answer, lambda answer: _page(answer, listed))

    async def rows(self, noun: str, purpose: str, listed: Callable[[Raw], L], params: Params = ()) -> list[L]:
        """A list that has no pages, with what `listed` makes of each row."""
        try:
            answer = await self.get(f"/v1/{noun}", purpose, params)
        except RecordNotFound as error:  # no object was asked for
            raise UpstreamBroken("Lexware Office has no such list.", upstream=error.upstream) from error
        return readable(answer, lambda answer: [listed(row) for row in ROWS.decode(answer.content)])

    async def download(self, path: str, accept: str, purpose: str) -> Answer:
        """A file, whatever the status: the caller tells a missing form from a missing object.

        A large one is still on its way.
        """
        call = Call(method="GET", path=path, accept=accept, streams=True, purpose=purpose)
        return await self._wire.send(call)

    async def post(self, noun: str, body: Native, purpose: str, params: Params = ()) -> ActionResult:
        """Creates an object."""
        return await self._write("POST", f"/v1/{noun}", ENCODER.encode(body), purpose, params)

    async def act(self, path: str, body: Native | list[Any], purpose: str) -> Answer:
        """Has something done that makes no object with an action result for an answer."""
        return await self._written("POST", path, ENCODER.encode(body), "application/json", purpose)

    async def put(self, noun: str, id: str, body: Native | dict[str, Any], purpose: str) -> ActionResult:
        """Replaces an object."""
        return await self._write("PUT", f"/v1/{noun}/{known_id(id)}", ENCODER.encode(body), purpose)

    async def send_file(self, path: str, upload: Upload, fields: dict[str, str], purpose: str) -> Answer:
        """Posts a form with a file; the answer is 2xx. Its body is the caller's to read."""
        part = Part(
            name="file", filename=upload.filename, media_type=upload.media_type, content=upload.content
        )
        content, content_type = form(fields, (part,))
        return await self._written("POST", path, content, content_type, purpose)

    async def delete(self, noun: str, id: str, purpose: str) -> None:
        """Removes an object for good."""
        path = f"/v1/{noun}/{known_id(id)}"
        answer = await self._wire.send(Call(method="DELETE", path=path, writes=True, purpose=purpose))
        if not 200 <= answer.status < 300:
            raise translate(answer, self._paths, writes=True)

    async def read_back(self, id: str, read: Callable[[str], Any]) -> Any:
        """The object just written. A 404 is asked again for a while; what fails says that it is booked.

        Raises:
            WrittenButNotRead: carries the id.
        """
        waits = iter(LAG_S)
        while True:
            try:
                return await read(id)
            except RecordNotFound as error:
                wait = next(waits, None)
                if wait is None or not await self._wire.pause(wait):
                    raise WrittenButNotRead(id, error.detail) from error
            except KontorError as error:
                raise WrittenButNotRead(id, error.detail) from error

    async def _write(
        self, method: str, path: str, content: bytes, purpose: str, params: Params = ()
    ) -> ActionResult:
        answer = await self._written(method, path, content, "application/json", purpose, params)
        return readable(answer, _result, writes=True)

    async def _written(
        self, method: str, path: str, content: bytes, content_type: str, purpose: str, params: Params = ()
    ) -> Answer:
        call = Call(
            method=method,
            path=path,
            params=params,
            content=content,
            content_type=content_type,
            writes=True,
            purpose=purpose,
        )
        answer = await self._wire.send(call)
        if not 200 <= answer.status < 300:
            raise translate(answer, self._paths, writes=True, replaces=method == "PUT")
        return answer


def readable(answer: Answer, read: Callable[[Answer], T], *, writes: bool = False) -> T:
    """What `read` makes of the answer.

    Raises:
        UpstreamBroken: the body is not what it should be.
        OutcomeUnknown: the same after a write, which may well have been booked.
    """
    try:
        return read(answer)
    except UNREADABLE as error:
        raise unreadable(answer, writes=writes) from error


def mapped(read: Callable[[], T]) -> T:
    """What `read` makes of vendor data decoded before. Raises UpstreamBroken as `readable` does."""
    try:
        return read()
    except UNREADABLE as error:
        raise UpstreamBroken("Lexware Office's answer cannot be read.") from error


def known_id(id: str) -> str:
    """The id, if it can be one of the vendor's, in which case it needs no escaping.

    Raises:
        RecordNotFound: all ids of the vendor are UUIDs; nothing was sent.
    """
    if UUID.fullmatch(id) is None:
        raise RecordNotFound("Lexware Office has no such object: its ids are UUIDs.")
    return id


def is_uuid(text: str) -> bool:
    """Whether the text can be an id of the vendor's."""
    return UUID.fullmatch(text) is not None


def search_text(text: str) -> str:
    """A text filter of contacts and the voucher list: `&`, `<`, `>` as HTML entities (documented)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def search_part(text: str) -> str:
    """A part of a contact's name or e-mail: `_` and `%` would be wildcards, so they are escaped."""
    for mark in ("\\", "_", "%"):
        text = text.replace(mark, "\\" + mark)
    return search_text(text)


def raw_of(answer: Answer) -> Raw:
    """The vendor's JSON as it came."""
    return Raw(answer.content)


def _result(answer: Answer) -> ActionResult:
    result = RESULT.decode(answer.content)
    id = result.id or result.financial_account_id or ""
    if not is_uuid(id):
        raise ValueError("the id is no UUID")
    return result if result.id else msgspec.structs.replace(result, id=id)


def _page(answer: Answer, listed: Callable[[Raw], L]) -> tuple[Page, list[L]]:
    page = PAGE.decode(answer.content)
    return page, [listed(row) for row in page.content]
