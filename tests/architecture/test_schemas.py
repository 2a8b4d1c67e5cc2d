"""The unified model knows msgspec and the standard library, and documents every field."""

import ast
import sys
from pathlib import Path

import msgspec
import pytest

from gateway.api.field_docs import field_texts, reachable
from schemas import RESOURCES

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
MODELS = reachable([resource.model for resource in RESOURCES.values()])


def imported(file: Path) -> set[str]:
    """First parts of all imported names."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("file", sorted(SCHEMAS.glob("*.py")), ids=lambda file: file.name)
def test_schemas_know_msgspec_only(file: Path) -> None:
    assert imported(file) <= {"schemas", "msgspec", *sys.stdlib_module_names}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_of_the_model_is_documented(model: type[msgspec.Struct]) -> None:
    undocumented = {field.encode_name for field in msgspec.structs.fields(model)} - set(field_texts(model))

    assert undocumented == set()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_field_of_the_model_has_a_default(model: type[msgspec.Struct]) -> None:
    assert all(field.required for field in msgspec.structs.fields(model))


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=lambda resource: resource.name)
def test_a_resource_stands_under_its_own_name(resource: object) -> None:
    assert RESOURCES[resource.name] is resource  # pyright: ignore[reportAttributeAccessIssue]


def test_output_has_no_field_that_input_names_otherwise() -> None:
    """What is read may be written: input names are output names, but for what only a write has."""
    only_written = {"finalize", "price"}
    for resource in RESOURCES.values():
        if resource.create is None:
            continue
        written = {field.encode_name for field in msgspec.structs.fields(resource.create)}
        read = {field.encode_name for field in msgspec.structs.fields(resource.model)}
        assert written - read - only_written == set(), resource.name
