"""Values for the fields of an input, which have to fit its patterns and limits."""

import re
from decimal import Decimal
from typing import Any

from msgspec import Struct, inspect

from connectors.base.field_paths import ABSENT, FieldAt, bare, leaves_of, put, values_at, words_of
from connectors.base.probing.samples import value_of

MOST_WORDS = 6
LATE = "2031-03-14"
"""After the days of the examples, for what has to come after another."""
TYPICAL = (
    *("DE", "AT", "de", "en", "EUR", "4006381333931", "96385074", "a@b.example", "c@d.example"),
    *("DE02120300000000202051", "DE89370400440532013000", "BYLADEM1001", "COBADEFFXXX"),
    *("one.pdf", "two.png"),
)
"""Texts for patterns that no word of the connector fits: codes, numbers of accounts, names of files."""


def candidates(leaf: FieldAt, words: set[str]) -> tuple[Any, ...]:
    """Several values that the model takes, as JSON holds them."""
    kind, wrap = leaf.kind, lambda value: value
    if isinstance(kind, inspect.ListType):
        _, kind = bare(kind.item_type)
        wrap = lambda value: [value]  # noqa: E731
    return tuple(wrap(value) for value in _plain(kind, leaf, words))


def is_choice(leaf: FieldAt) -> bool:
    """Whether the field takes one of some words."""
    return bool(words_of(leaf.kind))


def unfit(struct: type[Struct], body: dict[str, Any], words: set[str]) -> dict[str, str]:
    """Texts that the model takes, for the leaves whose text is too long for it or of another form."""
    found: dict[str, str] = {}
    for leaf in leaves_of(struct):
        kind = bare(leaf.kind.item_type)[1] if isinstance(leaf.kind, inspect.ListType) else leaf.kind
        if not isinstance(kind, inspect.StrType):
            continue
        held = [text for _, value in values_at(body, {leaf.path: leaf}) for text in _texts(value)]
        if any(len(text) > (kind.max_length or len(text)) for text in held) or not all(
            re.search(kind.pattern or "", text) for text in held
        ):
            found.update((leaf.path, text) for text in _plain(kind, leaf, words)[:1])
    return found


def _texts(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def with_siblings(
    struct: type[Struct], body: dict[str, Any], leaf: FieldAt, value: Any, values: dict[str, tuple[Any, ...]]
) -> dict[str, Any]:
    """The body with the value; what is required beside it in an object that is made for it comes along."""
    changed = put(body, leaf.path, value, make=value is not ABSENT)
    for other in leaves_of(struct):
        if (
            other.required
            and other.path != leaf.path
            and value is not ABSENT
            and _misses(changed, other.path)
        ):
            changed = put(changed, other.path, values[other.path][0], make=True)
    return changed


def _misses(tree: Any, path: str) -> bool:
    """Whether the object is there and the field in it is not."""
    for step in path.split("."):
        name, listed = step.removesuffix("[]"), step.endswith("[]")
        if tree is None:
            return False
        if name not in tree:
            return path.endswith(step) and step == path.split(".")[-1]
        tree = tree[name]
        if listed:
            tree = tree[0] if tree else None
    return False


def _plain(kind: inspect.Type, leaf: FieldAt, words: set[str]) -> list[Any]:
    seed = leaf.path
    if isinstance(kind, inspect.BoolType):
        return [True, False]
    if isinstance(kind, inspect.IntType):
        least = kind.ge or 0
        return [least + 3, least + 11]
    if isinstance(kind, inspect.DecimalType):
        places = leaf.extra.get("places", 2)
        minimum, most = (
            Decimal(leaf.extra.get(name) or text)
            for name, text in (("minimum", "-9999"), ("maximum", "9999"))
        )
        return [
            str(one)
            for one in map(Decimal, ("19", "7", "5.5", "0", "-3"))
            if minimum <= one <= most and places
        ]
    if isinstance(kind, inspect.DateType | inspect.DateTimeType):
        days = [value_of(kind, seed), value_of(kind, f"another {seed}"), value_of(kind, f"third {seed}")]
        return [*days, LATE] if isinstance(kind, inspect.DateType) else days
    if one_of := words_of(kind):
        return list(one_of)
    if not isinstance(kind, inspect.StrType):
        return [value_of(kind, seed)]
    if kind.pattern is None:
        return [value_of(kind, seed), value_of(kind, f"another {seed}")]
    fitting = [word for word in (*TYPICAL, *sorted(words)) if re.search(kind.pattern, word)]
    return list(dict.fromkeys(fitting))[:MOST_WORDS]
