"""What Lexware Office cannot do: why, and what to do instead. Each is tried again when its source changes."""

from connectors.base.connector import Missing
from schemas import RESOURCES

MATRIX = "Lexware public API documentation and measurements of 2026-08, read 2026-11-20"
PARTNER = "Lexware partner API documentation of 2026-08-11, read 2026-11-20"
IN_APP = "People do it in Lexware Office; `links` of the object lead there."

CONTACT_DELETE = Missing(
    reason="Lexware's API deletes no contacts.",
    alternative="Archive the contact in Lexware Office; `links.view` leads there.",
    source=MATRIX,
)
NO_PURCHASE_ORDERS = Missing(
    reason="Lexware Office has no purchase orders.",
    alternative="Keep the order in your own system, and book the supplier's invoice as a bill.",
    source=MATRIX,
)
NO_DIMENSIONS = Missing(
    reason="Lexware Office has no cost centres or other dimensions of bookings.",
    alternative="Post to a fitting category (`accounts`), or keep the code in the `remark` of the document.",
    source=MATRIX,
)
NO_JOURNAL = Missing(
    reason="Lexware Office hides its ledger behind posting categories: no journal can be read or written.",
    alternative="Read documents and payments; people export the journal in Lexware Office itself.",
    source=MATRIX,
)
NO_PAYMENTS_WRITTEN = Missing(
    reason="Lexware's API books and removes no payments.",
    alternative="Over a connection by OAuth tell of a payment with `POST …/invoices/{id}/settlements` "
    "(bills, vendor credits and sales vouchers alike); else people assign it in Lexware Office.",
    source=MATRIX,
)
NO_TEMPLATES_WRITTEN = Missing(
    reason="Lexware's API reads recurring templates only.",
    alternative="People write them in Lexware Office; or create each invoice on its day.",
    source=MATRIX,
)
NO_CATEGORIES_WRITTEN = Missing(
    reason="Posting categories are Lexware's own: nobody adds one.",
    alternative="Post to the category that fits best; `group` and `name` of `accounts` tell them apart.",
    source=MATRIX,
)
NO_TERMS_WRITTEN = Missing(
    reason="Lexware's API reads payment terms only.",
    alternative="Give `paymentTerms` with each document; people keep the defaults in Lexware Office.",
    source=MATRIX,
)
NO_FILE_LIST = Missing(
    reason="Lexware's API lists no files.",
    alternative="Keep the ids that uploads answer with; `files` of a document names its own.",
    source=MATRIX,
)
NO_FILE_DELETED = Missing(
    reason="Lexware's API deletes no files.",
    alternative="People delete them in Lexware Office.",
    source=MATRIX,
)
NO_TRANSACTION_LIST = Missing(
    reason="Lexware's API lists no transactions.",
    alternative="Keep the ids that `create` and `batch` answer with and read them one by one; the youngest "
    "of an account is `GET /v1/accounting/bank-accounts/{id}/latest-transaction`.",
    source=PARTNER,
)
NO_TRANSACTION_CHANGE = Missing(
    reason="Lexware's documentation of 2026 has no change of transactions any more.",
    alternative="Delete the transaction while it is assigned to nothing, and create it anew.",
    source=PARTNER,
)


def _nothing(resource: str, missing: Missing) -> dict[tuple[str, str], Missing]:
    """Of what the vendor does not have at all."""
    return {(resource, operation): missing for operation in RESOURCES[resource].operations}


def _only_read(resource: str, missing: Missing) -> dict[tuple[str, str], Missing]:
    written = (one for one in RESOURCES[resource].operations if one not in ("list", "get"))
    return {(resource, operation): missing for operation in written}


def _document(resource: str, noun: str, link_path: str | None = None) -> dict[tuple[str, str], Missing]:
    """`link_path`: of deep links, where it is not the resource's name."""
    return {
        (resource, "update"): Missing(
            reason=f"Lexware's API changes no {noun}s, not even drafts.", alternative=IN_APP, source=MATRIX
        ),
        (resource, "delete"): Missing(
            reason=f"Lexware's API deletes no {noun}s, not even drafts.", alternative=IN_APP, source=MATRIX
        ),
        (resource, "finalize"): Missing(
            reason=f"Lexware's API finalizes {noun}s only while creating them.",
            alternative=f"Create the {noun} with `finalize`, or finalize the draft in Lexware Office.",
            source=MATRIX,
            elsewhere=f"/permalink/{link_path or resource}/edit/{{id}}",
        ),
    }


def _recorded(resource: str, noun: str) -> dict[tuple[str, str], Missing]:
    return {
        (resource, "delete"): Missing(
            reason=f"Lexware's API deletes no {noun}s.", alternative=IN_APP, source=MATRIX
        )
    }


def _uncancelled(resource: str, noun: str) -> dict[tuple[str, str], Missing]:
    missing = Missing(reason=f"Lexware's API cancels no {noun}s.", alternative=IN_APP, source=MATRIX)
    return {(resource, "cancel"): missing}


DOWN_PAYMENTS_ONLY_READ = Missing(
    reason="Lexware's API writes no down payment invoices.",
    alternative="People write them in Lexware Office; they are listed and read here.",
    source=MATRIX,
)
DOWN_PAYMENTS_NOT_MAILED = Missing(
    reason="Lexware Office mails no down payment invoices by its API.",
    alternative="Download the document and mail it yourself, or have it mailed in Lexware Office.",
    source=PARTNER,
)
NO_DUNNING_LIST = Missing(
    reason="Lexware Office lists dunnings nowhere, neither in its API nor in the application.",
    alternative="`followingDocuments` of an invoice names its dunnings: read them by these ids, or by the "
    "one that `create` and `convert` answer with.",
    source=MATRIX,
)
DUNNINGS_STAY_DRAFTS = Missing(
    reason="Lexware Office keeps every dunning as a draft.",
    alternative="Nothing is to be done: its document exists at once.",
    source=MATRIX,
)


MISSING: dict[tuple[str, str], Missing] = {
    ("customers", "delete"): CONTACT_DELETE,
    ("suppliers", "delete"): CONTACT_DELETE,
    **_document("invoices", "invoice"),
    **_document("credit-notes", "credit note"),
    **_recorded("bills", "bill"),
    **_recorded("vendor-credits", "vendor credit"),
    **_recorded("sales-vouchers", "sales voucher"),
    **_document("quotes", "quotation", "quotations"),
    **_uncancelled("quotes", "quotation"),
    **_document("sales-orders", "order confirmation", "order-confirmations"),
    **_uncancelled("sales-orders", "order confirmation"),
    **_document("delivery-notes", "delivery note"),
    **_uncancelled("delivery-notes", "delivery note"),
    **_document("down-payment-invoices", "down payment invoice", "invoices"),
    **_uncancelled("down-payment-invoices", "down payment invoice"),
    ("down-payment-invoices", "create"): DOWN_PAYMENTS_ONLY_READ,
    ("down-payment-invoices", "send"): DOWN_PAYMENTS_NOT_MAILED,
    **_document("dunnings", "dunning"),
    ("dunnings", "list"): NO_DUNNING_LIST,
    ("dunnings", "finalize"): DUNNINGS_STAY_DRAFTS,
    ("transactions", "list"): NO_TRANSACTION_LIST,
    ("transactions", "update"): NO_TRANSACTION_CHANGE,
    **_only_read("payments", NO_PAYMENTS_WRITTEN),
    **_only_read("recurring-invoices", NO_TEMPLATES_WRITTEN),
    **_only_read("accounts", NO_CATEGORIES_WRITTEN),
    **_only_read("payment-terms", NO_TERMS_WRITTEN),
    ("files", "list"): NO_FILE_LIST,
    ("files", "delete"): NO_FILE_DELETED,
    **_nothing("purchase-orders", NO_PURCHASE_ORDERS),
    **_nothing("tracking-categories", NO_DIMENSIONS),
    **_nothing("journal-entries", NO_JOURNAL),
}
