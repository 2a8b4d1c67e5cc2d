"""SEC-36: only JSON enters, and forms where files do; only by the methods that are declared."""

import pytest

from tests.integration.doors.operations import DOCUMENT, METHODS, OPERATIONS, WITH_BODY, Operation
from tests.integration.doors.visiting import Visitor, encoded

pytestmark = pytest.mark.anyio

WRONG_TYPES = (
    "text/plain",
    "text/json",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/jsonp",
    "application/vnd.api+json",
    "application/json-patch+json",
    "application/json; charset=iso-8859-1",
    "application/json; charset=utf-8; charset=utf-16",
    "application/json, text/plain",
    "application",
    "",
)
RIGHT_TYPES = (
    "application/json",
    "APPLICATION/JSON",
    "application/json;charset=UTF-8",
    'application/json; charset="utf-8"',
)


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
async def test_a_body_of_another_type_is_refused(visitor: Visitor, operation: Operation) -> None:
    expected = 415 if visitor.can(operation) else 501
    for media_type in {*WRONG_TYPES, *RIGHT_TYPES} if operation.takes_form else WRONG_TYPES:
        if operation.takes_form and media_type.startswith("multipart/form-data"):
            continue
        answer = await visitor.knock(operation, headers={"Content-Type": media_type})
        assert answer.status_code == expected, media_type
    assert (await visitor.knock(operation, without=("Content-Type",))).status_code == expected


@pytest.mark.parametrize("media_type", RIGHT_TYPES)
async def test_json_is_json_however_it_is_written(visitor: Visitor, media_type: str) -> None:
    (operation,) = [o for o in OPERATIONS if str(o) == "POST /v1/return-urls"]
    answer = await visitor.knock(operation, headers={"Content-Type": media_type})

    assert answer.status_code == 201


@pytest.mark.parametrize("path", DOCUMENT["paths"])
async def test_a_method_that_is_not_declared_answers_405_and_names_those_that_are(
    visitor: Visitor, path: str
) -> None:
    declared = {method.upper() for method in DOCUMENT["paths"][path] if method in METHODS}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"} - declared:
        answer = await visitor.ask(
            method, path.replace("{id}", encoded("x")).replace("{target}", "lexoffice-sandbox")
        )
        assert answer.status_code == 405, method
        allowed = {word.strip() for word in answer.headers["allow"].split(",")}
        assert allowed - {"OPTIONS", "HEAD"} == declared


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v2/accounting/invoices",
        "/v1/accounting/unicorns",
        "/v1/accounting/invoices/x/y/z",
        "/metrics",
        "/admin",
        "/schema",
        "/.env",
    ],
)
async def test_a_path_that_is_no_door_answers_404(visitor: Visitor, path: str) -> None:
    answer = await visitor.ask("GET", path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
