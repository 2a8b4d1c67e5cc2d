"""The OpenAPI document with its shared parts put back where they are referred to. Schemas stay named."""

from typing import Any

STAYS = "#/components/schemas/"


def followed(document: dict[str, Any]) -> dict[str, Any]:
    """The same document, whose paths refer to nothing but schemas."""
    return {**document, "paths": _followed(document["paths"], document["components"])}


def _followed(part: Any, components: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_followed(item, components) for item in part]
    if not isinstance(part, dict):
        return part
    target = part.get("$ref", STAYS)
    if not target.startswith(STAYS):
        section, name = target.split("/")[2:]
        return _followed(components[section][name], components)
    return {name: _followed(value, components) for name, value in part.items()}
