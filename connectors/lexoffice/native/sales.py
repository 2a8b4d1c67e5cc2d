"""Parts that all sales vouchers have. Source: "Invoices", "Credit Notes" and others (read 2026-11-20)."""

from decimal import Decimal

from connectors.lexoffice.native.base import Instant, Native


class Address(Native, kw_only=True, frozen=True):
    contact_id: str | None = None
    name: str | None = None
    supplement: str | None = None
    street: str | None = None
    zip: str | None = None
    city: str | None = None
    country_code: str | None = None
    contact_person: str | None = None


class UnitPrice(Native, kw_only=True, frozen=True):
    currency: str = ""
    net_amount: Decimal | None = None
    gross_amount: Decimal | None = None
    tax_rate_percentage: Decimal | None = None


class LineItem(Native, kw_only=True, frozen=True):
    id: str | None = None
    type: str
    name: str | None = None
    description: str | None = None
    quantity: Decimal | None = None
    unit_name: str | None = None
    unit_price: UnitPrice | None = None
    discount_percentage: Decimal | None = None
    line_item_amount: Decimal | None = None
    sub_items: "list[LineItem] | None" = None
    optional: bool | None = None
    alternative: bool | None = None


class TotalPrice(Native, kw_only=True, frozen=True):
    currency: str = ""
    total_net_amount: Decimal | None = None
    total_gross_amount: Decimal | None = None
    total_tax_amount: Decimal | None = None
    total_discount_absolute: Decimal | None = None
    total_discount_percentage: Decimal | None = None


class TaxAmount(Native, kw_only=True, frozen=True):
    tax_rate_percentage: Decimal
    tax_amount: Decimal
    net_amount: Decimal


class TaxConditions(Native, kw_only=True, frozen=True):
    tax_type: str
    tax_sub_type: str | None = None
    tax_type_note: str | None = None


class RelatedVoucher(Native, kw_only=True, frozen=True):
    id: str
    voucher_number: str | None = None
    voucher_type: str = ""


class Files(Native, kw_only=True, frozen=True):
    document_file_id: str | None = None


class PaymentDiscountConditions(Native, kw_only=True, frozen=True):
    discount_percentage: Decimal
    discount_range: int


class PaymentConditions(Native, kw_only=True, frozen=True):
    payment_term_label: str | None = None
    payment_term_label_template: str | None = None
    payment_term_duration: int | None = None
    payment_discount_conditions: PaymentDiscountConditions | None = None


class ShippingConditions(Native, kw_only=True, frozen=True):
    shipping_type: str = "none"
    shipping_date: Instant | None = None
    shipping_end_date: Instant | None = None


class XRechnung(Native, kw_only=True, frozen=True):
    buyer_reference: str | None = None


class SalesVoucher(Native, kw_only=True, frozen=True):
    """What any of them carries in answers; which of the later fields a kind has, its page tells."""

    id: str
    version: int | None = None
    created_date: Instant | None = None
    updated_date: Instant | None = None
    language: str | None = None
    archived: bool | None = None
    voucher_status: str
    voucher_number: str | None = None
    voucher_date: Instant
    address: Address = Address()
    electronic_document_profile: str | None = None
    line_items: list[LineItem] = []
    total_price: TotalPrice = TotalPrice()
    tax_amounts: list[TaxAmount] | None = None
    tax_conditions: TaxConditions
    related_vouchers: list[RelatedVoucher] | None = None
    print_layout_id: str | None = None
    title: str | None = None
    introduction: str | None = None
    remark: str | None = None
    files: Files | None = None
    due_date: Instant | None = None
    payment_conditions: PaymentConditions | None = None
    shipping_conditions: ShippingConditions | None = None
    x_rechnung: XRechnung | None = None
    delivery_terms: str | None = None
    claimed_gross_amount: Decimal | None = None
    closing_invoice: bool | None = None


class ShippingConditionsBody(Native, kw_only=True, frozen=True):
    """When goods or services are supplied; days as midnight in Berlin."""

    shipping_type: str
    shipping_date: str | None = None
    shipping_end_date: str | None = None


class UnpricedBody(Native, kw_only=True, frozen=True):
    """What all of them share on POST. Days are written as midnight in Berlin."""

    voucher_date: str
    language: str | None = None
    address: Address
    line_items: list[LineItem]
    tax_conditions: TaxConditions
    print_layout_id: str | None = None
    title: str | None = None
    introduction: str | None = None
    remark: str | None = None


class SalesVoucherBody(UnpricedBody, kw_only=True, frozen=True):
    """The same of those that come to a sum."""

    total_price: TotalPrice
