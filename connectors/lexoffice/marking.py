"""The mark of a write on a sales document: the time of day of its date, which nobody is shown.

Lexware keeps `voucherDate` as an instant and gives it back as it was written (measured 2026-08); papers,
lists and e-invoices show its day. 18 hours of milliseconds, well within the day in any zone near Berlin's,
are 64,800,000 different marks.
"""

import hashlib
import re
from datetime import datetime, time, timedelta

import msgspec

from connectors.base.wire import Call
from connectors.lexoffice.client import ENCODER
from connectors.lexoffice.days import BERLIN
from connectors.lexoffice.replacing import AS_SENT
from connectors.lexoffice.tracing import SALES

MARKED = re.compile(rf"/v1/(?:{SALES}|dunnings)")
EARLIEST, MARKS = time(4), 18 * 60 * 60 * 1000


def mark(call: Call, seed: str) -> Call | None:
    """The call with the mark that belongs to `seed`; None where there is no place for one."""
    if call.method != "POST" or MARKED.fullmatch(call.path) is None or call.content is None:
        return None
    try:
        body = AS_SENT.decode(call.content)
        day = datetime.fromisoformat(body["voucherDate"]).astimezone(BERLIN).date()
    except (msgspec.DecodeError, KeyError, ValueError, TypeError):
        return None
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big") % MARKS
    moment = datetime.combine(day, EARLIEST, BERLIN) + timedelta(milliseconds=number)
    written = {**body, "voucherDate": moment.isoformat(timespec="milliseconds")}
    return msgspec.structs.replace(call, content=ENCODER.encode(written))
