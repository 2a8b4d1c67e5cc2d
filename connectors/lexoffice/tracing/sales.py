"""Sales documents: by the voucher list of their contact and day of creation, then each in full.

Dunnings stand in no list; the invoice that they follow names them.
"""

from typing import Any
from urllib.parse import quote

from connectors.base.connector import Session
from connectors.base.tracing import Candidate, Evidence, Sought
from connectors.base.wire import Call
from connectors.lexoffice.tracing.likeness import Json, contained, number, same, same_day, sent_body
from connectors.lexoffice.tracing.looking import (
    created_answer,
    held,
    moment,
    rows,
)

VOUCHER_TYPE = {
    "invoices": "invoice",
    "credit-notes": "creditnote",
    "quotations": "quotation",
    "order-confirmations": "orderconfirmation",
    "delivery-notes": "deliverynote",
}
"""The list's word for each path."""
PRECEDING = "precedingSalesVoucherId"
SET_BY_VENDOR = ("voucherDate", "totalPrice", "xRechnung", "files", "version", "archived")
"""Compared by a rule of their own, or not given back as they were sent."""
DISCOUNTS = ("totalDiscountAbsolute", "totalDiscountPercentage")
FACTS = ("quantity", "discountPercentage")


async def listed(session: Session, sought: Sought) -> Evidence:
    """Of a kind that the voucher list names. One call a page, and one for each document in question."""
    noun = sought.call.path.rsplit("/", 1)[1]
    body = sent_body(sought.call.content)
    contact_id = (body.get("address") or {}).get("contactId")
    found = [
        await _candidate(session, sought, f"/v1/{noun}/{row.id}", body)
        async for row in rows(session, sought, VOUCHER_TYPE[noun], contact_id)
    ]
    return Evidence(candidates=tuple(candidate for candidate in found if candidate))


async def followed(session: Session, sought: Sought) -> Evidence:
    """A dunning: the invoice that it follows tells of it at once."""
    preceding = dict(sought.call.params).get(PRECEDING)
    invoice = await held(session, f"/v1/invoices/{quote(preceding or '-', safe='')}", sought.clock)
    if preceding is None or invoice is None:
        return Evidence(undecidable=True)
    body = sent_body(sought.call.content)
    ids = [one["id"] for one in invoice[0].get("relatedVouchers", ()) if one.get("voucherType") == "dunning"]
    found = [await _candidate(session, sought, f"/v1/dunnings/{id}", body) for id in ids]
    return Evidence(candidates=tuple(candidate for candidate in found if candidate))


async def _candidate(session: Session, sought: Sought, path: str, body: Json) -> Candidate | None:
    found = await held(session, path, sought.clock)
    if found is None:
        return None
    made, document = moment(*found, sought), found[0]
    marked = sought.marked and same(body.get("voucherDate"), document.get("voucherDate"))
    if not marked and (sought.marked or made == "before"):
        return None  # another's: ours carries its mark, whatever the clocks say
    if not alike(body, dict(sought.call.params), document):
        return None
    ours = equal(body, dict(sought.call.params), document)
    if not ours and sought.is_anothers(lambda other: _made_by(other, document)):
        return None
    return Candidate(
        id=document["id"],
        equal=ours,
        certain=marked,
        late=made == "after",
        answer=created_answer(document),
        shown=shown(document),
    )


def _made_by(call: Call, document: Json) -> bool:
    body, params = sent_body(call.content), dict(call.params)
    return alike(body, params, document) and equal(body, params, document)


def alike(sent: Json, params: dict[str, str], held: Json) -> bool:
    """Whether party, day, tax and sums are those that were sent."""
    preceding = params.get(PRECEDING)
    related = [one.get("id") for one in held.get("relatedVouchers") or ()]
    return (
        same_day(sent.get("voucherDate"), held.get("voucherDate"))
        and _same_party(sent.get("address") or {}, held.get("address") or {})
        and contained(sent.get("taxConditions"), held.get("taxConditions"), ("taxTypeNote",))
        and _same_sums(sent, held)
        and (preceding is None or preceding in related)
    )


def equal(sent: Json, params: dict[str, str], held: Json) -> bool:
    """Whether all that was sent is there. `alike` holds."""
    final = params.get("finalize", "").lower() == "true"
    drafted = held.get("voucherStatus") == "draft"
    always_draft = "voucherNumber" not in held
    without = (*SET_BY_VENDOR, *(("printLayoutId",) if drafted else ()))
    return contained(sent, held, without) and (drafted is not final or always_draft)


def shown(held: Json) -> dict[str, Any]:
    """What a person tells the document by."""
    total = number((held.get("totalPrice") or {}).get("totalGrossAmount"))
    return {
        "number": held.get("voucherNumber"),
        "status": held.get("voucherStatus"),
        "issuedOn": (held.get("voucherDate") or "")[:10] or None,
        "party": (held.get("address") or {}).get("name"),
        "total": None if total is None else str(total),
        "createdAt": held.get("createdDate"),
    }


def _same_party(sent: Json, held: Json) -> bool:
    if sent.get("contactId"):
        return sent["contactId"] == held.get("contactId")
    return not held.get("contactId") and contained(sent.get("name"), held.get("name"))


def _same_sums(sent: Json, held: Json) -> bool:
    here, there = sent.get("lineItems") or [], held.get("lineItems") or []
    before, after = sent.get("totalPrice") or {}, held.get("totalPrice") or {}
    return (
        len(here) == len(there)
        and all(map(_same_sum, here, there))
        and contained(before.get("currency"), after.get("currency"))
        and all(contained(before.get(name), after.get(name)) for name in DISCOUNTS if name in before)
    )


def _same_sum(sent: Json, held: Json) -> bool:
    return all(contained(sent.get(name), held.get(name)) for name in FACTS) and _same_price(
        sent.get("unitPrice") or {}, held.get("unitPrice") or {}
    )


def _same_price(sent: Json, held: Json) -> bool:
    """The side that was sent; the other is the vendor's to reckon, and may be sent along in vain."""
    sides = [name for name in ("netAmount", "grossAmount") if sent.get(name) is not None]
    return contained(sent.get("taxRatePercentage"), held.get("taxRatePercentage")) and (
        not sides or any(contained(sent[name], held.get(name)) for name in sides)
    )
