"""SEC-32: bodies over the limit are not read to the end, nested ones are not built."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.doors.operations import WITH_BODY, WITH_JSON, Operation, found
from tests.integration.doors.visiting import Visitor

pytestmark = pytest.mark.anyio
LIMIT = 1024 * 1024
MARGIN = 64 * 1024
"""More than the heads and boundaries of a form may take."""
DEEP = {
    "65 lists": b"[" * 65 + b"]" * 65,
    "1,001 lists": b"[" * 1_001 + b"]" * 1_001,
    "100,000 lists": b"[" * 100_000 + b"]" * 100_000,
    "100,000 lists that never end": b"[" * 100_000,
    "65 objects": b'{"a":' * 65 + b"1" + b"}" * 65,
    "100,000 objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "lists in a field": b'{"name":' + b"[" * 64 + b"]" * 64 + b"}",
}
IN_DEPTH = [operation for operation in WITH_JSON if operation.resource in (None, "invoices", "items")]


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
async def test_a_body_that_says_it_is_too_large_is_refused(visitor: Visitor, operation: Operation) -> None:
    answer = await visitor.knock(operation, content=b" " * (operation.body_limit + MARGIN))

    assert answer.status_code == (413 if visitor.can(operation) else 501)


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
async def test_a_body_that_does_not_say_how_large_it_is_is_read_to_the_limit_only(
    visitor: Visitor, operation: Operation
) -> None:
    given = 0
    form = {"Content-Type": "multipart/form-data; boundary=x"} if operation.takes_form else {}

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        yield b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n' if form else b""
        while given < 64 * operation.body_limit:
            given += 65_536
            yield b" " * 65_536

    answer = await visitor.knock(operation, content=endless(), headers=form)

    assert answer.status_code == (413 if visitor.can(operation) else 501)
    assert given <= operation.body_limit + 2 * MARGIN


async def test_a_body_of_just_the_limit_is_read(visitor: Visitor) -> None:
    body = b'{"url": "http://127.0.0.1/just/the/limit"}'
    answer = await visitor.knock(found("POST /v1/return-urls"), content=body.ljust(LIMIT))

    assert answer.status_code == 201


@pytest.mark.parametrize("body", DEEP.values(), ids=DEEP.keys())
async def test_a_deeply_nested_body_is_malformed(visitor: Visitor, body: bytes) -> None:
    for operation in IN_DEPTH:
        answer = await visitor.knock(operation, content=body)
        expected = (400, "malformed") if visitor.can(operation) else (501, "not_supported")
        assert (answer.status_code, answer.json()["code"]) == expected
