"""Contacts and articles: by their lists, which have no day of creation to ask for.

A contact has none at all. One that is equal in everything and was never changed is taken for the one that was
sent, whoever made it: a second one is what would do harm.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from connectors.base.connector import Session
from connectors.base.tracing import Candidate, Evidence, Sought
from connectors.lexoffice.client import LexofficeClient, Params, search_part
from connectors.lexoffice.replacing import AS_SENT
from connectors.lexoffice.tracing.likeness import Json, contained, same, sent_body
from connectors.lexoffice.tracing.looking import MOST, PURPOSE, ahead_by, created_answer, moment

FRESH = 1
"""Highest version of an object that was never changed (measured for contacts; samples print 0)."""
SHORTEST_NAME = 3
"""Characters that the contacts' name filter takes at least."""
COMPUTED = ("version", "price")


async def contact(session: Session, sought: Sought) -> Evidence:
    """By its name. One call for 250 contacts of that name."""
    body = sent_body(sought.call.content)
    name = name_of(body)
    asked = (("name", search_part(name)),) if len(name) >= SHORTEST_NAME else ()
    found = await _all(session, "contacts", asked)
    candidates = [
        Candidate(
            id=row["id"],
            equal=_equal_contact(body, row),
            answer=created_answer(row),
            shown={"name": name_of(row), "roles": row.get("roles")},
        )
        for row in found
        if row.get("version", 0) <= FRESH and same(name_of(row), name)
        if not _anothers(sought, row, _equal_contact)
    ]
    return Evidence(candidates=tuple(candidates))


async def article(session: Session, sought: Sought) -> Evidence:
    """By its number or GTIN; without either by all of them, one call for 250. One more tells the time."""
    body = sent_body(sought.call.content)
    asked = next(
        (((field, str(body[field])),) for field in ("articleNumber", "gtin") if body.get(field)),
        (),
    )
    found = [
        row
        for row in await _all(session, "articles", asked)
        if same(row.get("title"), body.get("title")) and not _anothers(sought, row, _equal_article)
    ]
    if not found:
        return Evidence()
    clock = await ahead_by(session, f"/v1/articles/{found[0]['id']}", sought)
    candidates = [
        Candidate(
            id=row["id"],
            equal=_equal_article(body, row),
            late=made == "after",
            answer=created_answer(row),
            shown={"title": row.get("title"), "number": row.get("articleNumber")},
        )
        for row in found
        if (made := moment(row, clock, sought)) != "before"
    ]
    return Evidence(candidates=tuple(candidates))


def _equal_contact(sent: Json, held: Json) -> bool:
    return contained(sent, held, ("version", "roles")) and _same_roles(sent, held)


def _equal_article(sent: Json, held: Json) -> bool:
    return contained(sent, held, COMPUTED) and _same_price(sent, held)


def _anothers(sought: Sought, held: Json, equal: Callable[[Json, Json], bool]) -> bool:
    if equal(sent_body(sought.call.content), held):
        return False
    return sought.is_anothers(lambda other: equal(sent_body(other.content), held))


def name_of(body: Json) -> str:
    """A company's name, or a person's two."""
    company, person = body.get("company") or {}, body.get("person") or {}
    parts = (company.get("name"), person.get("firstName"), person.get("lastName"))
    return " ".join(part for part in parts if part)


async def _all(session: Session, noun: str, asked: Params) -> list[Json]:
    client, found, number = LexofficeClient(session), list[Json](), 0
    while True:
        params: Params = (*asked, ("page", str(number)), ("size", str(MOST)))
        page, rows = await client.page(noun, params, PURPOSE, _decoded)
        found += rows
        number += 1
        if page.last or not rows:
            return found


def _decoded(raw: msgspec.Raw) -> Json:
    return AS_SENT.decode(raw)


def _same_roles(sent: Json, held: Json) -> bool:
    return set(sent.get("roles") or ()) == set(held.get("roles") or ())


def _same_price(sent: Json, held: Json) -> bool:
    """The side that leads; the other is reckoned."""
    before: dict[str, Any] = sent.get("price") or {}
    after: dict[str, Any] = held.get("price") or {}
    side = "grossPrice" if before.get("leadingPrice") == "GROSS" else "netPrice"
    return all(contained(before.get(name), after.get(name)) for name in ("leadingPrice", "taxRate", side))
