"""The organization as partners see it, and the state of their own integration."""

from typing import Any

from sandbox.lexoffice.call import Call
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.errors import Refused, invalid, missing, refuse
from sandbox.lexoffice.routing import get, put
from sandbox.lexoffice.shapes import Fields, Integer, Text, read_body
from sandbox.lexoffice.state import Record
from sandbox.lexoffice.wire import Reply, json_reply

PATH = "/v1/partner-integrations"
SHAPE = Fields({"status": Text(255, required=True), "version": Integer(0)})
KNOWN_STATUSES = ("OAUTH_CONNECTED", "ACTIVE")
LEGAL_FORMS = {
    "TRADER": "Einzelunternehmen",
    "FREELANCER_PROFESSIONAL": "Freiberufler",
    "CIVIL_LAW_PARTNERSHIP": "Gesellschaft bürgerlichen Rechts (GbR)",
    "GENERAL_PARTNERSHIP": "Offene Handelsgesellschaft (OHG)",
    "GMBH_AND_CO_LIMITED_PARTNERSHIP": "GmbH & Co. KG",
    "ATYPICAL_SILENT_PARTNERSHIP": "Atypisch stille Gesellschaft",
    "LIMITED_LIABILITY_PARTNERSHIP": "Kommanditgesellschaft (KG)",
    "LIMITED_LIABILITY": "Unternehmergesellschaft (haftungsbeschränkt)",
    "LIMITED_LIABILITY_COMPANY": "Gesellschaft mit beschränkter Haftung (GmbH)",
    "LIMITED_COMPANY": "Aktiengesellschaft (AG)",
}


def organization(call: Call) -> Reply:
    own = call.organization
    head = own.letterhead
    body: dict[str, Any] = {
        "companyName": own.name,
        "branchOfIndustryName": own.branch[0] if own.branch else None,
        "branchOfIndustryWzCode": own.branch[1] if own.branch else None,
        "address": {
            "street": head.street,
            "zip": head.zip,
            "city": head.city,
            "countryCode": head.country_code,
        },
        "organizationType": LEGAL_FORMS.get(own.legal_form, own.legal_form),
        "organizationTypeKey": own.legal_form,
        "vatIdentificationNumber": head.vat_id,
        "taxNumber": head.tax_number,
        "website": head.website,
    }
    return json_reply({name: value for name, value in body.items() if value is not None})


def read(call: Call) -> Reply:
    return json_reply(_rendered(call, _own(call)))


def update(call: Call) -> Reply:
    """Answers with the whole object, not with an action result."""
    own = _own(call)
    body = read_body(SHAPE, call.json())
    if "version" not in body:
        raise refuse(missing("version"))
    if call.quirks.known_integration_statuses_only and body["status"] not in KNOWN_STATUSES:
        raise refuse(invalid("status"))
    if body["version"] != own.version:
        raise Refused(409, "The partner integration has been changed in the meantime.")
    own.body = {"status": body["status"]}
    own.version += 1
    own.updated = call.now
    return json_reply(_rendered(call, own))


def _own(call: Call) -> Record:
    connection = call.connection
    if connection.integration is None:
        connection.integration = Record(
            id=connection.id,
            body={"status": "OAUTH_CONNECTED"},
            version=0,
            created=connection.created,
            updated=connection.created,
        )
    return connection.integration


def _rendered(call: Call, own: Record) -> dict[str, Any]:
    return {
        "organizationId": call.organization.id,
        "status": own.body["status"],
        "createdDate": shown(own.created),
        "updatedDate": shown(own.updated),
        "version": own.version,
    }


ROUTES = [
    get("/v1/organization", organization, "organization.read"),
    get(PATH, read),
    put(PATH, update),
]
