"""Two parties compared: points for what agrees, a veto for what cannot be, and a verdict.

A wrong match costs more than a question: names alone never make two parties one, and whatever contradicts
turns a match into a question.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal

from msgspec import Struct
from stdnum.eu import vat

from gateway.matching.names import ComparedName, company_name, likeness, person_name, plain
from schemas.parties import Address, AddressInput, Party, PartyInput

Verdict = Literal["same", "possible", "different"]

CERTAIN_FROM: Final = 80
POSSIBLE_FROM: Final = 40
VAT_NEEDS_LIKENESS: Final = 0.80
ROLE_MAILBOXES: Final = frozenset((
    "info", "rechnung", "rechnungen", "buchhaltung", "buha", "office", "kontakt", "mail", "email",
    "post", "verwaltung", "service", "sales", "vertrieb", "support", "hallo", "hello", "accounting",
    "invoice", "invoices", "billing", "finance", "finanzen", "einkauf", "bestellung", "bestellungen",
    "team", "zentrale", "admin", "shop", "praxis", "kanzlei", "sekretariat",
))  # fmt: skip
FREE_MAIL: Final = frozenset((
    "gmail.com", "googlemail.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "web.de", "t-online.de",
    "yahoo.de", "yahoo.com", "hotmail.com", "hotmail.de", "outlook.com", "outlook.de", "icloud.com",
    "me.com", "aol.com", "freenet.de", "posteo.de", "mailbox.org", "proton.me", "protonmail.com",
    "arcor.de", "live.de", "live.com",
))  # fmt: skip


class Evidence(Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing that speaks for or against."""

    code: str
    """Constant name of what it is: `vat_id`, `name` …"""
    points: int
    """Negative when it speaks against."""
    detail: str
    """For people."""


class Comparison(Struct, frozen=True, kw_only=True, rename="camel"):
    """What was found."""

    verdict: Verdict
    score: int
    """Sum of the points; a veto is not in it."""
    evidence: tuple[Evidence, ...]
    contradictions: tuple[str, ...] = ()
    """Why the two are not taken for one although points would allow it."""
    similar: bool = False
    """True for a namesake: names are equal, yet all else contradicts, or one word is all there is."""


class Traits(Struct, frozen=True, kw_only=True):
    """A party as it is compared."""

    name: ComparedName
    company: bool
    first_name: str | None
    last_name: str | None
    vat_id: str | None
    tax_number: str | None
    emails: frozenset[str]
    phones: frozenset[str]
    streets: frozenset[tuple[str, str]]
    """Postal code and street with house number."""
    postal_codes: frozenset[str]


EXACT_KEYS: Final = frozenset(("vat_id", "personal_email"))


def traits(party: Party | PartyInput) -> Traits:
    """What counts of a party, written or read."""
    company, person = party.company, party.person
    if company is not None:
        name = company_name(company.name)
    else:
        name = person_name(person.first_name, person.last_name) if person else ComparedName(core="")
    contact_mails = [p.email for p in company.contact_persons if p.email] if company else []
    emails, phones = party.emails, party.phones
    mails = [*emails.business, *emails.office, *emails.private, *emails.other, *contact_mails]
    numbers = [*phones.business, *phones.office, *phones.mobile, *phones.private, *phones.other]
    addresses = [*party.billing_addresses, *party.shipping_addresses]
    return Traits(
        name=name,
        company=company is not None,
        first_name=plain(person.first_name) if person and person.first_name else None,
        last_name=plain(person.last_name) if person else None,
        vat_id=re.sub(r"[\s.\-]", "", company.vat_id).upper() or None if company and company.vat_id else None,
        tax_number=re.sub(r"\D", "", company.tax_number) or None if company and company.tax_number else None,
        emails=frozenset(mail.strip().lower() for mail in mails),
        phones=frozenset(filter(None, map(_international, numbers))),
        streets=frozenset(filter(None, map(_street, addresses))),
        postal_codes=frozenset(a.postal_code for a in addresses if a.postal_code),
    )


def compare(one: Traits, other: Traits) -> Comparison:
    """The two, with reasons."""
    evidence = tuple(_evidence(one, other))
    score = sum(found.points for found in evidence)
    same = likeness(one.name.core, other.name.core)
    against = tuple(_contradictions(one, other, same, evidence))
    if same == 1.0 and _three_contradict(one, other):
        return Comparison(
            verdict="different", score=score, evidence=evidence, contradictions=against, similar=True
        )
    exact = any(found.code in EXACT_KEYS for found in evidence)
    hints = _extra_words(one, other, same) or _one_household(one, other)
    asks = score >= POSSIBLE_FROM or (hints and not _forms_differ(one, other))
    verdict: Verdict = "possible" if asks else "different"
    if score >= CERTAIN_FROM and exact and not against:
        verdict = "same"
    return Comparison(
        verdict=verdict,
        score=score,
        evidence=evidence,
        contradictions=against,
        similar=verdict == "different" and same == 1.0 and not _forms_differ(one, other),
    )


def _evidence(one: Traits, other: Traits) -> Iterator[Evidence]:
    if one.vat_id and other.vat_id:
        if one.vat_id == other.vat_id and vat.is_valid(one.vat_id):
            yield Evidence(code="vat_id", points=70, detail=f"VAT id {one.vat_id} is the same.")
        elif one.vat_id != other.vat_id and vat.is_valid(one.vat_id) and vat.is_valid(other.vat_id):
            yield Evidence(
                code="vat_id_differs", points=-70, detail=f"VAT ids differ: {one.vat_id}, {other.vat_id}."
            )
    yield from _mail_evidence(one, other)
    if one.tax_number and one.tax_number == other.tax_number:
        yield Evidence(code="tax_number", points=40, detail="The tax number is the same.")
    yield from _name_evidence(one, other)
    if both := one.streets & other.streets:
        code, street = min(both)
        yield Evidence(code="address", points=20, detail=f"The address {street}, {code} is the same.")
    elif one.postal_codes & other.postal_codes:
        yield Evidence(code="postal_code", points=6, detail="The postal code is the same.")
    if one.phones & other.phones:
        yield Evidence(code="phone", points=15, detail="A phone number is the same.")
    if one.company != other.company:
        yield Evidence(code="kind", points=-20, detail="One is a company, the other a person.")


def _mail_evidence(one: Traits, other: Traits) -> Iterator[Evidence]:
    both = one.emails & other.emails
    personal = sorted(mail for mail in both if mail.partition("@")[0] not in ROLE_MAILBOXES)
    if personal:
        yield Evidence(
            code="personal_email", points=40, detail=f"The e-mail address {personal[0]} is the same."
        )
    elif both:
        yield Evidence(
            code="role_email", points=25, detail=f"The mailbox {min(both)} is the same; several may share it."
        )
    elif domains := (_domains(one) & _domains(other)) - FREE_MAIL:
        yield Evidence(code="email_domain", points=8, detail=f"E-mail addresses are both at {min(domains)}.")


def _name_evidence(one: Traits, other: Traits) -> Iterator[Evidence]:
    same = likeness(one.name.core, other.name.core)
    if same == 1.0:
        points = 40 if len(one.name.core.split()) > 1 else 25
        yield Evidence(code="name", points=points, detail="The name is the same.")
    elif same >= 0.93:
        yield Evidence(code="similar_name", points=28, detail=f"The names are alike ({same:.2f}).")
    elif same >= 0.88:
        yield Evidence(code="similar_name", points=14, detail=f"The names are somewhat alike ({same:.2f}).")
    if _forms_differ(one, other):
        detail = f"The legal forms differ: {one.name.form}, {other.name.form}."
        yield Evidence(code="legal_form", points=-25, detail=detail)


def _contradictions(one: Traits, other: Traits, same: float, evidence: tuple[Evidence, ...]) -> Iterator[str]:
    if _forms_differ(one, other):
        yield "The legal forms differ: two legal persons."
    if one.first_name and other.first_name and one.first_name != other.first_name:
        yield "The first names differ."
    if one.name.generation != other.name.generation:
        yield "Senior or junior stands with one of them only, or differs."
    if one.vat_id and other.vat_id and one.vat_id != other.vat_id:
        yield "The VAT ids differ."
    if one.name.owner and other.name.owner and one.name.owner != other.name.owner:
        yield "The owners differ."
    if _extra_words(one, other, same):
        yield "One name has further words: perhaps a branch or another company of a group."
    if any(found.code == "vat_id" for found in evidence) and same < VAT_NEEDS_LIKENESS:
        yield "The VAT id is the same, but the names are not alike: a group's head office, or a typing error."


def _extra_words(one: Traits, other: Traits, same: float) -> bool:
    """One name is the other and more. Only alike ones are asked about."""
    mine, theirs = one.name.words, other.name.words
    return same >= 0.93 and bool(mine) and (mine < theirs or theirs < mine)


def _one_household(one: Traits, other: Traits) -> bool:
    """Two first names, one family name, and a mailbox or address in common: one person or two."""
    family = one.last_name is not None and one.last_name == other.last_name
    shared = one.emails & other.emails or one.streets & other.streets
    return family and one.first_name != other.first_name and bool(shared)


def _three_contradict(one: Traits, other: Traits) -> bool:
    pairs = ((one.emails, other.emails), (one.phones, other.phones), (one.streets, other.streets))
    return all(mine and theirs and not mine & theirs for mine, theirs in pairs)


def _forms_differ(one: Traits, other: Traits) -> bool:
    return one.name.form is not None and other.name.form is not None and one.name.form != other.name.form


def _domains(of: Traits) -> set[str]:
    return {mail.rpartition("@")[2] for mail in of.emails}


def _international(number: str) -> str | None:
    """E.164 without the plus; numbers without a country code are German."""
    digits = re.sub(r"\D", "", re.sub(r"\(0\)", "", number))
    if len(digits) < 6:
        return None
    if number.lstrip().startswith("+"):
        return digits
    if digits.startswith("00"):
        return digits[2:]
    return f"49{digits.lstrip('0')}"


def _street(address: Address | AddressInput) -> tuple[str, str] | None:
    if not address.street or not address.postal_code:
        return None
    street = re.sub(r"str(?:asse|\.)?(?=\s|\d|$)", "strasse", plain(address.street))
    return address.postal_code, re.sub(r"(\d)\s+([a-z])\b", r"\1\2", street)
