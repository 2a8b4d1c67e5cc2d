"""The description says all there is, and its examples are what it says."""

from typing import Any

import jsonschema_rs
import msgspec
import pytest

from gateway.api.catalogue import endpoints
from gateway.api.docs_pages import described
from gateway.api.openapi import document
from gateway.api.openapi_components import REFERRED, Components
from gateway.launch.freshness import SERVERS, openapi
from schemas import RESOURCES
from tests.references import followed

WRITTEN = document(endpoints(RESOURCES), version="test", servers=SERVERS)
DOCUMENT = followed(WRITTEN)
OPERATIONS = [
    pytest.param(path, method, detail, id=f"{method} {path}")
    for path, methods in DOCUMENT["paths"].items()
    for method, detail in methods.items()
]
every_operation = pytest.mark.parametrize(("path", "method", "detail"), OPERATIONS)


def fits(schema: Any, value: Any) -> None:
    """Raises when the value does not fit the schema of the document."""
    rooted = {**schema, "components": DOCUMENT["components"]}
    jsonschema_rs.validate(rooted, value)


def test_it_is_openapi_3_1_with_servers_and_security_schemes() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT["servers"]
    assert set(DOCUMENT["components"]["securitySchemes"]) == {"apiKey", "accountKey"}


def test_names_of_operations_are_unique() -> None:
    names = [detail["operationId"] for methods in DOCUMENT["paths"].values() for detail in methods.values()]

    assert len(names) == len(set(names)) > 40


def test_a_problem_is_shown_once_for_all_operations() -> None:
    inline = [
        f"{method} {path} {status}"
        for path, methods in WRITTEN["paths"].items()
        for method, detail in methods.items()
        for status, answer in detail["responses"].items()
        if not status.startswith("2") and "$ref" not in answer
    ]

    assert inline == []


def test_all_that_is_referred_to_is_there_and_nothing_else() -> None:
    components = {**WRITTEN["components"]}
    del components["securitySchemes"]
    there = {(section, name) for section, parts in components.items() for name in parts}

    assert set(REFERRED.findall(msgspec.json.encode(WRITTEN).decode())) == there


def test_a_name_stands_for_one_thing_only() -> None:
    components = Components({})
    components.share("headers", "RequestId", {"schema": {"type": "string"}})

    with pytest.raises(AssertionError, match="two different headers are called RequestId"):
        components.share("headers", "RequestId", {"schema": {"type": "integer"}})


def test_its_layout_loses_nothing() -> None:
    told = msgspec.json.encode(described(RESOURCES, SERVERS))

    assert msgspec.json.decode(openapi()) == msgspec.json.decode(told)


@every_operation
def test_an_operation_is_described(path: str, method: str, detail: dict[str, Any]) -> None:
    assert detail["summary"]
    assert detail["description"]
    assert detail["tags"]


@every_operation
def test_a_parameter_is_described_and_has_no_null(path: str, method: str, detail: dict[str, Any]) -> None:
    for parameter in detail["parameters"]:
        assert parameter["description"]
        assert "null" not in str(parameter["schema"])


@every_operation
def test_examples_of_answers_fit_their_schema(path: str, method: str, detail: dict[str, Any]) -> None:
    successes = [answer for status, answer in detail["responses"].items() if status.startswith("2")]
    assert successes
    for content in (part for success in successes for part in success.get("content", {}).values()):
        if content["schema"].get("format") != "binary":
            assert content["examples"]
            for example in content["examples"].values():
                fits(content["schema"], example["value"])


@every_operation
def test_examples_of_bodies_fit_their_schema(path: str, method: str, detail: dict[str, Any]) -> None:
    for content in detail.get("requestBody", {}).get("content", {}).values():
        fits(content["schema"], content["example"])


@every_operation
def test_errors_are_problem_documents_with_an_example_each(
    path: str, method: str, detail: dict[str, Any]
) -> None:
    failures = {
        status: answer for status, answer in detail["responses"].items() if not status.startswith("2")
    }
    assert {"400", "422", "500"} <= set(failures)
    for status, answer in failures.items():
        content = answer["content"]["application/problem+json"]
        assert content["examples"]
        for example in content["examples"].values():
            fits(content["schema"], example["value"])
            assert str(example["value"]["status"]) == status


@every_operation
def test_an_operation_names_the_keys_it_needs(path: str, method: str, detail: dict[str, Any]) -> None:
    expected = [] if path.startswith("/health") else [{"apiKey": []}]
    if path.startswith(("/v1/accounting/", "/v1/passthrough")) or (method, path) == ("post", "/v1/batches"):
        expected = [{"apiKey": [], "accountKey": []}]

    assert detail["security"] == expected
    assert (detail["x-kontor-scope"] is None) == (expected == [])


@pytest.mark.parametrize("resource", [r for r in RESOURCES.values() if r.create], ids=lambda r: r.name)
def test_input_of_the_model_forbids_unknown_fields(resource: Any) -> None:
    assert DOCUMENT["components"]["schemas"][resource.create.__name__]["additionalProperties"] is False


def test_every_field_is_described() -> None:
    undescribed = [
        f"{name}.{field}"
        for name, schema in DOCUMENT["components"]["schemas"].items()
        for field, value in schema.get("properties", {}).items()
        if "$ref" not in value and not value.get("description") and "description" not in str(value)
    ]

    assert undescribed == []
