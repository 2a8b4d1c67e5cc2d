"""A row of the voucher list as a unified summary. Pure."""

from typing import TypeVar

from connectors.base.mapping import amount_or_none
from connectors.lexoffice.days import local_day, local_day_or_none, utc
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.sales.reading import STATUS, open_amount
from schemas.documents import DocumentStatus, DocumentSummary

S = TypeVar("S", bound=DocumentSummary)


def to_summary(row: Row, kind: type[S]) -> S:
    """The row in unified words."""
    return kind(
        id=row.id,
        number=row.voucher_number,
        status=STATUS.get(row.voucher_status, DocumentStatus.UNKNOWN),
        vendor_status=row.voucher_status,
        issued_on=local_day(row.voucher_date),
        due_on=local_day_or_none(row.due_date),
        overdue=row.voucher_status == "overdue",
        customer_id=row.contact_id,
        customer_name=row.contact_name,
        total=amount_or_none(row.total_amount),
        open=open_amount(row.voucher_status, row),
        currency=row.currency,
        archived=bool(row.archived),
        created_at=utc(row.created_date),
        updated_at=utc(row.updated_date),
    )
