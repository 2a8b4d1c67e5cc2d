"""The tax rules a sales voucher has to keep: type, recipient, rate and day."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.lexoffice import countries, dates, taxes
from sandbox.lexoffice.errors import Violation, invalid, missing
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.sales.intake import rate_violations
from sandbox.lexoffice.state import Contact, Organization

ZERO_ONLY = frozenset([Decimal(0)])


def relevant_day(voucher_date: datetime, shipping: dict[str, Any] | None) -> date:
    """The day whose rates apply: of the service where one is named, else of the document."""
    shipping = shipping or {}
    if shipping.get("shippingType") in ("serviceperiod", "deliveryperiod"):
        return dates.local_day(shipping["shippingEndDate"])
    if shipping.get("shippingType") in ("service", "delivery"):
        return dates.local_day(shipping["shippingDate"])
    return dates.local_day(voucher_date)


def violations(
    organization: Organization,
    body: dict[str, Any],
    address: dict[str, Any],
    contact: Contact | None,
    quirks: Quirks,
) -> list[Violation]:
    conditions = body["taxConditions"]
    kind = taxes.TAX_TYPES[conditions["taxType"]]
    found = _type(organization, kind, address, contact, quirks)
    sub_type = conditions.get("taxSubType")
    if sub_type is not None:
        found += _sub_type(organization, kind, address, contact)
    if found:
        return found
    day = relevant_day(body["voucherDate"], body.get("shippingConditions"))
    return rate_violations(body["lineItems"], _allowed(organization, kind, sub_type, address, day))


def _type(
    organization: Organization,
    kind: taxes.TaxType,
    address: dict[str, Any],
    contact: Contact | None,
    quirks: Quirks,
) -> list[Violation]:
    at = "taxConditions.taxType"
    if organization.tax_type == "vatfree" and kind.name != "vatfree":
        return [invalid(at, "Für Kleinunternehmer ist nur vatfree erlaubt.")]
    if kind.name == "photovoltaicEquipment" and not quirks.photovoltaic_writable:
        return [invalid(at)]
    found = [missing("address.contactId")] if kind.needs_contact and contact is None else []
    classes = kind.classes
    if kind.name == "constructionService13b" and quirks.construction_service_in_germany:
        classes = (*classes, "de")
    if classes and countries.tax_class(address.get("countryCode")) not in classes:
        found.append(invalid(at, "Der Empfänger gehört nicht zu den Ländern dieser Steuerart."))
    if kind.name == "intraCommunitySupply" and quirks.vat_id_for_intra_community and not _vat_id(contact):
        found.append(missing("company.vatRegistrationId"))
    return found


def _vat_id(contact: Contact | None) -> str | None:
    return contact.body.get("company", {}).get("vatRegistrationId") if contact else None


def _sub_type(
    organization: Organization, kind: taxes.TaxType, address: dict[str, Any], contact: Contact | None
) -> list[Violation]:
    """Distance sales and electronic services: consumers in other member states, once the principle is set."""
    country = address.get("countryCode")
    fits = (
        not kind.free
        and organization.distance_sales is not None
        and countries.tax_class(country) == "intraCommunity"
        and not _vat_id(contact)
    )
    return [] if fits else [invalid("taxConditions.taxSubType")]


def _allowed(
    organization: Organization, kind: taxes.TaxType, sub_type: str | None, address: dict[str, Any], day: date
) -> frozenset[Decimal]:
    if kind.free:
        return ZERO_ONLY
    if sub_type is not None and organization.distance_sales == "DESTINATION" and day >= taxes.OSS_SINCE:
        return taxes.eu_rates(address["countryCode"], day)
    return taxes.german_rates(day)
