"""How a write whose answer did not come is looked for at Lexware Office: one way for each kind of call.

Lexware knows no idempotency key and no reference of the caller's on most objects (trap 3). What it shows are
lists, which trail behind, and objects, which do not.
"""

import re
from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from connectors.base.connector import Session
from connectors.base.tracing import Evidence, Sought
from connectors.base.wire import Call
from connectors.lexoffice.tracing import finance, objects, parties, sales, vouchers

Tracer = Callable[[Session, Sought], Awaitable[Evidence]]

ID = r"[0-9a-fA-F-]{36}"
SALES = r"invoices|credit-notes|quotations|order-confirmations|delivery-notes"
VERSIONED = r"contacts|articles|vouchers|finance/accounts|finance/transactions"


async def shows_nothing(session: Session, sought: Sought) -> Evidence:
    """Mails, and whatever we know no way to look for."""
    return Evidence(undecidable=True)


async def does_it_once(session: Session, sought: Sought) -> Evidence:
    """Files: content that is known is answered with the id it has. Hints: a second one is refused."""
    return Evidence(repeatable=True)


WAYS: tuple[tuple[str, re.Pattern[str], Tracer], ...] = tuple(
    (method, re.compile(path), way)
    for method, path, way in (
        ("POST", rf"/v1/(?:{SALES})", sales.listed),
        ("POST", r"/v1/dunnings", sales.followed),
        ("POST", r"/v1/vouchers", vouchers.listed),
        ("POST", r"/v1/contacts", parties.contact),
        ("POST", r"/v1/articles", parties.article),
        ("POST", r"/v1/files", does_it_once),
        ("POST", rf"/v1/vouchers/{ID}/files", does_it_once),
        ("POST", r"/v1/transaction-assignment-hint", does_it_once),
        ("POST", r"/v1/finance/transactions", finance.transactions),
        ("POST", r"/v1/finance/accounts", finance.account),
        ("PUT", rf"/v1/(?:{VERSIONED})/{ID}", objects.replaced),
        ("DELETE", rf"/v1/(?:{VERSIONED})/{ID}", objects.removed),
    )
)
"""The first that fits counts."""


LISTED = (sales.listed, sales.followed, vouchers.listed, parties.contact, parties.article, finance.account)
"""What shows candidates: of those not marked, nothing follows before all must be shown."""


def traceable(call: Call) -> bool:
    """Whether it makes something that a list or its own reference shows."""
    return _way(call) in (*LISTED, finance.transactions)


async def trace(session: Session, sought: Sought) -> Evidence:
    """See `connectors.base.tracing`."""
    way = _way(sought.call)
    if way in LISTED and not sought.settled:
        return replace(await way(session, sought), watched=True) if sought.marked else Evidence()
    return await way(session, sought)


def _way(call: Call) -> Tracer:
    found = (way for method, path, way in WAYS if method == call.method and path.fullmatch(call.path))
    return next(found, shows_nothing)
