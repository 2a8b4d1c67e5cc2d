"""A row of the voucher list as a unified summary. Pure."""

from typing import Any

from connectors.base.mapping import amount_or_none
from connectors.lexoffice.days import local_day_or_none, utc
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.sales.noun import Noun
from connectors.lexoffice.sales.reading import STATUS, open_amount, payment_status
from schemas.documents import DocumentStatus, DocumentSummary, SummaryTotals


def to_summary(row: Row, noun: Noun) -> DocumentSummary:
    """The row of a document of this noun, with the party it is to or from.

    Raises:
        ValueError: the row lacks its day, or is of no type that the noun holds.
    """
    if row.voucher_date is None and not noun.undated:
        raise ValueError("the row has no day of issue")
    party: dict[str, Any] = {f"{noun.party}_id": row.contact_id, f"{noun.party}_name": row.contact_name}
    return noun.summary(**shared_fields(row, noun.owed), **party, **_kind(row, noun))


def _kind(row: Row, noun: Noun) -> dict[str, Any]:
    if not noun.kinds:
        return {}
    for kind, voucher_type in noun.kinds.items():
        if row.voucher_type == voucher_type:
            return {"kind": kind}
    raise ValueError(f"{row.voucher_type} is none of {noun.resource}")


def shared_fields(row: Row, owed: bool) -> dict[str, Any]:
    """All fields of `DocumentSummary`; `owed` says whether documents of the kind ask for money."""
    status = STATUS.get(row.voucher_status, DocumentStatus.UNKNOWN)
    still_open = open_amount(row.voucher_status, row) if owed else None
    return {
        "id": row.id,
        "number": row.voucher_number,
        "status": status,
        "vendor_status": row.voucher_status,
        "currency": row.currency,
        "issued_on": local_day_or_none(row.voucher_date),
        "due_on": local_day_or_none(row.due_date) if owed else None,
        "overdue": row.voucher_status == "overdue",
        "payment_status": payment_status(status, row.total_amount, still_open) if owed else None,
        "totals": SummaryTotals(gross=amount_or_none(row.total_amount), open=still_open),
        "archived": bool(row.archived),
        "created_at": utc(row.created_date),
        "updated_at": utc(row.updated_date),
    }
