"""Bookkeeping vouchers: by the voucher list with their number, then each in full."""

from typing import Any

from connectors.base.connector import Session
from connectors.base.tracing import Candidate, Evidence, Sought
from connectors.base.wire import Call
from connectors.lexoffice.tracing.likeness import Json, contained, number, same_day, sent_body
from connectors.lexoffice.tracing.looking import created_answer, held, moment, rows

DAYS = ("voucherDate", "dueDate", "shippingDate")
SET_BY_VENDOR = (*DAYS, "version", "voucherStatus", "contactName", "files")


async def listed(session: Session, sought: Sought) -> Evidence:
    """One call a page of the list, and one for each voucher with this number."""
    body = sent_body(sought.call.content)
    contact_id = None if body.get("useCollectiveContact") else body.get("contactId")
    found: list[Candidate] = []
    async for row in rows(session, sought, str(body.get("type") or "any"), contact_id):
        if not same_number(body, row.voucher_number):
            continue
        voucher = await held(session, f"/v1/vouchers/{row.id}", sought.clock)
        if voucher is None or (made := moment(*voucher, sought)) == "before":
            continue
        if alike(body, voucher[0]):
            found += _candidates(sought, body, voucher[0], late=made == "after")
    return Evidence(candidates=tuple(found))


def _candidates(sought: Sought, body: Json, voucher: Json, *, late: bool) -> list[Candidate]:
    """One, but for what another write made."""
    ours = equal(body, voucher)
    if not ours and sought.is_anothers(lambda other: _made_by(other, voucher)):
        return []
    answer = created_answer(voucher)
    return [Candidate(id=voucher["id"], equal=ours, late=late, answer=answer, shown=shown(voucher))]


def _made_by(call: Call, voucher: Json) -> bool:
    body = sent_body(call.content)
    return alike(body, voucher) and equal(body, voucher)


def same_number(sent: Json, listed: str | None) -> bool:
    return (sent.get("voucherNumber") or "").casefold() == (listed or "").casefold()


def alike(sent: Json, held: Json) -> bool:
    """Whether kind, party, day and sum are those that were sent."""
    return (
        sent.get("type") == held.get("type")
        and same_day(sent.get("voucherDate"), held.get("voucherDate"))
        and contained(sent.get("totalGrossAmount"), held.get("totalGrossAmount"))
        and (
            bool(sent.get("useCollectiveContact")) or contained(sent.get("contactId"), held.get("contactId"))
        )
    )


def equal(sent: Json, held: Json) -> bool:
    """Whether all that was sent is there. `alike` holds."""
    days = all(same_day(sent[name], held.get(name)) for name in DAYS if sent.get(name))
    return days and contained(sent, held, SET_BY_VENDOR)


def shown(held: Json) -> dict[str, Any]:
    """What a person tells the voucher by."""
    total = number(held.get("totalGrossAmount"))
    return {
        "number": held.get("voucherNumber"),
        "status": held.get("voucherStatus"),
        "issuedOn": (held.get("voucherDate") or "")[:10] or None,
        "party": held.get("contactName"),
        "total": None if total is None else str(total),
        "createdAt": held.get("createdDate"),
    }
