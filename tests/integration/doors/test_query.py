"""Query parameters: unknown ones, repeated ones and values that do not fit are named, whatever the door."""

from urllib.parse import quote

import pytest

from tests.integration.doors.fields import resolved
from tests.integration.doors.operations import CAN, OPERATIONS, Operation
from tests.integration.doors.traps import unfit_in_query
from tests.integration.doors.visiting import Visitor

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

UNKNOWN = (
    "offset",
    "LIMIT",
    "limit ",
    "limit[]",
    "filter[status]",
    "__proto__",
    "ünï",
    "X-API-KEY",
    "a" * 99,
)
WITH_QUERY = [o for o in OPERATIONS if o.query and (o.resource is None or (o.resource, o.name) in CAN)]
UNREADABLE = ("a=%ff", "%ff=a", "a=%ed%a0%80", "a=%c0%80", "a=%f8%88%80%80%80", "&".join(["a=1"] * 101))


async def named(visitor: Visitor, operation: Operation, query: str) -> set[tuple[str, str]]:
    """Field and code of each error; the answer has to be a 422."""
    answer = await visitor.knock(operation, query=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), (
        f"{query[:200]}: {answer.status_code}"
    )
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
async def test_a_parameter_that_does_not_exist_is_named(visitor: Visitor, operation: Operation) -> None:
    for name in UNKNOWN if visitor.can(operation) else ():
        assert await named(visitor, operation, f"{quote(name)}=1") == {(name, "unknown_parameter")}


@pytest.mark.parametrize("operation", WITH_QUERY, ids=str)
async def test_a_parameter_that_stands_twice_is_named(visitor: Visitor, operation: Operation) -> None:
    for name in operation.query if visitor.can(operation) else ():
        for query in (
            f"{name}=1&{name}=2",
            f"{name}=1&{name}=1",
            f"{name}=&{name}=",
            f"{name}=1&%{ord(name[0]):02x}{name[1:]}=1",
        ):
            assert (name, "repeated") in await named(visitor, operation, query)


@pytest.mark.parametrize("operation", WITH_QUERY, ids=str)
async def test_a_value_that_does_not_fit_is_named_by_its_parameter(
    visitor: Visitor, operation: Operation
) -> None:
    if not visitor.can(operation):
        return  # 501 comes before the query
    tried = 0
    for name, schema in operation.query.items():
        for value in unfit_in_query(resolved(schema)[0]):
            errors = await named(visitor, operation, f"{name}={quote(value)}")
            assert {field for field, _ in errors} == {name}, value
            tried += 1
    print(f"{operation}: {tried} values")
    assert tried >= min(10, 6 * len(operation.query))


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
async def test_a_query_that_cannot_be_read_is_malformed(visitor: Visitor, operation: Operation) -> None:
    expected = (400, "malformed") if visitor.can(operation) else visitor.cannot(operation)
    for query in UNREADABLE:
        answer = await visitor.knock(operation, query=query)
        assert (answer.status_code, answer.json()["code"]) == expected, query


async def test_misfits_of_several_parameters_are_named_together(visitor: Visitor) -> None:
    (operation,) = [o for o in OPERATIONS if str(o) == "GET /v1/accounting/invoices"]

    assert await named(visitor, operation, "limit=0&status=due&colour=red") == {
        ("limit", "type"),
        ("status", "type"),
        ("colour", "unknown_parameter"),
    }
