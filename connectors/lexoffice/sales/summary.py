"""A row of the voucher list as a unified summary. Pure."""

from typing import Any, TypeVar

from connectors.base.mapping import amount_or_none
from connectors.lexoffice.days import local_day, local_day_or_none, utc
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.sales.reading import STATUS, open_amount, payment_status
from schemas.documents import DocumentStatus, SummaryTotals
from schemas.sales_documents import SalesSummary

S = TypeVar("S", bound=SalesSummary)


def to_summary(row: Row, kind: type[S], *, owed: bool) -> S:
    """The row of a document to a customer."""
    return kind(**shared_fields(row, owed), customer_id=row.contact_id, customer_name=row.contact_name)


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
        "issued_on": local_day(row.voucher_date),
        "due_on": local_day_or_none(row.due_date) if owed else None,
        "overdue": row.voucher_status == "overdue",
        "payment_status": payment_status(status, row.total_amount, still_open) if owed else None,
        "totals": SummaryTotals(gross=amount_or_none(row.total_amount), open=still_open),
        "archived": bool(row.archived),
        "created_at": utc(row.created_date),
        "updated_at": utc(row.updated_date),
    }
