"""What operations of the OpenAPI document share: each part stands once, under a name, and is referred to."""

import re
from typing import Any

import msgspec

REFERRED = re.compile(r'"#/components/(\w+)/(\w+)"')


def reference(section: str, name: str) -> dict[str, str]:
    """A JSON reference to a component."""
    return {"$ref": f"#/components/{section}/{name}"}


def is_struct(candidate: Any) -> bool:
    """Whether the schema of a type has a name of its own."""
    return isinstance(candidate, type) and issubclass(candidate, msgspec.Struct)


class Components:
    """The named parts, by section (`schemas`, `responses` …)."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self.schemas = schemas
        self._sections: dict[str, dict[str, Any]] = {"schemas": schemas}

    def share(self, section: str, name: str, part: dict[str, Any]) -> dict[str, str]:
        """Keep the part under the name; the reference to it. A name stands for one thing only."""
        kept = self._sections.setdefault(section, {}).setdefault(name, part)
        assert kept == part, f"two different {section} are called {name}"
        return reference(section, name)

    def used_by(self, paths: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The sections with what is referred to, from the paths or from a part that is."""
        found: dict[tuple[str, str], Any] = {}
        waiting = [paths]
        while waiting:
            for section, name in REFERRED.findall(msgspec.json.encode(waiting.pop()).decode()):
                if (section, name) not in found:
                    found[section, name] = self._sections[section][name]
                    waiting.append(found[section, name])
        sections: dict[str, dict[str, Any]] = {}
        for section, name in sorted(found):
            sections.setdefault(section, {})[name] = found[section, name]
        return sections
