"""The HTTP shell in process: what a client over the wire sees."""

from collections.abc import AsyncIterator
from decimal import Decimal

import httpx2
import pytest

from sandbox.lexoffice.app import TwinApp, create_app
from sandbox.lexoffice.control.api import ControlApp
from sandbox.lexoffice.settings import TwinSettings
from tests.twin.conftest import Api, contact
from tests.twin.test_event_causes import Causes
from tests.twin.test_uploads import PDF, multipart
from tests.twin.test_vouchers import voucher

pytestmark = pytest.mark.anyio


class LineCut(Exception):
    pass


@pytest.fixture
def app() -> TwinApp:
    return create_app(TwinSettings(on_cut=LineCut))


@pytest.fixture
async def client(app: TwinApp) -> AsyncIterator[httpx2.AsyncClient]:
    key = app.identity.organizations[0].api_key
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url="http://twin.test",
        headers={"Authorization": f"Bearer {key}"},
    ) as client:
        yield client


@pytest.fixture
async def control(app: TwinApp) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=ControlApp(app))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:1") as client:
        yield client


async def test_the_demo_company_answers(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/v1/profile")

    assert answer.json()["companyName"] == "Muster Handel GmbH"


async def test_the_seeds_show_every_state_of_an_invoice(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/v1/voucherlist?voucherType=any&voucherStatus=any")

    assert {row["voucherStatus"] for row in answer.json()["content"]} == {
        "draft",
        "open",
        "overdue",
        "paid",
        "paidoff",
    }


async def test_the_place_of_what_was_created_is_where_the_client_found_the_twin(
    client: httpx2.AsyncClient,
) -> None:
    body = {"version": 0, "roles": {"vendor": {}}, "company": {"name": "Stromwerk Süd GmbH"}}

    answer = await client.post("/v1/contacts", json=body)

    assert answer.headers["location"].startswith("http://twin.test/v1/contacts/")
    assert (await client.get(answer.headers["location"])).status_code == 200


async def test_a_body_in_chunks_without_a_length_is_taken(client: httpx2.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for part in (b'{"version":0,"roles":{"vendor":{}},', b'"company":{"name":"Chunk AG"}}'):
            yield part

    answer = await client.post("/v1/contacts", content=chunks(), headers={"content-type": "application/json"})

    assert answer.status_code == 200


async def test_a_form_in_chunks_without_a_length_is_an_upload(client: httpx2.AsyncClient) -> None:
    body, headers = multipart(content=PDF, type="voucher")

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 7):
            yield body[start : start + 7]

    answer = await client.post("/v1/files", content=chunks(), headers=headers)
    stored = await client.get(f"/v1/files/{answer.json()['id']}", headers={"accept": "*/*"})

    assert "content-length" not in answer.request.headers
    assert (answer.status_code, stored.content == PDF) == (202, True)


async def test_a_body_beyond_ten_megabytes_is_413_of_the_gateway(
    app: TwinApp, client: httpx2.AsyncClient
) -> None:
    answer = await client.post("/v1/contacts", content=b" " * (10 * 1024 * 1024 + 1))

    assert (answer.status_code, answer.json()) == (413, {"message": "Request Too Long"})
    assert answer.headers["x-amzn-errortype"] == "RequestEntityTooLargeException"
    assert [call.status for call in app.twin.ledger.of("POST", "/v1/contacts")] == [413]


async def test_a_cut_line_reaches_an_in_process_caller_as_the_exception_of_its_choice(
    app: TwinApp, client: httpx2.AsyncClient
) -> None:
    app.twin.fault("drop_after", path="/v1/profile")

    with pytest.raises(LineCut):
        await client.get("/v1/profile")


async def test_reset_brings_back_the_first_day_with_the_same_keys(
    app: TwinApp, client: httpx2.AsyncClient
) -> None:
    before = (await client.get("/v1/profile")).json()
    await client.post(
        "/v1/contacts", json={"version": 0, "roles": {"vendor": {}}, "company": {"name": "Neu"}}
    )

    app.reset()

    assert (await client.get("/v1/profile")).json() | {"created": 0} == before | {"created": 0}
    assert (await client.get("/v1/contacts")).json()["totalElements"] == 5


async def test_a_lifespan_starts_and_ends(app: TwinApp) -> None:
    asked, told = iter(["lifespan.startup", "lifespan.shutdown"]), []

    async def receive() -> dict[str, str]:
        return {"type": next(asked)}

    async def send(message: object) -> None:
        told.append(message)

    await app({"type": "lifespan"}, receive, send)

    assert told == [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}]


class TestDeepLinks:
    async def test_show_a_document(self, app: TwinApp, client: httpx2.AsyncClient) -> None:
        id = next(iter(app.twin.world.organizations[app.identity.organizations[0].id].documents))

        answer = await client.get(f"/permalink/invoices/view/{id}")

        assert "Rechnung RE0001" in answer.text

    async def test_of_an_unknown_id_lead_to_the_list(self, client: httpx2.AsyncClient) -> None:
        answer = await client.get("/permalink/invoices/view/unknown")

        assert (answer.status_code, answer.headers["location"]) == (302, "/permalink/invoices")

    async def test_lead_to_every_kind_of_resource(self) -> None:
        app = create_app(TwinSettings(seeded=False))
        app.twin.rate_limit(False)
        own = app.twin.create_organization("Werkstatt Lindner e.K.")
        causes = Causes(Api(app.twin, app.twin.create_api_key(own.id)), app.twin, own)
        box = {"cashBoxName": "Laden", "openingDate": "2026-01-01", "openingAmount": 1, "currency": "EUR",
               "identifier": "1"}  # fmt: skip
        sales = (
            "invoices",
            "credit-notes",
            "delivery-notes",
            "dunnings",
            "order-confirmations",
            "quotations",
        )
        ids = {kind: causes.document(kind) for kind in sales}
        ids |= {
            "contacts": causes.api.create("contacts", contact()),
            "vouchers": causes.api.create("vouchers", voucher()),
            "cash-boxes": causes.api.create("cash-boxes", box),
            "recurring-templates": causes.template(),
        }
        down = causes.document("down-payment-invoices")

        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url="http://twin.test"
        ) as browser:
            seen = {
                (kind, mode): (await browser.get(f"/permalink/{kind}/{mode}/{id}")).status_code
                for kind, id in ids.items()
                for mode in ("view", "edit")
            }
            as_invoice = await browser.get(f"/permalink/invoices/edit/{down}")
            inbox = await browser.get("/permalink/files/view")

        lacking = {link for link, status in seen.items() if status != 200}
        assert lacking == {("contacts", "edit"), ("cash-boxes", "edit"), ("recurring-templates", "view")}
        assert [as_invoice.status_code, inbox.status_code] == [200, 200]

    async def test_to_edit_what_is_paid_lead_to_the_view(
        self, app: TwinApp, client: httpx2.AsyncClient
    ) -> None:
        documents = app.twin.world.organizations[app.identity.organizations[0].id].documents
        paid = next(document.id for document in documents.values() if document.status == "paid")

        answer = await client.get(f"/permalink/invoices/edit/{paid}")

        assert answer.headers["location"] == f"/permalink/invoices/view/{paid}"


class TestControl:
    async def test_drives_a_document_from_draft_to_paid(
        self, app: TwinApp, control: httpx2.AsyncClient
    ) -> None:
        drafts = [
            row for row in (await control.get("/documents?kind=invoices")).json() if row["status"] == "draft"
        ]
        path = f"/documents/{drafts[0]['id']}"

        states = [
            (await control.post(f"{path}/finalize")).json()["status"],
            (await control.post(f"{path}/pay", json={"amount": 0.01})).json()["status"],
            (await control.post(f"{path}/pay")).json()["status"],
            (await control.post(f"{path}/void")).json()["status"],
        ]

        assert states == ["open", "open", "paid", "voided"]

    async def test_what_the_app_would_not_offer_is_400(
        self, app: TwinApp, control: httpx2.AsyncClient
    ) -> None:
        paid = next(
            d
            for o in app.twin.world.organizations.values()
            for d in o.documents.values()
            if d.status == "paid"
        )

        answer = await control.post(f"/documents/{paid.id}/finalize")

        assert (answer.status_code, "draft" in answer.json()["message"]) == (400, True)

    async def test_moves_the_clock(self, control: httpx2.AsyncClient) -> None:
        before = (await control.get("/clock")).json()["now"]
        after = (await control.post("/clock/advance", json={"seconds": 86400})).json()["now"]

        assert after[:10] > before[:10]

    async def test_makes_companies_and_keys_with_permissions(
        self, control: httpx2.AsyncClient, client: httpx2.AsyncClient
    ) -> None:
        made = (await control.post("/organizations", json={"name": "Neue GmbH", "taxType": "gross"})).json()
        path = f"/organizations/{made['id']}/api-keys"
        key = (await control.post(path, json={"permissions": ["profile.read"]})).json()["apiKey"]

        headers = {"Authorization": f"Bearer {key}"}
        profile = await client.get("/v1/profile", headers=headers)
        contacts = await client.get("/v1/contacts", headers=headers)

        assert (profile.json()["companyName"], profile.json()["taxType"]) == ("Neue GmbH", "gross")
        assert contacts.status_code == 403

    async def test_lapses_a_plan(
        self, app: TwinApp, control: httpx2.AsyncClient, client: httpx2.AsyncClient
    ) -> None:
        await control.put(f"/organizations/{app.identity.organizations[0].id}/plan", json={"lapsed": True})

        assert (await client.get("/v1/profile")).status_code == 402

    async def test_changes_what_a_plan_holds(
        self, app: TwinApp, control: httpx2.AsyncClient, client: httpx2.AsyncClient
    ) -> None:
        path = f"/organizations/{app.identity.organizations[0].id}/plan"
        await control.put(path, json={"features": ["INVOICING"]})
        unknown = await control.put(path, json={"features": ["ALLES"]})

        assert (await client.get("/v1/profile")).json()["businessFeatures"] == ["INVOICING"]
        assert unknown.status_code == 400

    async def test_revokes_a_connection(
        self, app: TwinApp, control: httpx2.AsyncClient, client: httpx2.AsyncClient
    ) -> None:
        await control.post(f"/connections/{app.identity.organizations[0].connection_id}/revoke")

        assert (await client.get("/v1/profile")).status_code == 401

    async def test_registers_a_client_with_its_return_addresses(
        self, app: TwinApp, control: httpx2.AsyncClient
    ) -> None:
        body = {
            "secret": "s",
            "name": "Partner",
            "redirectUris": ["https://p.example/cb"],
            "scopes": ["profile.read"],
        }

        await control.put("/clients/partner", json=body)

        client = app.twin.world.clients["partner"]
        assert (client.secret, client.redirect_uris, client.scopes) == (
            "s",
            ["https://p.example/cb"],
            ["profile.read"],
        )

    async def test_changes_quirks_by_name_and_refuses_others(
        self, app: TwinApp, control: httpx2.AsyncClient
    ) -> None:
        good = await control.patch("/quirks", json={"staleContactStatus": 409})
        bad = await control.patch("/quirks", json={"nonsense": 1})
        unfit = await control.patch("/quirks", json={"ties": "sideways"})

        assert [good.status_code, bad.status_code, unfit.status_code] == [200, 400, 400]
        assert app.twin.quirks.stale_contact_status == 409

    async def test_sets_faults_and_shows_the_ledger(
        self, control: httpx2.AsyncClient, client: httpx2.AsyncClient
    ) -> None:
        await control.put("/rate-limit", json={"on": False})
        rule = {"kind": "status_after", "match": {"path": "/v1/profile"}, "status": 504, "times": 1}
        await control.post("/faults", json=rule)
        statuses = [(await client.get("/v1/profile")).status_code for _ in range(2)]

        calls = (await control.get("/ledger?path=/v1/profile")).json()
        summary = (await control.get("/ledger/summary")).json()

        assert statuses == [504, 200]
        assert [(call["status"], call["executed"], call["fault"]) for call in calls] == [
            (200, True, "status_after"),
            (200, True, None),
        ]
        assert summary["count"] == 2

    async def test_knows_everything_that_exists(
        self, app: TwinApp, control: httpx2.AsyncClient, client: httpx2.AsyncClient
    ) -> None:
        body = {"version": 0, "roles": {"vendor": {}}, "company": {"name": "Neu GmbH"}}
        id = (await client.post("/v1/contacts", json=body)).json()["id"]
        own = app.identity.organizations[0].id

        listed = (await control.get("/organizations")).json()
        books = (await control.get(f"/organizations/{own}/books")).json()

        assert [row["name"] for row in listed] == ["Muster Handel GmbH", "Blumen Muster e.K."]
        assert listed[0]["counts"]["contacts"] == len(books["contacts"]) == 6
        assert books["contacts"][-1] == {"id": id, "name": "Neu GmbH", "version": 1, "archived": False}
        assert {row["kind"] for row in books["documents"]} == {"invoices", "credit-notes"}

    async def test_rewrites_a_draft_and_a_contact(self, app: TwinApp, control: httpx2.AsyncClient) -> None:
        own = app.twin.world.organizations[app.identity.organizations[0].id]
        draft = next(d for d in own.documents.values() if d.status == "draft")
        person = next(iter(own.contacts))

        edited = await control.patch(f"/documents/{draft.id}", json={"changes": {"remark": "Neu"}})
        unfit = await control.patch(f"/documents/{draft.id}", json={"changes": {"voucherDate": "gestern"}})
        entry = {"group": "emailAddresses", "kind": "business", "entry": "zwei@example.org"}
        mails = (await control.post(f"/contacts/{person}/entries", json=entry)).json()["emailAddresses"]

        assert [edited.status_code, unfit.status_code] == [200, 400]
        assert draft.body["remark"] == "Neu"
        assert len(mails["business"]) == 2

    async def test_writes_templates(self, app: TwinApp, control: httpx2.AsyncClient) -> None:
        own = app.twin.world.organizations[app.identity.organizations[0].id]
        body = {
            "address": {"contactId": next(iter(own.contacts))},
            "lineItems": [{"type": "text", "name": "Wartung"}],
            "totalPrice": {"currency": "EUR"},
            "taxConditions": {"taxType": "net"},
        }
        made = await control.post(f"/organizations/{own.id}/templates", json={"body": body})
        path = f"/templates/{made.json()['id']}"

        statuses = [
            (await control.patch(path, json={"changes": {"title": "Neu"}})).status_code,
            (await control.post(f"{path}/resume", json={"start": "2030-01-01"})).status_code,
            (await control.post(f"{path}/pause")).status_code,
            (await control.delete(path)).status_code,
            (await control.delete(path)).status_code,
        ]

        assert statuses == [200, 200, 200, 200, 400]

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "/clock/advance", {"seconds": "viel"}),
            ("POST", "/clock/advance", {"seconds": 1e300}),
            ("POST", "/clock/advance", {}),
            ("POST", "/faults", {"kind": "nonsense"}),
            ("POST", "/faults", []),
            ("PUT", "/mishaps", {"lose": "x"}),
            ("POST", "/companies", {"name": "nonsense"}),
            ("POST", "/documents/x/finalize", None),
            ("POST", "/documents/x/pay", {"amount": "x"}),
            ("POST", "/contacts/x/entries", {"group": 1}),
            ("PUT", "/organizations/x/plan", {"lapsed": True}),
            ("POST", "/organizations/x/templates", {"body": 7}),
            ("POST", "/snapshots/x/restore", None),
            ("PUT", "/clients/x", {"secret": 7}),
        ],
    )
    async def test_what_it_cannot_work_with_is_400_with_a_reason(
        self, control: httpx2.AsyncClient, method: str, path: str, body: object
    ) -> None:
        answer = (
            await control.request(method, path, json=body)
            if body is not None
            else (await control.request(method, path))
        )

        assert (answer.status_code, bool(answer.json()["message"])) == (400, True)

    async def test_an_unknown_command_is_404_with_those_it_knows(self, control: httpx2.AsyncClient) -> None:
        answer = await control.post("/nothing")

        assert (answer.status_code, "POST /faults" in answer.json()["commands"]) == (404, True)

    @pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "http://evil.example"}])
    async def test_a_page_in_a_browser_cannot_reach_it(
        self, control: httpx2.AsyncClient, headers: dict[str, str]
    ) -> None:
        assert (await control.get("/identity", headers=headers)).status_code == 403

    async def test_founds_companies_with_books(
        self, control: httpx2.AsyncClient, client: httpx2.AsyncClient
    ) -> None:
        made = (await control.post("/companies", json={"name": "florist", "seed": 3})).json()

        headers = {"Authorization": f"Bearer {made['apiKey']}"}
        assert (await client.get("/v1/profile", headers=headers)).json()["companyName"] == "Blumen Weißdorn"
        assert made["documents"] > 20

    async def test_takes_and_restores_snapshots(
        self, app: TwinApp, control: httpx2.AsyncClient, client: httpx2.AsyncClient
    ) -> None:
        await control.put("/snapshots/first")
        await control.put(f"/organizations/{app.identity.organizations[0].id}/plan", json={"lapsed": True})
        lapsed = (await client.get("/v1/profile")).status_code
        await control.post("/snapshots/first/restore")

        assert (lapsed, (await client.get("/v1/profile")).status_code) == (402, 200)


class TestPage:
    async def test_shows_the_books_of_a_company(self, control: httpx2.AsyncClient) -> None:
        page = await control.get("/")

        for text in (
            "Muster Handel GmbH",
            "RE0002",
            "Bäckerei Jürgensen OHG",
            "überfällig",
            "746,86 €",
            "Bezahlt",
        ):
            assert text in page.text

    async def test_escapes_what_the_books_hold(self, app: TwinApp, control: httpx2.AsyncClient) -> None:
        organization = app.twin.world.organizations[app.identity.organizations[0].id]
        organization.name = "<script>alert(1)</script>"

        assert "<script>" not in (await control.get("/")).text

    async def test_does_what_a_button_says(self, app: TwinApp, control: httpx2.AsyncClient) -> None:
        organization = app.twin.world.organizations[app.identity.organizations[0].id]
        draft = next(d for d in organization.documents.values() if d.status == "draft")
        form = {"command": "finalize", "id": draft.id, "organization": organization.id}

        answer = await control.post("/page", data=form, headers={"origin": "http://127.0.0.1:1"})

        assert (answer.status_code, draft.status) == (303, "open")
        assert answer.headers["location"].startswith(f"/?organization={organization.id}")

    async def press(self, control: httpx2.AsyncClient, command: str, id: str, **more: str) -> None:
        answer = await control.post("/page", data={"command": command, "id": id, **more})
        assert answer.headers["location"].endswith("Erledigt."), answer.headers["location"]

    async def test_pays_a_part_as_a_german_types_it_and_then_the_rest(
        self, app: TwinApp, control: httpx2.AsyncClient
    ) -> None:
        own = app.twin.world.organizations[app.identity.organizations[0].id]
        owed = next(d for d in own.documents.values() if d.kind == "invoices" and d.status == "open")

        await self.press(control, "part", owed.id, amount="12,34")
        part = owed.payments[-1].amount
        await self.press(control, "pay", owed.id)

        assert (part, owed.status) == (Decimal("12.34"), "paid")

    @pytest.mark.parametrize("amount", ["", "x", "-1", "0", "NaN", "1,2,3"])
    async def test_pays_no_nonsense(self, app: TwinApp, control: httpx2.AsyncClient, amount: str) -> None:
        own = app.twin.world.organizations[app.identity.organizations[0].id]
        owed = next(d for d in own.documents.values() if d.kind == "invoices" and d.status == "open")

        answer = await control.post("/page", data={"command": "part", "id": owed.id, "amount": amount})

        assert "Das%20geht%20nicht" in answer.headers["location"]

    async def test_archives_contacts_and_gives_them_more_than_a_call_can_write(
        self, app: TwinApp, control: httpx2.AsyncClient
    ) -> None:
        own = app.twin.world.organizations[app.identity.organizations[0].id]
        id, contact = next(iter(own.contacts.items()))

        for command in ("second-mail", "second-address", "archive-contact"):
            await self.press(control, command, id)
        page = (await control.get("/")).text

        assert [len(contact.body["addresses"]["billing"]), contact.archived] == [2, True]
        assert "archiviert" in page

    async def test_books_a_bank_line_on_an_invoice(
        self, app: TwinApp, client: httpx2.AsyncClient, control: httpx2.AsyncClient
    ) -> None:
        app.twin.rate_limit(False)
        own = app.twin.world.organizations[app.identity.organizations[0].id]
        owed = next(d for d in own.documents.values() if d.kind == "invoices" and d.status == "open")
        account = {"type": "GIRO", "accountSystem": "S", "name": "N", "bankName": "B", "balance": 1,
                   "iban": "DE02120300000000202051", "bic": "BYLADEM1001"}  # fmt: skip
        place = (await client.post("/v1/finance/accounts", json=account)).json()["id"]
        line = {"financialAccountId": place, "valueDate": "2026-03-02T00:00:00.000+01:00",
                "purpose": "Rechnung", "amount": float(owed.total or 0)}  # fmt: skip
        made = await client.post("/v1/finance/transactions", json=[line])
        id = made.json()[0]["financialTransactionId"]

        await self.press(control, "assign", id, voucher=owed.id)

        assert owed.status == "paid"
        assert "Zuordnen" not in (await control.get("/")).text

    async def test_ends_connections_and_plans(
        self, app: TwinApp, client: httpx2.AsyncClient, control: httpx2.AsyncClient
    ) -> None:
        own = app.identity.organizations[0]
        await self.press(control, "plan", "", organization=own.id)
        lapsed = (await client.get("/v1/profile")).status_code
        await self.press(control, "plan", "", organization=own.id)
        await self.press(control, "revoke", own.connection_id)

        assert (lapsed, (await client.get("/v1/profile")).status_code) == (402, 401)

    async def test_says_what_does_not_go(self, app: TwinApp, control: httpx2.AsyncClient) -> None:
        paid = next(
            d
            for o in app.twin.world.organizations.values()
            for d in o.documents.values()
            if d.status == "paid"
        )

        answer = await control.post("/page", data={"command": "finalize", "id": paid.id})

        assert "Das%20geht%20nicht" in answer.headers["location"]
