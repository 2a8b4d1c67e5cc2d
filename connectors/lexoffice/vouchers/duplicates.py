"""The same document of the same issuer, recorded before. The vendor takes any number any number of times."""

from decimal import Decimal

from connectors.base.errors import AlreadyRecorded
from connectors.lexoffice.client import LexofficeClient, search_text
from connectors.lexoffice.days import YEARS
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.native.vouchers import VoucherParts
from connectors.lexoffice.vouchers.kinds import VOID

ROW = decoder(Row)
MOST = "250"


async def refuse_second(client: LexofficeClient, written: VoucherParts, purpose: str) -> None:
    """Raises AlreadyRecorded where number, day, party and sum are those of one that is not void. One call.

    All four: suppliers count anew each year, and a document with several rates may be booked in two parts.
    """
    day = written.voucher_date
    if int(day[:4]) not in YEARS:
        return
    params = {
        "voucherType": written.type,
        "voucherStatus": "any",
        "voucherNumber": search_text(written.voucher_number),
        "voucherDateFrom": day,
        "voucherDateTo": day,
        "contactId": written.contact_id,
        "page": "0",
        "size": MOST,
    }
    asked = tuple((name, value) for name, value in params.items() if value is not None)
    _, rows = await client.page("voucherlist", asked, purpose, ROW.decode)
    for row in rows:
        if same(row, written):
            raise AlreadyRecorded("number", row.id)


def same(row: Row, written: VoucherParts) -> bool:
    """Whether the row is of the document that is to be written."""
    return (
        row.voucher_status != VOID
        and (row.voucher_number or "").casefold() == written.voucher_number.casefold()
        and row.contact_id == written.contact_id
        and written.contact_name in (None, row.contact_name)
        and (row.total_amount or Decimal(0)) == written.total_gross_amount
    )
