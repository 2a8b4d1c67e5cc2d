"""Countries, posting categories, payment conditions, print layouts: whole lists, read only."""

import uuid
from collections import Counter

import pytest

from sandbox.lexoffice.resources.categories import CATEGORIES, MADE_UP
from tests.twin.conftest import Api

ISO_3166 = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
    BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
    ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
    HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
    LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI
    NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
    SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
    UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
UNION = "AT BE BG CY CZ DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
# As the vendor publishes them: the ids are exact, the names those that it prints in its list's sample.
INCOME = {
    "8f8664a8-fd86-11e1-a21f-0800200c9a66": "Warenverkäufe",
    "8f8664a0-fd86-11e1-a21f-0800200c9a66": "Dienstleistung",
    "8f8664a1-fd86-11e1-a21f-0800200c9a66": "Einnahmen",
    "9075a4e3-66de-4795-a016-3889feca0d20": "Innergemeinschaftliche Lieferung",
    "380a20cb-d04c-426e-b49c-84c22adfa362": "Fremdleistungen §13b",
    "93d24c20-ea84-424e-a731-5e1b78d1e6a9": "Ausfuhrlieferungen an Drittländer",
    "ef5b1a6e-f690-4004-9a19-91276348894f": "Dienstleistungen an Drittländer",
    "f5c7fee8-f184-4e7a-ab04-8f7e7ad6c207": "Einnahmen als Kleinunternehmer",
    "7c112b66-0565-479c-bc18-5845e080880a": "Fernverkauf",
    "d73b880f-c24a-41ea-a862-18d90e1c3d82": "Elektronische Dienstleistungen",
    "4ebd965a-7126-416c-9d8c-a5c9366ee473": "Fernverkauf in EU-Land steuerpflichtig",
    "7ecea006-844c-4c98-a02d-aa3142640dd5": "Elektronische Dienstleistung in EU-Land steuerpflichtig",
    "dd56efd2-6c62-40e4-9d9e-cba7b0045911": "Geldtransit",
}
OUTGO = {
    "cf03a2b0-f838-474f-ac5e-67adb9b830c7": "Reise MA",
    "3620798f-ae06-4492-b775-1c87eb99247c": "Fahrtkosten MA",
    "efa82f49-fd85-11e1-a21f-0800200c9a66": "Reisen (Selbständige)",
    "b99b667f-bfee-41b9-8ec0-cee308bdacfd": "Übernachtung Mitarbeiter",
    "f9f05694-fd89-11e1-a21f-0800200c9a66": "Übernachtungskosten (Selbständige)",
    "353e8c93-5f69-4476-887f-d48734ee2cc7": "Verpflegungsmehraufwand Mitarbeiter",
    "9fb5e4b0-94ae-47f3-804f-5ed00e4aceb6": "Verpflegungsmehraufwand Selbständige",
    "16d04a25-fd91-11e1-a21f-0800200c9a66": "Privatentnahme",
}
# Published ids whose names nobody printed: they stand in the vendor's samples or with its fees.
NAMELESS = {
    "16d04a28-fd91-11e1-a21f-0800200c9a66": "outgo",
    "16d04a23-fd91-11e1-a21f-0800200c9a66": "outgo",
    "113476af-ac83-4bf2-941d-0daa37022945": "outgo",
    "aba9020f-d0a6-47ca-ace6-03d6ed492351": "income",
    "4f01e761-d912-441f-ad1a-1c1d2d590a81": "income",
}


class TestCountries:
    def test_all_of_iso_3166_and_two_extensions_are_there_once(self, api: Api) -> None:
        codes = [row["countryCode"] for row in api.read("countries")]

        assert len(ISO_3166.split()) == 249
        assert sorted(codes) == sorted([*ISO_3166.split(), "ES_CN", "GR_69"])

    @pytest.mark.parametrize(
        ("code", "tax_class"),
        [("DE", "de"), *((code, "intraCommunity") for code in UNION.split())]
        + [(code, "thirdPartyCountry") for code in ("CH", "GB", "US", "NO", "TR", "ES_CN", "GR_69")],
    )
    def test_a_country_has_its_tax_class(self, api: Api, code: str, tax_class: str) -> None:
        [row] = [row for row in api.read("countries") if row["countryCode"] == code]

        assert row["taxClassification"] == tax_class

    def test_no_other_country_belongs_to_the_union_but_monaco_by_its_vat(self, api: Api) -> None:
        inside = {
            row["countryCode"]
            for row in api.read("countries")
            if row["taxClassification"] == "intraCommunity"
        }

        assert inside == {*UNION.split(), "MC"}

    def test_each_has_a_name_in_both_languages(self, api: Api) -> None:
        assert all(row["countryNameDE"] and row["countryNameEN"] for row in api.read("countries"))


class TestPostingCategories:
    def test_there_are_as_many_as_the_vendor_has(self, api: Api) -> None:
        rows = api.read("posting-categories")

        assert Counter(row["type"] for row in rows) == {"income": 62, "outgo": 169}
        assert sum(row["contactRequired"] for row in rows) == 12
        assert len({row["id"] for row in rows}) == 231

    @pytest.mark.parametrize(
        ("id", "name", "type"),
        [(id, name, "income") for id, name in INCOME.items()]
        + [(id, name, "outgo") for id, name in OUTGO.items()],
    )
    def test_a_published_id_is_exact(self, api: Api, id: str, name: str, type: str) -> None:
        [row] = [row for row in api.read("posting-categories") if row["id"] == id]

        assert (row["name"], row["type"]) == (name, type)

    @pytest.mark.parametrize(("id", "type"), NAMELESS.items())
    def test_a_published_id_without_a_name_is_of_its_type(self, id: str, type: str) -> None:
        assert CATEGORIES[id].type == type

    def test_every_other_id_is_made_of_type_and_name_and_so_never_changes(self) -> None:
        others = [c for c in CATEGORIES.values() if c.id not in {*INCOME, *OUTGO, *NAMELESS}]

        assert len(others) == 205
        assert all(c.id == str(uuid.uuid5(MADE_UP, f"{c.type}/{c.name}")) for c in others)
        assert str(MADE_UP) == "6f1f6f5c-6a1e-4a57-9a0e-1d3f6c6b7a10"

    def test_one_made_up_id_as_it_was_first_given_out(self) -> None:
        [rent] = [c for c in CATEGORIES.values() if c.name == "Miete"]

        assert rent.id == "ef9d396a-19bb-54db-9c1f-40aaf95ff16d"

    def test_what_goes_abroad_or_reverses_the_charge_needs_a_contact_and_nothing_else_does(self) -> None:
        words = ("13b", "Drittl", "Innergemeinschaftlich", "EU-Land", "Drittland")

        assert all(any(word in c.name for word in words) == c.contact for c in CATEGORIES.values())

    def test_what_knows_one_rate_only_is_not_split(self) -> None:
        whole = {c.name for c in CATEGORIES.values() if not c.split}

        assert {"Löhne", "Porto", "Zinsen", "Privatentnahme", "Geldtransit"} <= whole
        assert whole.isdisjoint({"Wareneinkauf", "Bewirtung", "Warenverkäufe", "Einnahmen", "Reise MA"})


def test_exactly_one_payment_condition_and_one_print_layout_is_the_default(api: Api) -> None:
    assert sum(row["organizationDefault"] for row in api.read("payment-conditions")) == 1
    assert sum(row["default"] for row in api.read("print-layouts")) == 1


@pytest.mark.parametrize("path", ["countries", "payment-conditions", "posting-categories", "print-layouts"])
def test_a_list_is_a_bare_array(api: Api, path: str) -> None:
    assert isinstance(api.read(path), list)
