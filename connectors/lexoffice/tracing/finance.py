"""Accounts and transactions of partners."""

import msgspec

from connectors.base.connector import Session
from connectors.base.tracing import Candidate, Evidence, Sought
from connectors.lexoffice.client import LexofficeClient
from connectors.lexoffice.replacing import AS_SENT
from connectors.lexoffice.tracing.likeness import Json, contained, sent_body
from connectors.lexoffice.tracing.looking import PURPOSE, ahead_by, created_answer, moment

SET_BY_VENDOR = ("lockVersion", "accountSystem", "balance")


async def transactions(session: Session, sought: Sought) -> Evidence:
    """A movement with an external reference is booked once: sent again, the one that is there answers."""
    try:
        entries = msgspec.json.decode(sought.call.content or b"[]", type=list[dict[str, object]])
    except msgspec.DecodeError:
        return Evidence(undecidable=True)
    named = bool(entries) and all(entry.get("externalReference") for entry in entries)
    return Evidence(repeatable=True) if named else Evidence(undecidable=True)


async def account(session: Session, sought: Sought) -> Evidence:
    """By all accounts, which one call lists. One more tells the time, where one is alike."""
    body = sent_body(sought.call.content)
    listed = await LexofficeClient(session).rows("finance/accounts", PURPOSE, _decoded)
    found = [held for held in listed if _alike(body, held)]
    if not found:
        return Evidence()
    clock = await ahead_by(session, f"/v1/finance/accounts/{found[0]['financialAccountId']}", sought)
    candidates = [
        Candidate(
            id=held["financialAccountId"],
            equal=contained(body, held, SET_BY_VENDOR),
            late=made == "after",
            answer=created_answer({**held, "id": held["financialAccountId"]}),
            shown={"name": held.get("name"), "iban": held.get("iban"), "createdAt": held.get("createdDate")},
        )
        for held in found
        if (made := moment(held, clock, sought)) != "before"
    ]
    return Evidence(candidates=tuple(candidates))


def _alike(sent: Json, held: Json) -> bool:
    return all(contained(sent.get(name), held.get(name)) for name in ("name", "type", "iban"))


def _decoded(raw: msgspec.Raw) -> Json:
    return AS_SENT.decode(raw)
