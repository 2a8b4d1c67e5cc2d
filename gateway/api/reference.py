"""The reference pages in `docs/reference`: what a resource is, and what each accounting system does with it.

Meaning, type and terms come from the model, all else from the matrix; nothing is written by hand.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from connectors.base.connector import Connector
from connectors.base.needs import Access
from connectors.base.operations import OPERATIONS
from gateway.api.capabilities import Capability, capabilities
from gateway.api.matrix import FieldSupport, FilterSupport, Matrix, ResourceSupport
from gateway.api.resource_fields import FieldRule, rules
from schemas.base import Resource

Found = Callable[[], Matrix]
TERM = re.compile(r"\b(B[TG]-\d+)\b")
IN_BRACKETS = re.compile(r" \((?:B[TG]-\d+(?:, )?)+\)")
MOST_SOURCES = 4
MARKS = {"yes": "✓", "workaround": "≈", "no": "–"}
LEGEND = (
    "✓ yes · ≈ by a workaround, which is told · – no, with the reason. **R** read, **C** set on create, "
    "**U** changed later. ← where a value comes from, → where it goes to, ↔ both, by the accounting system's "
    "own names; *Kontor* means that no single field of the accounting system decides it."
)
COUNTS = (
    "Read and set: how many fields, of how many in the model. Operations in brackets work by a workaround, "
    "those struck through not at all; the page of the resource says why, and what to do instead."
)
MADE = "*Made from the code by `./kontor openapi`: the mappings are run, one value changed at a time.*"


def index(resources: Mapping[str, Resource], connectors: Iterable[Connector], found: Found) -> str:
    """All resources, with what each connector can do."""
    matrix, connectors = found(), tuple(connectors)
    lines = [
        "# Reference",
        "",
        "Every resource of the unified model, and what each accounting system does with it.",
        "",
    ]
    for connector in connectors:
        lines += [
            f"## {connector.title}",
            "",
            "| resource | operations | read | set | |",
            "|---|---|---|---|---|",
        ]
        lines += [_index_row(connector, resource, matrix) for resource in resources.values()]
        lines += [""]
    lines += [
        COUNTS,
        "",
        MADE,
    ]
    return "\n".join(lines) + "\n"


def page(resource: Resource, connectors: Iterable[Connector], found: Found) -> str:
    """One resource."""
    connectors, matrix = tuple(connectors), found()
    lines = [f"# {resource.name.replace('-', ' ').capitalize()}", "", resource.title, "", LEGEND, ""]
    for connector in connectors:
        support = matrix.of(connector.name, resource.name)
        lines += [f"## {connector.title}: operations", "", *_operations(connector, resource, matrix), ""]
        if support.filters:
            lines += [
                f"## {connector.title}: what lists can be asked for",
                "",
                *_filters(support.filters),
                "",
            ]
        lines += [f"## {connector.title}: fields", "", *_fields(connector, resource, support)]
        if support.summary:
            lines += [
                f"## {connector.title}: rows of `fields=summary`",
                "",
                *supported(support.summary, read=True),
                "",
            ]
        for name, fields in support.actions.items():
            lines += [f"## {connector.title}: body of `{name}`", "", *supported(fields, read=False), ""]
    return "\n".join([*lines, MADE]) + "\n"


def _index_row(connector: Connector, resource: Resource, matrix: Matrix) -> str:
    shown = {"yes": "{}", "workaround": "({})", "no": "~~{}~~"}
    cells = capabilities(connector, {"": resource}, matrix=matrix)
    operations = " ".join(shown[cell.level].format(cell.operation) for cell in cells)
    support = matrix.of(connector.name, resource.name)
    read, written = support.read, support.create or support.update or []
    link = f"[{resource.name}]({resource.name}.md)"
    return f"| {link} | {operations} | {_share(read)} | {_share(written)} | {resource.title} |"


def _share(fields: list[FieldSupport]) -> str:
    return f"{sum(field.level == 'yes' for field in fields)} of {len(fields)}" if fields else "–"


def _operations(connector: Connector, resource: Resource, matrix: Matrix) -> Iterator[str]:
    yield from ("| operation | call | | |", "|---|---|---|---|")
    for cell in capabilities(connector, {"": resource}, matrix=matrix):
        operation = OPERATIONS[cell.operation]
        path = operation.path.replace("/{id}", "", 1) if resource.singleton else operation.path
        call = f"`{operation.method} /v1/accounting/{resource.name}{path}`"
        yield f"| `{cell.operation}` | {call} | {MARKS[cell.level]} | {_told(cell)} |"


def _told(cell: Capability) -> str:
    parts = [cell.workaround, cell.reason, cell.alternative and f"*Instead:* {cell.alternative}"]
    if cell.needs:
        kinds = {"oauth": "a connection by OAuth", "api_key": "a connection by API key", None: None}
        needs = [
            kinds[cell.needs.credential],
            *(f"`{name}`" for name in (*cell.needs.scopes, *cell.needs.features)),
        ]
        parts.append(f"Needs {', '.join(filter(None, needs))}." if any(needs) else None)
    return _cell(" ".join(filter(None, parts)))


def _filters(filters: list[FilterSupport]) -> Iterator[str]:
    yield from ("| parameter | | asks for | |", "|---|---|---|---|")
    for one in filters:
        needed = "Required." if one.required else None
        told = " ".join(filter(None, (needed, one.workaround, one.reason)))
        names = ", ".join(f"`{name}`" for name in one.vendor_fields)
        yield f"| `{one.name}` | {MARKS[one.level]} | {names} | {_cell(told)} |"


def _fields(connector: Connector, resource: Resource, support: ResourceSupport) -> Iterator[str]:
    kind = connector.resources.get(resource.name)
    operations = tuple(name for name in resource.operations if connector.supports(resource.name, name))
    limits = kind.limits(Access()) if kind is not None and hasattr(kind, "limits") else {}
    usual = _usual_path(support.read)
    whole = {field.path for field in (*support.read, *(support.create or ()), *(support.update or ()))}
    for group, found in _groups(rules(resource, operations, limits, support)).items():
        leaves = [rule for rule in found if _is_leaf(rule, found) or rule.path in whole]
        if not leaves:
            continue
        about = next((rule.description for rule in found if rule.path == group.removesuffix("[]")), None)
        yield from ([f"### `{group}`", ""] if group else [])
        yield from ([_plain(about), ""] if group and about else [])
        yield from (
            "| field | type | | meaning | EN 16931 | at the accounting system |",
            "|---|---|---|---|---|---|",
        )
        for rule in leaves:
            yield _field_row(rule, group, support, usual)
        yield ""


def supported(fields: list[FieldSupport], *, read: bool) -> Iterator[str]:
    """What has no page of its own: each field, and where it comes from or goes to."""
    usual = _usual_path(fields) if read else ""
    yield from ("| field | | at the accounting system | |", "|---|---|---|---|")
    for field in fields:
        names = _names(field.vendor_fields, usual) or ("*Kontor*" if field.level == "yes" else "")
        told = f"{'←' if read else '→'} {names}" if names else ""
        yield f"| `{field.path}` | {MARKS[field.level]} | {told} | {_cell(field.reason or '')} |"


def _groups(found: list[FieldRule]) -> dict[str, list[FieldRule]]:
    """The fields by the part of the object that they are in; those of the object itself under ""."""
    heads = {
        rule.path: rule for rule in found if re.fullmatch(r"\w+", rule.path) and not _is_leaf(rule, found)
    }
    groups: dict[str, list[FieldRule]] = {"": []}
    for rule in found:
        head = heads.get(re.split(r"\.|\[\]", rule.path)[0])
        name = "" if head is None else f"{head.path}[]" if head.type == "array" else head.path
        groups.setdefault(name, []).append(rule)
    return groups


def _is_leaf(rule: FieldRule, found: list[FieldRule]) -> bool:
    return not any(other.path.startswith((f"{rule.path}.", f"{rule.path}[]")) for other in found)


def _field_row(rule: FieldRule, group: str, support: ResourceSupport, usual: str) -> str:
    read, create, update = (
        next((field for field in fields or () if field.path == rule.path), None)
        for fields in (support.read, support.create, support.update)
    )
    can = "".join(
        mark for mark, field in (("R", read), ("C", create), ("U", update)) if field and field.level == "yes"
    )
    name = rule.path.removeprefix(group).removeprefix(".") or rule.path
    terms = " ".join(dict.fromkeys(TERM.findall(rule.description or "")))
    required = "**" if rule.required else ""
    cells = (
        f"{required}`{name}`{required}",
        _type(rule),
        can or "–",
        _cell(_plain(rule.description or "")),
        terms,
        _cell(_places(rule, read, create, update, usual)),
    )
    return f"| {' | '.join(cells)} |"


def _places(
    rule: FieldRule,
    read: FieldSupport | None,
    create: FieldSupport | None,
    update: FieldSupport | None,
    usual: str,
) -> str:
    parts: list[str] = []
    written = create if create and create.level == "yes" else update
    origin = _names(read.vendor_fields, usual) or "*Kontor*" if read and read.level == "yes" else None
    goal = _names(written.vendor_fields, usual) if written else None
    if read and origin:
        parts.append(f"{'↔' if origin == goal else '←'} {origin}")
        parts += [f"({'OAuth' if read.needs_credential == 'oauth' else read.needs_credential} only)"] * bool(
            read.needs_credential
        )
    if goal and goal != origin:
        parts.append(f"→ {goal}")
    reasons = [field.reason for field in (create, update, read) if field and field.reason]
    return " ".join([*parts, *dict.fromkeys(reasons), *([rule.reason] if _limited(rule, reasons) else [])])  # type: ignore[list-item]


def _limited(rule: FieldRule, reasons: list[str | None]) -> bool:
    return bool(rule.reason and rule.writable and rule.reason not in reasons)


def _names(fields: list[str], usual: str) -> str:
    shown = [f"`{_short(name, usual)}`" for name in fields[:MOST_SOURCES]]
    return ", ".join([*shown, *(["…"] if len(fields) > MOST_SOURCES else [])])


def _short(name: str, usual: str) -> str:
    path, mark, field = name.partition("#")
    if not mark:
        return name
    field = field.removeprefix("content[].").removeprefix("[].")
    return field if path == usual else f"{path.removeprefix('/v1/')}: {field}"


def _usual_path(fields: list[FieldSupport]) -> str:
    paths = Counter(name.partition("#")[0] for field in fields for name in field.vendor_fields)
    return paths.most_common(1)[0][0] if paths else ""


def _type(rule: FieldRule) -> str:
    if rule.values:
        return " · ".join(f"`{value}`" for value in rule.values)
    limits = [
        f"{rule.decimals} decimals" if rule.decimals is not None else None,
        f"up to {rule.max_length}" if rule.max_length is not None else None,
        None
        if rule.max_items is None
        else "one entry"
        if rule.max_items == 1
        else f"up to {rule.max_items} entries",
    ]
    return ", ".join([rule.type, *filter(None, limits)])


def _plain(text: str) -> str:
    """Without the terms, which have a column of their own."""
    return IN_BRACKETS.sub("", text)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
