"""SEC-30: callers never steer where our calls go, whatever they send as an id."""

import os
import random
import re

import msgspec
import pytest

from tests.forms import form_of
from tests.integration.doors.operations import OPERATIONS, Operation
from tests.integration.doors.visiting import Visitor

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

TRIES = 5_000
SEED = int(os.environ.get("KONTOR_SEED", random.randrange(2**32)))
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
SALES = (
    "invoices",
    "credit-notes",
    "quotations",
    "order-confirmations",
    "delivery-notes",
    "down-payment-invoices",
    "dunnings",
)
NOUNS = (*SALES, "contacts", "articles", "vouchers", "files", "recurring-templates", "payments")
FINANCE = ("finance/accounts", "finance/transactions")
BELOW = re.compile(
    f"/v1/({'|'.join((*NOUNS, *FINANCE))})/{UUID.pattern}(/file|/files|/status|/assignments|/sendmail)?",
    re.ASCII,
)
LISTED = ("profile", "voucherlist", "posting-categories", "payment-conditions", "print-layouts", "countries")
ALONE = ("finance/transactions/latest-transaction", "transaction-assignment-hint")
PATHS = {f"/v1/{noun}" for noun in (*NOUNS, *FINANCE, *LISTED, *ALONE)}
EXISTING = "{existing}"
STEPS = [
    ".",
    "..",
    "/",
    "//",
    "\\",
    "%2e",
    "%2f",
    "%252f",
    "%5c",
    "%c0%af",
    "．．",
    "／",
    "profile",
    "v1",
    "invoices",
    "meta",
]
CUTS = [
    "?",
    "#",
    "&",
    "=",
    ";",
    "@",
    ":",
    " ",
    "*",
    "%",
    "~",
    "!",
    "$",
    "(",
    ")",
    "|",
    "`",
    "<",
    ">",
    '"',
    "'--",
    "{",
    "}",
]
LINES = [
    "\r\n",
    "\n",
    "\r",
    "\t",
    "\x00",
    "%00",
    "%0d%0a",
    "X-Injected: 1",
    "Host: evil.example",
    "HTTP/1.1",
    "\u2028",
]
WORDS = [
    "http://evil.example",
    "null",
    "None",
    "-1",
    "0",
    "{id}",
    "${7*7}",
    "{{7*7}}",
    "urn:uuid:",
    "a" * 300,
    EXISTING,
]
SIGNS = ["ä", "😀", "\u202e", "\ufeff", "\u200b", "%ff", "０", "e9066f04-8cc7-4616-93f8-ac9ecc8479c8"]
PIECES = [*STEPS, *CUTS, *LINES, *WORDS, *SIGNS]
RESERVED = ("meta", "count")
"""No ids: the paths of what a resource says about itself, and of what its list comes to."""
WITH_ID = [o for o in OPERATIONS if "{id}" in o.path]


def fuzzed(luck: random.Random, existing: str) -> str:
    """One to five pieces; every tenth an existing id with one character changed, doubled or added."""
    if luck.random() < 0.1:
        at = luck.randrange(len(existing))
        piece = luck.choice(PIECES).replace(EXISTING, "")
        return (
            existing[:at] + luck.choice([piece, piece + existing[at], existing[at] * 2]) + existing[at + 1 :]
        )
    return "".join(luck.choices(PIECES, k=luck.randint(1, 5))).replace(EXISTING, existing)


async def test_no_id_leads_a_call_astray(visitor: Visitor) -> None:
    luck = random.Random(SEED)
    ledger = visitor.stage.twin.twin.ledger
    ledger.clear()
    tried = 0
    while tried < TRIES:
        operation = luck.choice(WITH_ID)
        id = fuzzed(luck, visitor.id_for(operation))
        answer = await knocked(visitor, operation, id)
        tried += 1
        means_something = UUID.fullmatch(id.strip("/")) or id.strip("/") in (
            "",
            *RESERVED,
            visitor.id_for(operation),
        )
        if visitor.can(operation) and not means_something:
            assert answer.status_code in (404, 405), f"seed {SEED}: {operation} {id!r} {answer.text}"
            assert not ledger.calls, f"seed {SEED}: {operation} {id!r}"
        strange = [c.path for c in ledger.calls if c.path not in PATHS and not BELOW.fullmatch(c.path)]
        assert strange == [], f"seed {SEED}: {operation} {id!r}"
        ledger.clear()
    print(f"SEC-30: {tried} ids, seed {SEED}")


async def knocked(visitor: Visitor, operation: Operation, id: str):
    """The answer; an id with slashes may lead to another door or to none, which is no misfit."""
    headers = visitor.headers(operation)
    # Where something is required, the body is refused before the id is looked at.
    required = (operation.body_schema or {}).get("required")
    content = msgspec.json.encode(visitor.body(operation)) if required else b"{}"
    if operation.takes_form:
        content, headers["Content-Type"] = form_of(operation.example_body)
    answer = await visitor.stage.client.request(
        operation.method, visitor.url(operation, id), headers=headers, content=content
    )
    same = "/" not in id and id not in RESERVED
    return visitor.inspector.inspect(answer, operation if same else None)
