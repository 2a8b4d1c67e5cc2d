"""Contacts: what is needed, what is refused in which words, and how they are found."""

from typing import Any

import pytest

from sandbox.lexoffice.twin import Twin
from tests.twin.conftest import Api, contact, issues

ADDRESS = {"street": "Netzstr. 1", "zip": "70173", "city": "Stuttgart", "countryCode": "DE"}


class TestCreate:
    def test_answers_200_and_not_201(self, api: Api) -> None:
        assert api.post("contacts", contact()).status == 200

    def test_begins_at_version_1(self, api: Api) -> None:
        assert api.post("contacts", contact()).json()["version"] == 1

    def test_customers_are_numbered_from_10001_and_vendors_from_70001(self, api: Api) -> None:
        first = api.create("contacts", contact())
        both = api.create("contacts", contact(roles={"customer": {"number": ""}, "vendor": {}}))

        assert api.read(f"contacts/{first}")["roles"] == {"customer": {"number": 10001}}
        assert api.read(f"contacts/{both}")["roles"] == {
            "customer": {"number": 10002},
            "vendor": {"number": 70001},
        }

    @pytest.mark.parametrize(
        ("change", "issue"),
        [
            ({"version": None}, ("missing_entity", "version")),
            ({"roles": None}, ("missing_entity", "roles")),
            ({"roles": {}}, ("missing_entity", "roles.customer or roles.vendor")),
            ({"company": None}, ("missing_entity", "company or person")),
            ({"person": {"lastName": "Muster"}}, ("invalid_value", "company and person")),
            ({"company": {}}, ("missing_entity", "company.name")),
            (
                {"company": {"name": "A", "vatRegistrationId": "DE12"}},
                ("invalid_value", "company.vatRegistrationId"),
            ),
            (
                {"addresses": {"billing": [{"city": "Ulm"}]}},
                ("missing_entity", "addresses.billing[0].countryCode"),
            ),
            ({"addresses": {"billing": [ADDRESS, ADDRESS]}}, ("invalid_value", "addresses.billing.size")),
            (
                {"addresses": {"billing": [{"countryCode": "XX"}]}},
                ("countrycode_is_not_valid", "countryCode"),
            ),
            (
                {"emailAddresses": {"business": ["keine"]}},
                ("invalid_value", "emailAddresses[0].emailAddress"),
            ),
            ({"note": "x" * 1001}, ("invalid_value", "note")),
        ],
    )
    def test_is_refused_with_406_in_the_legacy_shape(
        self, api: Api, change: Any, issue: tuple[str, str]
    ) -> None:
        reply = api.post("contacts", contact(**change))

        assert reply.status == 406
        assert issues(reply) == [issue]

    def test_a_body_that_is_no_json_is_400_in_the_legacy_shape_without_a_source(self, api: Api) -> None:
        reply = api.post("contacts", b"{")

        assert (reply.status, issues(reply)) == (400, [("bad_request_error", None)])

    def test_a_person_is_listed_by_last_name(self, api: Api) -> None:
        api.create("contacts", contact(company=None, person={"firstName": "Erika", "lastName": "Muster"}))
        api.create("contacts", contact(company={"name": "Nordwind OHG"}))

        names = [row.get("company", row.get("person")) for row in api.read("contacts")["content"]]

        assert [list(name.values())[-1] for name in names] == ["Muster", False]


class TestUpdate:
    def test_replaces_everything(self, api: Api) -> None:
        id = api.create("contacts", contact(note="Stammkunde"))

        api.put(f"contacts/{id}", contact(version=1))

        assert "note" not in api.read(f"contacts/{id}")

    def test_counts_the_version_up(self, api: Api) -> None:
        id = api.create("contacts", contact())

        reply = api.put(f"contacts/{id}", contact(version=1))

        assert (reply.status, reply.json()["version"]) == (200, 2)

    def test_a_stale_version_is_406_naming_it(self, api: Api) -> None:
        id = api.create("contacts", contact())

        reply = api.put(f"contacts/{id}", contact(version=0))

        assert reply.status == 406
        assert issues(reply) == [("invalid_value", "version")]

    def test_the_documented_409_for_a_stale_version_is_a_quirk_away(self, api: Api) -> None:
        id = api.create("contacts", contact())
        api.twin.quirks.stale_contact_status = 409

        assert api.put(f"contacts/{id}", contact(version=0)).status == 409

    def test_role_numbers_sent_back_stay_as_they_are(self, api: Api) -> None:
        id = api.create("contacts", contact())

        api.put(f"contacts/{id}", {**api.read(f"contacts/{id}"), "roles": {"customer": {"number": 4711}}})

        assert api.read(f"contacts/{id}")["roles"] == {"customer": {"number": 10001}}

    def test_archived_is_accepted_and_does_nothing(self, api: Api) -> None:
        id = api.create("contacts", contact())

        reply = api.put(f"contacts/{id}", contact(version=1, archived=True))

        assert reply.status == 200
        assert api.read(f"contacts/{id}")["archived"] is False

    def test_a_contact_with_two_addresses_of_a_kind_can_be_read_but_not_written(
        self, api: Api, twin: Twin
    ) -> None:
        id = api.create("contacts", contact(addresses={"billing": [ADDRESS]}))
        twin.add_entry(id, "addresses", "billing", ADDRESS)

        read = api.read(f"contacts/{id}")
        reply = api.put(f"contacts/{id}", contact(version=read["version"]))

        assert len(read["addresses"]["billing"]) == 2
        assert (reply.status, issues(reply)) == (406, [("invalid_value", "addresses.billing.size")])

    def test_an_unknown_contact_is_404(self, api: Api) -> None:
        assert api.put("contacts/6d0b7a4e-0a5b-4b3f-9d3b-0c4f3d6a1b2c", contact()).status == 404

    def test_there_is_no_delete(self, api: Api) -> None:
        assert api.delete(f"contacts/{api.create('contacts', contact())}").status == 404


class TestList:
    @pytest.fixture(autouse=True)
    def three(self, api: Api) -> None:
        for name, mail, roles in (
            ("johnson & partner", "a_b@johnson.example", {"customer": {}}),
            ("Müller GmbH", "axb@mueller.example", {"vendor": {}}),
            ("100% Handel", "info@hundert.example", {"customer": {}, "vendor": {}}),
        ):
            api.create(
                "contacts", contact(company={"name": name}, emailAddresses={"business": [mail]}, roles=roles)
            )

    def names(self, api: Api, **query: str) -> list[str]:
        reply = api.get("contacts", **query)
        assert reply.status == 200, reply.body
        return [row["company"]["name"] for row in reply.json()["content"]]

    def test_is_sorted_by_name(self, api: Api) -> None:
        assert self.names(api) == ["100% Handel", "johnson & partner", "Müller GmbH"]

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("JOHN", ["johnson & partner"]),
            ("johnson &amp; partner", ["johnson & partner"]),
            ("johnson & partner", []),
            ("üller", ["Müller GmbH"]),
            ("m_ller", ["Müller GmbH"]),
            ("j%partner", ["johnson & partner"]),
            (r"100\% ", ["100% Handel"]),
            ("partner%johnson", []),
        ],
    )
    def test_the_name_filter_wants_html_encoding_and_knows_wildcards(
        self, api: Api, text: str, found: list[str]
    ) -> None:
        assert self.names(api, name=text) == found

    def test_an_underscore_in_an_address_matches_any_sign_unless_escaped(self, api: Api) -> None:
        assert self.names(api, email="a_b@") == ["johnson & partner", "Müller GmbH"]
        assert self.names(api, email=r"a\_b@") == ["johnson & partner"]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"customer": "true"}, ["100% Handel", "johnson & partner"]),
            ({"customer": "false"}, ["Müller GmbH"]),
            ({"customer": "true", "vendor": "true"}, ["100% Handel"]),
            ({"number": "70001"}, ["Müller GmbH"]),
            ({"number": "10001"}, ["johnson & partner"]),
            ({"invented": "x", "number": "10001"}, ["johnson & partner"]),
        ],
    )
    def test_filters_are_joined_by_and(self, api: Api, query: dict[str, str], found: list[str]) -> None:
        assert self.names(api, **query) == found

    @pytest.mark.parametrize("text", ["ab", "x" * 129])
    def test_a_text_filter_takes_3_to_128_signs(self, api: Api, text: str) -> None:
        reply = api.get("contacts", name=text)

        assert reply.status == 400
        assert issues(reply) == [("bad_request_error", "size must be between 3 and 128")]

    def test_a_number_that_is_none_is_400_with_nothing_but_the_issue(self, api: Api) -> None:
        reply = api.get("contacts", number="zehn")

        assert reply.status == 400
        assert reply.json() == {"IssueList": [{"source": "number", "i18nKey": "invalid_value"}]}

    @pytest.mark.parametrize("role", ["customer", "vendor"])
    def test_a_role_is_true_or_false(self, api: Api, role: str) -> None:
        assert api.get("contacts", **{role: "maybe"}).status == 400

    def test_an_empty_number_or_role_filters_nothing_but_an_empty_text_is_too_short(self, api: Api) -> None:
        assert len(self.names(api, number="", customer="", vendor="")) == 3
        assert [api.get("contacts", **{name: ""}).status for name in ("name", "email")] == [400, 400]

    def test_beyond_10000_contacts_the_search_ends(self, api: Api) -> None:
        reply = api.get("contacts", size="500", page="20")

        assert (reply.status, issues(reply)) == (
            400,
            [("bad_request_error", "Maximum search window size exceeded")],
        )
        assert api.get("contacts", size="500", page="19").status == 200

    @pytest.mark.parametrize(("size", "used"), [("0", 25), ("500", 500), ("501", 25), ("x", 25), ("2", 2)])
    def test_a_size_out_of_range_is_replaced_in_silence(self, api: Api, size: str, used: int) -> None:
        assert api.get("contacts", size=size).json()["size"] == used

    def test_a_size_of_1000_is_refused(self, api: Api) -> None:
        reply = api.get("contacts", size="1000")

        assert (reply.status, issues(reply)) == (
            400,
            [("bad_request_error", "parameter 'size' exceeds the limit")],
        )

    def test_pages_count_from_zero(self, api: Api) -> None:
        page = api.get("contacts", size="2", page="1").json()

        assert [row["company"]["name"] for row in page["content"]] == ["Müller GmbH"]
        assert {name: page[name] for name in page if name not in ("content", "sort")} == {
            "first": False,
            "last": True,
            "totalPages": 2,
            "totalElements": 3,
            "numberOfElements": 1,
            "size": 2,
            "number": 1,
        }

    def test_a_filter_given_twice_is_refused(self, api: Api) -> None:
        from sandbox.lexoffice.wire import Request

        request = Request(
            "GET", "/v1/contacts", (("name", "abc"), ("name", "def")), {"authorization": f"Bearer {api.key}"}
        )

        assert api.twin.handle(request).reply.status == 400
