"""Every door, read from the OpenAPI document: a route that is added is knocked at without touching a test."""

from typing import Any

import msgspec
from msgspec import Struct

from connectors.base.needs import Access
from connectors.lexoffice import CONNECTOR as LEXOFFICE
from gateway.api.capabilities import capabilities
from gateway.api.docs_pages import described
from schemas import RESOURCES
from tests.forms import FORM
from tests.references import followed

DOCUMENT = followed(msgspec.json.decode(msgspec.json.encode(described(RESOURCES, []))))
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
METHODS = ("get", "post", "patch", "put", "delete")
PROBLEM = "application/problem+json"


def _looked_up(schema: dict[str, Any]) -> dict[str, Any]:
    return {**SCHEMAS[schema["$ref"].rpartition("/")[2]], **schema} if "$ref" in schema else schema


class Operation(Struct, frozen=True):
    """One method of one path, as the document tells it."""

    method: str
    path: str
    detail: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def resource(self) -> str | None:
        """The unified resource; None for control routes."""
        return self.path.split("/")[3] if self.path.startswith("/v1/accounting/") else None

    @property
    def name(self) -> str:
        """The operation's own name: `list`, `create` …"""
        return self.detail["operationId"].partition("_")[0]

    @property
    def noun(self) -> str:
        """What the path is about: the resource, else `api-keys`, `connections` …"""
        return self.resource or self.path.split("/")[2]

    @property
    def protected(self) -> bool:
        return bool(self.detail["security"])

    @property
    def needs_account_key(self) -> bool:
        return any("accountKey" in scheme for scheme in self.detail["security"])

    @property
    def path_parameters(self) -> list[str]:
        return [p["name"] for p in self.detail["parameters"] if p["in"] == "path"]

    @property
    def query(self) -> dict[str, dict[str, Any]]:
        """Schemas of the query parameters, by name."""
        parameters = [p for p in self.detail["parameters"] if p["in"] == "query"]
        return {p["name"]: _looked_up(p["schema"]) for p in parameters}

    @property
    def required_headers(self) -> list[str]:
        return [p["name"] for p in self.detail["parameters"] if p["in"] == "header" and p["required"]]

    @property
    def media_type(self) -> str | None:
        """What the body has to be; None without a body."""
        return next(iter(self._content), None)

    @property
    def body_schema(self) -> dict[str, Any] | None:
        """Schema of the body, looked up; None without a body, and for merge patches, which name no fields."""
        schema = next((part["schema"] for part in self._content.values()), None)
        return _looked_up(schema) if schema and "$ref" in schema else None

    @property
    def body_limit(self) -> int:
        """Bytes of a body that are taken."""
        return self.detail["x-kontor-body-limit"]

    @property
    def takes_form(self) -> bool:
        """Whether the body is a form with a file instead of JSON."""
        return self.media_type == FORM

    @property
    def example_body(self) -> Any:
        return next((part["example"] for part in self._content.values()), None)

    @property
    def success(self) -> tuple[int, dict[str, Any]]:
        """Status of success, and what the document says about its answer."""
        return next(iter(self.successes.items()))

    @property
    def successes(self) -> dict[int, dict[str, Any]]:
        """All statuses of success, and what the document says about each."""
        return {int(s): told for s, told in self.detail["responses"].items() if int(s) < 300}

    def codes(self, status: int) -> set[str] | None:
        """Error codes declared for the status; None when the status is not declared."""
        told = self.detail["responses"].get(str(status))
        return None if told is None else set(told["content"][PROBLEM]["examples"])

    @property
    def _content(self) -> dict[str, Any]:
        return self.detail.get("requestBody", {}).get("content", {})


OPERATIONS = [
    Operation(method.upper(), path, detail)
    for path, methods in DOCUMENT["paths"].items()
    for method, detail in methods.items()
    if method in METHODS
]
CAN = {
    (cell.resource, cell.operation)
    for cell in capabilities(LEXOFFICE, RESOURCES, Access(credential="api_key"))
    if cell.supported
}
"""What a connection by API key can do."""
WITH_BODY = [
    o
    for o in OPERATIONS
    if o.media_type and (o.resource is None or o.method == "PATCH" or (o.resource, o.name) in CAN)
]
"""Doors that read a body; where the vendor cannot, 501 comes first."""
WITH_JSON = [o for o in WITH_BODY if not o.takes_form]
UNIFIED = [o for o in OPERATIONS if o.resource]


def found(label: str) -> Operation:
    """The operation that reads so: `POST /v1/accounting/invoices`."""
    return next(o for o in OPERATIONS if str(o) == label)
