"""What is measured against the documentation, or known from nobody: each a switch with its default.

README.md names the source of every one. A test or the control API changes them at run time.
"""

from typing import Literal

import msgspec


class Quirks(msgspec.Struct, kw_only=True):
    contact_create_status: int = 200
    create_status: int = 201
    stale_contact_status: int = 406
    stale_article_status: int = 409
    stale_voucher_status: int = 406
    unknown_route_status: int = 404
    trailing_slash: bool = True
    """A slash at the end of a path changes nothing: one client asks for all its lists so."""
    page_refusal_status: int = 400
    article_page_refusal_status: int = 406
    search_window_status: int = 400
    created_article_version: int = 0
    created_version: int = 1

    rate_limit: bool = True
    rate_capacity: int = 2
    rate_per_second: int = 2
    rate_limit_per: Literal["connection", "client"] = "connection"
    """Whose bucket it is: each connection's, or one of all connections of a partner's client."""
    documents_per_minute: int = 0
    """Fair use: so many sales vouchers a minute may be created in one organization; 0 counts none."""
    retry_after_header: bool = False
    auth_rate_limit: bool = False
    disguised_rate_limit: bool = False
    """429 leaves as the 500 that the documentation allows it to be."""
    missing_scope_shape: Literal["regular", "gateway"] = "regular"
    lapsed_plan_shape: Literal["regular", "gateway"] = "regular"

    tax_rounding: Literal["per_rate", "per_line"] = "per_rate"
    ties: Literal["half_up", "half_even"] = "half_up"
    unit_price_digits: Literal[2, 4] = 2
    total_discount: Literal["proportional", "largest_rate"] = "proportional"
    """How a total discount is spread over the rates: in proportion, or all on the largest sum."""
    voucher_tolerance_cents: int = 0
    """By how much taxes and totals of a bookkeeping voucher may be off."""

    read_lag_s: float = 0
    """Seconds for which a just created resource is still answered 404."""
    list_lag_s: float = 0
    """Seconds by which the voucher list trails behind."""

    invoice_profile: Literal["EN16931", "NONE"] = "EN16931"
    electronic_credit_notes: bool = True
    """Whether credit notes become ZUGFeRD or XRechnung as invoices do."""
    payment_label_required: bool = True
    photovoltaic_writable: bool = True
    construction_service_in_germany: bool = True
    unknown_article_refused: bool = True
    pdf_as_base64_for_json: bool = True
    """A file asked for as JSON arrives as base64 text, labelled as the file."""
    unchecked_voucher_post: bool = False
    vendor_only_purchases: bool = True
    voucher_post_version: int | None = None
    """The version that a new bookkeeping voucher has to carry; None takes any, or none."""
    vat_id_for_intra_community: bool = False
    """An intra-Community supply demands the VAT id of its contact."""
    ids_for_tax_free_contacts: bool = False
    """A contact with `allowTaxFreeInvoices` demands its VAT id and its tax number."""
    unproven_pursuits: bool = False
    """Also those documents may follow one another of which the documentation's text says nothing."""
    draft_credit_notes_count: bool = False
    """A credit note lowers what its invoice is owed while it is a draft."""
    first_customer_number: int = 10001
    first_vendor_number: int = 70001
    unlisted_in_voucherlist: bool = False
    """`any` lists dunnings and recurring templates too."""
    open_amount_as_text: bool = False
    """Payments print the open amount as a string."""
    profile_sample_fields: bool = False
    ping: bool = True
    """Whether `/v1/ping` exists: the documentation shows its answer, its path is known from one client."""
    refresh_grace_s: float = 0
    """Seconds for which a rotated refresh token still works once more."""
    api_key_days: int = 730
    """How long a new API key lives, unless it is renewed; 0: for good."""
    reused_refresh_ends_connection: bool = True
    """Whether a refresh token that was rotated before takes the connection along when it comes again."""
    refresh_token_days: float = 0
    """Days for which an unused refresh token lives; 0: until it is used or revoked."""
    oauth_error_description: bool = True
    """Errors of the token endpoint carry a sentence beside their code."""
    account_number_race: int = 0
    """So many of the next new contacts collide with another one's number."""
    mails_per_minute: int = 20
    known_integration_statuses_only: bool = False
    """A partner integration takes no status but the two that are printed somewhere."""
    known_fee_categories_only: bool = False
    """A transaction's fee takes no posting category but the two that are printed somewhere."""
    account_system: str = ""
    """The one `accountSystem` that Lexware has assigned; empty: any will do."""
    finance_transaction_update: bool = False
    """Whether a finance transaction can be updated, as it could in 2025."""
    hints_assign: bool = False
    """A bank line is assigned to the voucher of its hint by itself."""
    finance_live_shape: bool = False
    """Finance accounts as recorded live: UTC dates, a `state` object."""
    callback_check: bool = True
    """A subscription's address has to answer a HEAD."""
    ocr_s: float = 3
    """Seconds from an upload until the voucher made of it turns from blank to unchecked."""
    failing_uploads: int = 0
    """So many of the next uploads cannot be read: their vouchers stay blank."""
