"""What the vendor says when it refuses, in any of its shapes. Source: "Error Codes" (read 2026-11-20).

Legacy (contacts, files): `IssueList` of issues; seen once flattened to the top level. Regular: `message` and
`details`. Gateway: `message` alone. A bare JSON string, HTML and nothing at all were seen too.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

GERMAN = re.compile(
    r"[äöüß]|\b(bitte|bereits|das|dem|den|der|die|diese[mnrs]?|doppelt|ein|eine[mnrs]?|falsch\w*|fehlt|haben|hat|ist|kann"
    r"|kein|keine[mnrs]?|mit|muss|nicht|nur|oder|sein|sind|und|vorhanden|werden|wird|zu)\b",
    re.IGNORECASE,
)
"""What tells German from English: the vendor names no language and mixes both. (docs; measured 2026-07)"""
MOST_TEXT = 300
MOST_ISSUES = 50


class Issue(Struct, frozen=True, kw_only=True):
    """One complaint. `field` is the vendor's path; None when the complaint names none."""

    code: str | None
    field: str | None
    message: str | None


class Refusal(Struct, frozen=True, kw_only=True):
    """A body that was not 2xx."""

    issues: tuple[Issue, ...] = ()
    trace_id: str | None = None


def read_refusal(content: bytes) -> Refusal:
    """The complaints in a body of any kind; none when it is no JSON or says nothing."""
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Refusal()
    if isinstance(body, str):
        return Refusal(issues=(Issue(code=None, field=None, message=clean(body)),))
    if not isinstance(body, dict):
        return Refusal()
    return Refusal(issues=_issues(body), trace_id=clean(body.get("traceId")) or clean(body.get("requestId")))


def _issues(body: Mapping[str, Any]) -> tuple[Issue, ...]:
    for name, reader in _SHAPES:
        found = body.get(name)
        if isinstance(found, list) and found:
            return tuple(reader(issue) for issue in found[:MOST_ISSUES] if isinstance(issue, dict))
    if "i18nKey" in body:
        return (_legacy(body),)
    message = clean(body.get("message"))
    return (Issue(code=None, field=None, message=message),) if message else ()


def _legacy(issue: Mapping[str, Any]) -> Issue:
    return Issue(code=clean(issue.get("i18nKey")), field=clean(issue.get("source")), message=None)


def _detail(issue: Mapping[str, Any]) -> Issue:
    return Issue(
        code=clean(issue.get("violation")),
        field=clean(issue.get("field")),
        message=clean(issue.get("message")),
    )


_SHAPES = (("IssueList", _legacy), ("details", _detail))


def language_of(text: str) -> str:
    """`de` or `en`, the two languages the vendor's messages come in."""
    return "de" if GERMAN.search(text) else "en"


def clean(text: Any) -> str | None:
    """A vendor's text, safe to show: printable, on one line, bounded. None for anything else."""
    if not isinstance(text, str):
        return None
    shown = "".join(c if c.isprintable() else " " for c in text[: MOST_TEXT * 2])
    return " ".join(shown.split())[:MOST_TEXT] or None
