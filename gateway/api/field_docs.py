"""Field descriptions from the strings that stand below the fields in the model's source."""

import ast
import inspect
import textwrap
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect as shapes


def describe_fields(schemas: dict[str, Any], types: list[type[msgspec.Struct]]) -> None:
    """Add each documented field's text to its property, for the types and everything inside them.

    What is written means what is read: a field of `CustomerInput` without words of its own has `Customer`'s.
    """
    structs = {struct.__name__: struct for struct in reachable(types)}
    for struct in structs.values():
        properties = schemas.get(struct.__name__, {}).get("properties", {})
        read = _read(struct, structs)
        for name, text in {**field_texts(read), **field_texts(struct)}.items():
            if name in properties and "description" not in properties[name]:
                properties[name] = {**properties[name], "description": text}


def _read(struct: type[msgspec.Struct], structs: dict[str, type[msgspec.Struct]]) -> type[msgspec.Struct]:
    """`LineInput` is read as `Line`, and so is what `LineInput` is derived from."""
    names = [one.__name__.removesuffix("Input") for one in (struct, *struct.__subclasses__())]
    return next((structs[name] for name in names if name in structs), struct)


def reachable(types: list[type[msgspec.Struct]]) -> list[type[msgspec.Struct]]:
    """The structs and all structs in their fields, each once."""
    found: dict[type[msgspec.Struct], None] = {}

    def visit(kind: Any) -> None:
        if isinstance(kind, shapes.StructType) and kind.cls not in found:
            found[kind.cls] = None
            for field in kind.fields:
                visit(field.type)
        for part in getattr(kind, "types", ()):
            visit(part)
        for attribute in ("type", "item_type", "value_type"):
            if isinstance(inner := getattr(kind, attribute, None), shapes.Type):
                visit(inner)

    for struct in types:
        visit(shapes.type_info(struct))
    return list(found)


@cache
def field_texts(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Wire name to description, the struct's own and inherited ones."""
    texts: dict[str, str] = {}
    for cls in reversed(struct.__mro__):
        if cls.__module__.split(".")[0] in ("schemas", "gateway", "connectors") and issubclass(
            cls, msgspec.Struct
        ):
            texts |= _own_texts(cls)
    names = {field.name: field.encode_name for field in msgspec.structs.fields(struct)}
    return {names[name]: text for name, text in texts.items() if name in names}


@cache
def _own_texts(cls: type[msgspec.Struct]) -> dict[str, str]:
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    except (OSError, TypeError):
        return {}
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for statement, following in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
        ):
            found[statement.target.id] = " ".join(str(following.value.value).split())
    return found
