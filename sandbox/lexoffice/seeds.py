"""The demo companies: a trading GmbH with a little of everything, and a small business without VAT."""

from datetime import timedelta
from typing import Any

from sandbox.lexoffice import dates, jsontext
from sandbox.lexoffice.settings import Identity
from sandbox.lexoffice.state import Client, Letterhead, Organization
from sandbox.lexoffice.twin import Twin
from sandbox.lexoffice.wire import Request

DEMO_CLIENT = "Kontor Demo"
TRADER = Letterhead(
    "Speicherstraße 12", "20457", "Hamburg", phone="040 5550-120", email="buchhaltung@muster-handel.example",
    website="www.muster-handel.example", tax_number="48/123/45678", vat_id="DE136695976",
    bank="Hansebank Beispiel", iban="DE02120300000000202051", bic="BYLADEM1001",
    register="Amtsgericht Hamburg, HRB 12345",
)  # fmt: skip
SMALL = Letterhead(
    "Gartenweg 3", "79098", "Freiburg im Breisgau", phone="0761 5550-33", email="post@blumen-muster.example",
    tax_number="06123/45678", bank="Volksbank Beispiel", iban="DE89370400440532013000", bic="COBADEFFXXX",
)  # fmt: skip


def demo(twin: Twin, identity: Identity) -> None:
    """The state in which a new twin begins: two companies with a key each, and one OAuth client."""
    first, second = identity.organizations
    trader = twin.create_organization(first.name, id=first.id, letterhead=TRADER, distance_sales="ORIGIN")
    twin.create_organization(
        second.name, id=second.id, letterhead=SMALL, tax_type="vatfree", small_business=True,
        features=["INVOICING", "BOOKKEEPING"],
    )  # fmt: skip
    for company in identity.organizations:
        twin.create_api_key(company.id, key=company.api_key, connection_id=company.connection_id)
    client = identity.oauth
    twin.register_client(
        Client(id=client.client_id, secret=client.client_secret, name=DEMO_CLIENT, any_loopback_redirect=True)
    )
    limited, twin.quirks.rate_limit = twin.quirks.rate_limit, False
    _trade(Writer(twin, first.api_key), trader)
    _sell_flowers(Writer(twin, second.api_key))
    twin.quirks.rate_limit = limited
    twin.ledger.clear()
    twin.events.clear()


class Writer:
    """Fills the books through the API itself, so that seeds keep its rules."""

    def __init__(self, twin: Twin, key: str) -> None:
        self.twin = twin
        self._key = key

    def post(self, path: str, body: dict[str, Any], **query: str) -> str:
        headers = {"authorization": f"Bearer {self._key}", "content-type": "application/json"}
        request = Request("POST", f"/v1/{path}", tuple(query.items()), headers, jsontext.encode(body))
        reply = self.twin.handle(request).reply
        if reply.status not in (200, 201):
            raise ValueError(f"{path}: {reply.status} {reply.body.decode()}")
        return reply.json()["id"]

    def days_ago(self, days: int) -> str:
        day = dates.local_day(self.twin.clock.now()) - timedelta(days=days)
        return dates.shown(dates.midnight(day))


def address(street: str, zip: str, city: str, country: str = "DE") -> dict[str, Any]:
    return {"billing": [{"street": street, "zip": zip, "city": city, "countryCode": country}]}


def line(name: str, quantity: float, unit: str, price: float, rate: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "custom",
        "name": name,
        "quantity": quantity,
        "unitName": unit,
        "unitPrice": {"currency": "EUR", "netAmount": price, "taxRatePercentage": rate},
        **more,
    }


def sale(
    writer: Writer, contact_id: str, days: int, lines: list[dict[str, Any]], tax: str = "net"
) -> dict[str, Any]:
    return {
        "voucherDate": writer.days_ago(days),
        "address": {"contactId": contact_id},
        "lineItems": lines,
        "totalPrice": {"currency": "EUR"},
        "taxConditions": {"taxType": tax},
        "shippingConditions": {"shippingType": "delivery", "shippingDate": writer.days_ago(days)},
    }


def _trade(writer: Writer, trader: Organization) -> None:
    brewery, bakery, person, dutch, _ = _customers(writer)
    _articles(writer)
    twin = writer.twin
    paid = writer.post(
        "invoices",
        sale(writer, brewery, 75, [line("Malz Pilsner, Sack 25 kg", 40, "Sack", 27.9, 7)]),
        finalize="true",
    )
    twin.mark_paid(paid, type="partPaymentFinancialTransaction")
    overdue = writer.post(
        "invoices",
        sale(writer, bakery, 45, [
            line("Bioweizenmehl Typ 550, 25 kg", 30, "Sack", 21.45, 7),
            line("Lieferpauschale", 1, "Pauschal", 49, 19),
        ]),
        finalize="true",
    )  # fmt: skip
    credited = writer.post(
        "invoices",
        sale(
            writer,
            brewery,
            12,
            [line("Hopfen Hallertauer Perle, 5 kg", 12, "Beutel", 84.5, 7, discountPercentage=5)],
        ),
        finalize="true",
    )
    writer.post(
        "invoices",
        sale(writer, person, 3, [line("Sauerteigstarter, Glas", 6, "Glas", 7.9, 7)]),
        finalize="true",
    )
    writer.post(
        "invoices",
        sale(writer, dutch, 1, [line("Roggenmalz, Sack 25 kg", 20, "Sack", 31.2, 0)], "intraCommunitySupply"),
    )
    writer.post("invoices", sale(writer, bakery, 0, [line("Dinkelmehl Typ 630, 25 kg", 10, "Sack", 28.6, 7)]))
    back = sale(writer, brewery, 6, [line("Rückgabe Hopfen Hallertauer Perle, 5 kg", 2, "Beutel", 84.5, 7)])
    back["introduction"] = f"Korrektur zur Rechnung {trader.documents[credited].number}"
    del back["shippingConditions"]
    writer.post("credit-notes", back, finalize="true", precedingSalesVoucherId=credited)
    _supply_monthly(writer, trader, bakery)
    assert trader.documents[overdue].status == "open"


def _supply_monthly(writer: Writer, trader: Organization, customer: str) -> None:
    supply = sale(writer, customer, 0, [line("Bioroggenmehl Typ 1150, 25 kg", 20, "Sack", 19.8, 7)])
    body = jsontext.decode(jsontext.encode({**supply, "title": "Rechnung"}))
    month_after_next = (dates.local_day(writer.twin.clock.now()).replace(day=1) + timedelta(days=62)).replace(
        day=1
    )
    writer.twin.create_template(trader.id, body, start=month_after_next)


def _customers(writer: Writer) -> list[str]:
    return [
        writer.post("contacts", contact)
        for contact in (
            {
                "version": 0,
                "roles": {"customer": {}},
                "company": {
                    "name": "Brauhaus Lindenhof GmbH & Co. KG",
                    "vatRegistrationId": "DE129273398",
                    "contactPersons": [
                        {
                            "salutation": "Frau",
                            "firstName": "Petra",
                            "lastName": "Lindner",
                            "primary": True,
                            "emailAddress": "einkauf@brauhaus-lindenhof.example",
                        }
                    ],
                },
                "addresses": address("Lindenallee 7", "21335", "Lüneburg"),
                "emailAddresses": {"business": ["rechnung@brauhaus-lindenhof.example"]},
                "phoneNumbers": {"business": ["04131 5550-0"]},
                "note": "Liefert nur vormittags an.",
            },
            {
                "version": 0,
                "roles": {"customer": {}, "vendor": {}},
                "company": {"name": "Bäckerei Jürgensen OHG"},
                "addresses": address("Große Straße 41", "24937", "Flensburg"),
                "emailAddresses": {"business": ["buero@baeckerei-juergensen.example"]},
            },
            {
                "version": 0,
                "roles": {"customer": {}},
                "person": {"salutation": "Herr", "firstName": "Max", "lastName": "Mustermann"},
                "addresses": address("Ahornweg 9", "50667", "Köln"),
                "emailAddresses": {"private": ["max@mustermann.example"]},
            },
            {
                "version": 0,
                "roles": {"customer": {}},
                "company": {"name": "Brouwerij De Molen B.V.", "vatRegistrationId": "NL004495445B01"},
                "addresses": address("Overtocht 43", "2411 BT", "Bodegraven", "NL"),
            },
            {
                "version": 0,
                "roles": {"vendor": {}},
                "company": {"name": "Mälzerei Sonnenfeld GmbH", "taxNumber": "143/815/08155"},
                "addresses": address("Am Mühlbach 2", "96047", "Bamberg"),
            },
        )
    ]


def _articles(writer: Writer) -> None:
    for title, type, number, unit, price, rate in (
        ("Bioweizenmehl Typ 550, 25 kg", "PRODUCT", "MEHL-550-25", "Sack", 21.45, 7),
        ("Malz Pilsner, Sack 25 kg", "PRODUCT", "MALZ-PIL-25", "Sack", 27.9, 7),
        ("Hopfen Hallertauer Perle, 5 kg", "PRODUCT", "HOPF-HP-5", "Beutel", 84.5, 7),
        ("Sudberatung", "SERVICE", "BERAT-SUD", "Stunde", 95, 19),
        ("Lieferpauschale", "SERVICE", "LIEF-01", "Pauschal", 49, 19),
    ):
        writer.post(
            "articles",
            {
                "title": title,
                "type": type,
                "articleNumber": number,
                "unitName": unit,
                "price": {"netPrice": price, "leadingPrice": "NET", "taxRate": rate},
            },
        )


def _sell_flowers(writer: Writer) -> None:
    cafe = writer.post(
        "contacts",
        {
            "version": 0,
            "roles": {"customer": {}},
            "company": {"name": "Café Schwarzwald GmbH"},
            "addresses": address("Münsterplatz 5", "79098", "Freiburg im Breisgau"),
        },
    )
    lines = [line("Tischgesteck der Saison", 8, "Stück", 18.5, 0)]
    writer.post("invoices", sale(writer, cafe, 5, lines, "vatfree"), finalize="true")
    writer.post("invoices", sale(writer, cafe, 0, lines, "vatfree"))
