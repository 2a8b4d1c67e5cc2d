"""The app user's hand on recurring templates, which no call can write."""

from datetime import date
from typing import TYPE_CHECKING, Any, cast

from sandbox.lexoffice import dates
from sandbox.lexoffice.books import Books
from sandbox.lexoffice.resources import templates
from sandbox.lexoffice.sales import address, intake, members, writing
from sandbox.lexoffice.sales.kinds import KINDS
from sandbox.lexoffice.sales.settling import NotPossible
from sandbox.lexoffice.shapes import read_body
from sandbox.lexoffice.state import Organization, Template

if TYPE_CHECKING:
    from sandbox.lexoffice.twin import Twin


class Recurring(Books):
    def create_template(
        self,
        organization_id: str,
        body: dict[str, Any],
        *,
        interval: str = "MONTHLY",
        start: date | None = None,
        end: date | None = None,
        finalize: bool = False,
        shipping_type: str = "service",
    ) -> Template:
        """A template that makes invoices of `body` (a create body with a contact); paused without `start`."""
        organization = self.world.organizations[organization_id]
        if "contactId" not in body.get("address", {}):
            raise NotPossible("a recurring template goes to a contact")
        now = self.clock.now()
        template = Template(
            id=self.ids.uuid(),
            version=0,
            created=now,
            updated=now,
            title=body.get("title", "Rechnung"),
            raw=body,
            body=self._members(organization, body),
            settings_id=self.ids.uuid(),
            interval=interval,
            start=start,
            end=end,
            next=start,
            finalize=finalize,
            shipping_type=shipping_type,
        )
        organization.templates[template.id] = template
        self.emit(organization.id, "recurring-template.created", template.id)
        templates.schedule(cast("Twin", self), organization, template)
        return template

    def edit_template(self, template_id: str, changes: dict[str, Any]) -> None:
        """`changes` are members of the body of the invoices to come."""
        organization, template = self.find_template(template_id)
        raw = {**template.raw, **changes}
        template.body = self._members(organization, raw)
        template.raw, template.title = raw, raw.get("title", template.title)
        self._template_changed(organization, template)

    def pause_template(self, template_id: str) -> None:
        organization, template = self.find_template(template_id)
        template.start = template.next = None
        self._template_changed(organization, template)

    def resume_template(self, template_id: str, start: date) -> None:
        organization, template = self.find_template(template_id)
        template.start = template.next = start
        templates.schedule(cast("Twin", self), organization, template)
        self._template_changed(organization, template)

    def delete_template(self, template_id: str) -> None:
        organization, _ = self.find_template(template_id)
        del organization.templates[template_id]
        self.emit(organization.id, "recurring-template.deleted", template_id)

    def _template_changed(self, organization: Organization, template: Template) -> None:
        template.version += 1
        template.updated = self.clock.now()
        self.emit(organization.id, "recurring-template.changed", template.id)

    def _members(self, organization: Organization, raw: dict[str, Any]) -> dict[str, Any]:
        kind = KINDS["invoices"]
        today = dates.shown(dates.midnight(dates.local_day(self.clock.now())))
        read = read_body(
            intake.SHAPES[kind.path],
            {**raw, "voucherDate": today, "shippingConditions": {"shippingType": "none"}},
        )
        to, contact = address.resolve(organization, kind, read["address"])
        writing.demand_rules(organization, self.quirks, kind, read, to, contact, False)
        return members.of(organization, kind, read, to, self.quirks)
