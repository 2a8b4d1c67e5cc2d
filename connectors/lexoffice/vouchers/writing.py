"""Bookkeeping vouchers, unified to vendor. Pure; `checks` has refused what cannot be written."""

from collections.abc import Iterator
from typing import Any

import msgspec

from connectors.base.mapping import plain
from connectors.lexoffice.native import vouchers as native
from connectors.lexoffice.replacing import laid_over
from connectors.lexoffice.sales.noun import Noun
from connectors.lexoffice.vouchers import reckoning
from connectors.lexoffice.vouchers.kinds import BOOKED, SIDE, UNCHECKED, types
from schemas.recorded_documents import RecordedDocument, RecordedDocumentInput, RecordedLineInput
from schemas.terms import ServicePeriodInput
from schemas.trade_parties import BuyerInput, SellerInput

NOT_SENT_BACK = ("organizationId", "voucherStatus", "createdDate", "updatedDate")
"""What a PUT of a booked voucher is refused for (measured 2026-08-23), or ignores."""
NAMES_OF_NOBODY = ("Sammellieferant", "Sammelkunde")
"""The collective contacts' own names: read on vouchers that were written without one."""


def party(body: RecordedDocumentInput, noun: Noun) -> tuple[str | None, str | None]:
    """Id and name of the other side."""
    side = getattr(body, SIDE[noun.party])
    return getattr(side, f"{noun.party}_id"), side.name


def is_collective(body: RecordedDocumentInput, noun: Noun) -> bool:
    """Said, or following from that no party is named by its id."""
    return party(body, noun)[0] is None if body.collective is None else body.collective


def parts(body: RecordedDocumentInput, noun: Noun) -> native.VoucherParts:
    """All that Kontor writes of a voucher but its status. Days go out as days here."""
    gross = body.prices_include_tax
    items = reckoning.items(body)
    total, tax = reckoning.sums(items, gross=gross)
    id, name = party(body, noun)
    collective = is_collective(body, noun)
    period: ServicePeriodInput | None = getattr(body, "service_period", None)
    due_on = body.due_on or (None if body.needs_review else body.issued_on)
    supplied = None if period is None else period.ends_on or period.starts_on
    return native.VoucherParts(
        type=noun.kinds.get(getattr(body, "kind", ""), types(noun)[0]),
        voucher_number=body.number,
        voucher_date=body.issued_on.isoformat(),
        shipping_date=supplied.isoformat() if supplied else None,
        due_date=None if due_on is None else due_on.isoformat(),
        total_gross_amount=plain(total),
        total_tax_amount=plain(tax),
        tax_type="gross" if gross else "net",
        use_collective_contact=collective,
        contact_id=None if collective else id,
        contact_name=name if collective and name not in NAMES_OF_NOBODY else None,
        remark=body.remark,
        voucher_items=items,
    )


def new_voucher(body: RecordedDocumentInput, noun: Noun) -> native.VoucherBody:
    """A voucher to create."""
    written = parts(body, noun)
    shared = {name: getattr(written, name) for name in written.__struct_fields__}
    status = UNCHECKED if body.needs_review else BOOKED
    return native.VoucherBody(voucher_status=status, version=0, **shared)


def replacement(sent: dict[str, Any], written: native.VoucherParts, *, booking: bool) -> dict[str, Any]:
    """The whole voucher for a PUT: what is written, over what the vendor `sent`.

    Its files stay, with all else that Kontor does not write: one left out is deleted for good. Sums stay the
    vendor's while the items do. `booking` turns an unchecked one into an open one.
    """
    body = laid_over(sent, written)
    for name in NOT_SENT_BACK:
        body.pop(name, None)
    before = sent.get("voucherItems") or []
    body["voucherItems"] = list(_items_over(before, written.voucher_items))
    if sent.get("taxType") == written.tax_type and list(map(_known, before)) == written.voucher_items:
        body |= {name: sent[name] for name in ("totalGrossAmount", "totalTaxAmount") if name in sent}
    if booking:
        body["voucherStatus"] = BOOKED
    return body


def _items_over(before: list[Any], written: list[native.VoucherItem]) -> Iterator[dict[str, Any]]:
    """Each item over itself as it was: one alike wherever it stood, else the one in its place."""
    left = {place: entry for place, entry in enumerate(before) if isinstance(entry, dict)}
    alike = [_taken(left, item) for item in written]
    for place, (item, found) in enumerate(zip(written, alike, strict=True)):
        if found is None and len(before) == len(written):
            found = left.pop(place, None)
        yield laid_over(found or {}, item)


def _taken(left: dict[int, Any], item: native.VoucherItem) -> Any:
    place = next((place for place, entry in left.items() if _known(entry) == item), None)
    return None if place is None else left.pop(place)


def _known(entry: Any) -> native.VoucherItem:
    return msgspec.convert(entry, native.VoucherItem, strict=False)


def writable(
    current: RecordedDocument, noun: Noun, kind: type[BuyerInput] | type[SellerInput]
) -> dict[str, Any]:
    """All fields of `RecordedDocumentInput` as they stand, and the other side as a `kind`.

    Unchecked: an upload lacks what it must have later.
    """
    side = SIDE[noun.party]
    read = getattr(current, side)
    id = getattr(read, f"{noun.party}_id")
    return {
        "number": current.number,
        "issued_on": current.issued_on,
        "due_on": current.due_on,
        "lines": [
            RecordedLineInput(
                account_id=line.account_id,  # pyright: ignore[reportArgumentType]
                amount=line.amount,  # pyright: ignore[reportArgumentType]
                tax_rate=line.tax_rate,  # pyright: ignore[reportArgumentType]
                amount_tax=line.amount_tax,
            )
            for line in current.lines
        ],
        "currency": current.currency,
        "prices_include_tax": current.prices_include_tax,
        "remark": current.remark,
        # Not said while it follows: naming a party by its id is then enough to leave the collective one.
        "collective": True if current.collective and not read.name else None,
        "needs_review": current.needs_review,
        side: kind(**{f"{noun.party}_id": id, "name": None if id else read.name}),
    }
