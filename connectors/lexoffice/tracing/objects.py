"""Changes and removals of one object: it is read, and no list is needed.

A change carries the version that it was made from, so the vendor does it once at most: sending it again is
safe. What the object looks like then tells whether it was ours.
"""

import msgspec

from connectors.base.connector import Session
from connectors.base.tracing import Evidence, Sought
from connectors.base.wire import Answer
from connectors.lexoffice.client import ENCODER
from connectors.lexoffice.tracing.likeness import Json, contained, same_day, sent_body
from connectors.lexoffice.tracing.looking import held

VERSIONS = ("version", "lockVersion")
DAYS = ("voucherDate", "dueDate", "shippingDate")
SET_BY_VENDOR = (
    *VERSIONS,
    *DAYS,
    "organizationId",
    "createdDate",
    "updatedDate",
    "lastModifiedDate",
    "voucherStatus",
    "contactName",
    "roles",
    "archived",
    "price",
)
GONE, DONE, REMOVED, CONFLICT = 404, 200, 204, 409
JSON = {"content-type": "application/json"}


async def replaced(session: Session, sought: Sought) -> Evidence:
    """One call. The version tells whether it was changed since, the content whether by this write."""
    found = await held(session, sought.call.path, sought.clock)
    if found is None:
        return Evidence(answer=Answer(status=GONE, headers={}, content=b""))
    sent, now = sent_body(sought.call.content), found[0]
    before, after = version_of(sent), version_of(now)
    if before is None or after is None:
        return Evidence(undecidable=True)
    if after <= before:
        return Evidence(repeatable=True)
    if holds(sent, now):
        told = {"id": now.get("id") or now.get("financialAccountId"), "version": after}
        return Evidence(answer=Answer(status=DONE, headers=JSON, content=ENCODER.encode(told)))
    if after == before + 1:  # one change since, and another's: ours came too late
        return Evidence(answer=Answer(status=CONFLICT, headers=JSON, content=msgspec.json.encode(STALE)))
    return Evidence(undecidable=True)


async def removed(session: Session, sought: Sought) -> Evidence:
    """One call. What is not there cannot be removed once more, and what is there may be."""
    if await held(session, sought.call.path, sought.clock) is None:
        return Evidence(answer=Answer(status=REMOVED, headers={}, content=b""))
    return Evidence(repeatable=True)


def holds(sent: Json, now: Json) -> bool:
    """Whether the object is as it was sent, as far as the caller writes it."""
    days = all(same_day(sent[name], now.get(name)) for name in DAYS if sent.get(name))
    return days and contained(sent, now, SET_BY_VENDOR) and _price(sent, now)


def version_of(body: Json) -> int | None:
    """The version, whatever it is called on this object."""
    found = next((body[name] for name in VERSIONS if body.get(name) is not None), None)
    return int(found) if found is not None else None


def _price(sent: Json, now: Json) -> bool:
    before, after = sent.get("price") or {}, now.get("price") or {}
    side = "grossPrice" if before.get("leadingPrice") == "GROSS" else "netPrice"
    return all(contained(before.get(name), after.get(name)) for name in ("leadingPrice", "taxRate", side))


STALE = {"IssueList": [{"i18nKey": "invalid_value", "source": "version", "type": "validation_failure"}]}
"""The refusal that a late change meets, in the vendor's words."""
