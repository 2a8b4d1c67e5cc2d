"""Short lists that are only read: countries, payment conditions, print layouts, and the profile."""

from typing import Any

from sandbox.lexoffice.call import Call
from sandbox.lexoffice.countries import COUNTRIES
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.errors import Refused
from sandbox.lexoffice.money import as_printed
from sandbox.lexoffice.routing import get
from sandbox.lexoffice.state import PaymentCondition
from sandbox.lexoffice.wire import Reply, json_reply

SALES_READ = tuple(
    f"{name}.read"
    for name in (
        "credit-notes",
        "delivery-notes",
        "dunnings",
        "invoices",
        "order-confirmations",
        "quotations",
    )
)


def countries(call: Call) -> Reply:
    rows = [
        {
            "countryCode": country.code,
            "countryNameDE": country.german,
            "countryNameEN": country.english,
            "taxClassification": country.tax_class,
        }
        for country in COUNTRIES.values()
    ]
    return json_reply(rows)


def payment_conditions(call: Call) -> Reply:
    return json_reply([_terms(terms) for terms in call.organization.payment_conditions])


def _terms(terms: PaymentCondition) -> dict[str, Any]:
    out: dict[str, Any] = {
        "id": terms.id,
        "paymentTermLabelTemplate": terms.template,
        "paymentTermDuration": terms.duration_days,
    }
    if terms.discount_percentage is not None:
        out["paymentDiscountConditions"] = {
            "discountRange": terms.discount_range_days,
            "discountPercentage": as_printed(terms.discount_percentage),
        }
    out["organizationDefault"] = terms.default
    return out


def print_layouts(call: Call) -> Reply:
    return json_reply(
        [
            {"id": layout.id, "name": layout.name, "default": layout.default}
            for layout in call.organization.print_layouts
        ]
    )


def profile(call: Call) -> Reply:
    organization, connection = call.organization, call.connection
    body: dict[str, Any] = {
        "organizationId": organization.id,
        "companyName": organization.name,
        "created": {
            "userId": connection.user.id,
            "userName": connection.user.name,
            "userEmail": connection.user.email,
            "date": shown(connection.created),
        },
        "connectionId": connection.id,
        "businessFeatures": organization.features,
        "taxType": organization.tax_type,
        "smallBusiness": organization.small_business,
    }
    if organization.distance_sales is not None:
        body["distanceSalesPrinciple"] = organization.distance_sales
    if call.quirks.profile_sample_fields:
        body |= {"subscriptionStatus": "active", "features": ["cashbox"]}
    return json_reply(body)


def ping(call: Call) -> Reply:
    if not call.quirks.ping:
        raise Refused(404, "No message available")
    return json_reply({"userEmail": call.connection.user.email})


ROUTES = [
    get("/v1/countries", countries),
    get("/v1/payment-conditions", payment_conditions),
    get("/v1/print-layouts", print_layouts, any_scope=SALES_READ),
    get("/v1/ping", ping),
    get("/v1/profile", profile, "profile.read"),
]
