"""What every answer has to be, whatever was asked: traceable, documented, and shaped as the document says."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx2
import jsonschema_rs

from tests.integration.doors.operations import DOCUMENT, PROBLEM, Operation

REQUEST_ID = re.compile(r"req_[0-9a-v]{26}")
INSIDES = re.compile(
    r"Traceback|\.py\b|site-packages|msgspec|sqlalchemy|litestar|sqlite|psycopg|Exception\b", re.IGNORECASE
)
CODE_ANCHOR = re.compile(r'<section id="([a-z_]+)">')


def closed(schema: Any) -> Any:
    """The schema with every object that names its members closed to others (SEC-4: no surplus output)."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: closed(value) for name, value in schema.items()}
    if result.get("type") == "object" and "properties" in result:
        result.setdefault("additionalProperties", False)
    return result


COMPONENTS = closed({"schemas": DOCUMENT["components"]["schemas"]})


def without_the_vendors_code(body: dict[str, Any]) -> str:
    """The problem as text. `upstream.code` is the vendor's own word, e.g. `UnauthorizedException`."""
    return json.dumps({**body, "upstream": {**(body["upstream"] or {}), "code": None}})


class Inspector:
    """Judges answers and counts them. A misfit raises AssertionError at once."""

    def __init__(self, errors_page: str) -> None:
        self.seen: Counter[int] = Counter()
        self.codes: Counter[str] = Counter()
        self._documented = set(CODE_ANCHOR.findall(errors_page))
        self._validators: dict[Any, jsonschema_rs.Validator] = {}

    def inspect(self, answer: httpx2.Response, operation: Operation | None = None) -> httpx2.Response:
        """The same answer; `operation` is None for what no operation serves."""
        self.seen[answer.status_code] += 1
        misfits = list(self._misfits(answer, operation))
        assert not misfits, f"{operation or answer.request.url}: {misfits}; {answer.text[:1500]}"
        return answer

    def _misfits(self, answer: httpx2.Response, operation: Operation | None) -> Iterator[str]:
        ids = answer.headers.get_list("request-id")
        if len(ids) != 1 or not REQUEST_ID.fullmatch(ids[0]):
            yield f"Request-Id: {ids}"
        if answer.status_code >= 400:
            yield from self._problem(answer, operation)
        elif operation is not None:
            yield from self._success(answer, operation)

    def _problem(self, answer: httpx2.Response, operation: Operation | None) -> Iterator[str]:
        if answer.headers.get("content-type") != PROBLEM:
            yield f"an error of the type {answer.headers.get('content-type')}"
            return
        body = answer.json()
        self.codes[body["code"]] += 1
        yield from self._against(("Problem",), {"$ref": "#/components/schemas/Problem"}, body)
        if (body["status"], body["requestId"]) != (answer.status_code, answer.headers.get("request-id")):
            yield "status or requestId differ between head and body"
        if body["code"] not in self._documented or body["doc"] != f"/docs/errors#{body['code']}":
            yield f"{body['code']} is not explained at {body['doc']}"
        if not body["title"] or not body["detail"]:
            yield "an error without words"
        if answer.status_code == 500:
            yield "a fault of ours"
        if found := INSIDES.search(without_the_vendors_code(body)):
            yield f"tells of the inside: {found[0]}"
        if operation is not None and body["code"] not in (operation.codes(answer.status_code) or ()):
            yield f"{answer.status_code} {body['code']} is not declared for the operation"

    def _success(self, answer: httpx2.Response, operation: Operation) -> Iterator[str]:
        told = operation.successes.get(answer.status_code)
        if told is None:
            yield f"{answer.status_code} instead of {[*operation.successes]}"
            return
        content = told.get("content", {})
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        if not content:
            if answer.content:
                yield "a body where none is declared"
        elif media_type not in content:
            yield f"{media_type} is not declared"
        elif media_type == "application/json":
            yield from self._against(str(operation), content[media_type]["schema"], answer.json())

    def _against(self, name: Any, schema: dict[str, Any], value: Any) -> Iterator[str]:
        if name not in self._validators:
            whole = {**closed(schema), "components": COMPONENTS}
            self._validators[name] = jsonschema_rs.Draft202012Validator(whole)
        for error in self._validators[name].iter_errors(value):
            yield f"{error.instance_path}: {error.message}"[:300]
