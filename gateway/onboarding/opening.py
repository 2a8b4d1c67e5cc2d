"""The beginning: a tenant makes a session, its end customer opens the page behind the link."""

import hmac

from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.errors import FieldError
from gateway.ambient import Ambient
from gateway.credentials.partner_apps import PartnerApps
from gateway.errors import Invalid, UnknownObject
from gateway.onboarding.completion import Completion, Record, back
from gateway.onboarding.offers import Offer, methods, narrowed, offer, reachable
from gateway.onboarding.refusals import LinkUnknown, PageOutdated
from gateway.onboarding.sessions import Browser, ConnectSession, Sessions, Wanted
from gateway.persistence.database import Database
from gateway.settings import Settings
from gateway.targets import Targets
from gateway.tenants.connections import Connections
from gateway.tenants.directory import Directory
from gateway.tenants.model import Caller

PAGE = "/connect/"


class Opening:
    """Makes sessions and reads them again by id or by link."""

    def __init__(
        self,
        *,
        database: Database,
        ambient: Ambient,
        settings: Settings,
        targets: Targets,
        sessions: Sessions,
        partner_apps: PartnerApps,
        directory: Directory,
        connections: Connections,
        completion: Completion,
        record: Record,
    ) -> None:
        self._database = database
        self._ambient = ambient
        self._settings = settings
        self._targets = targets
        self._sessions = sessions
        self._partner_apps = partner_apps
        self._directory = directory
        self._connections = connections
        self._completion = completion
        self._record = record

    async def create(self, caller: Caller, wanted: Wanted, request_id: str) -> tuple[ConnectSession, str]:
        """The session, and the address of its page, which is told here and never again.

        Raises:
            UnknownObject: no such target or connection in the caller's environment.
            Invalid: the return URL is not registered, or the connection is one to another target.
            NotSupported, PartnerAppMissing: the wanted way to connect does not exist, or not for this tenant.
        """
        connector, target = reachable(self._targets, wanted.target, caller.environment)
        async with self._database.write() as session:
            await self._check_connection(session, caller, wanted, target.name)
            possible = await methods(session, self._partner_apps, connector, caller.tenant_id, target.name)
            narrowed(possible, wanted.method, connector)
            made, link = await self._sessions.create(session, caller, target.name, wanted)
            if not await self._completion.may_return(session, made):
                raise Invalid((RETURN_URL,))
            await self._record(
                session,
                tenant_id=caller.tenant_id,
                actor=caller.key_id,
                action="connect_session.created",
                object_type="connect_session",
                object_id=made.id,
                environment=caller.environment,
                detail={
                    "target": target.name,
                    "connection": wanted.connection_id,
                    "acceptOtherOrganization": wanted.accept_other_organization,
                },
                request_id=request_id,
                at=self._ambient.clock.now(),
            )
        return made, f"{self._settings.public_url}{PAGE}{link}"

    async def get(self, caller: Caller, id: str) -> ConnectSession:
        """A session of the caller's. Raises UnknownObject."""
        async with self._database.read() as session:
            found = await self._sessions.get(session, caller, id)
        if found is None:
            raise UnknownObject("connect session")
        return found

    async def page(self, link: str, browser: Browser | None) -> tuple[ConnectSession, Offer]:
        """What to show behind a link. Looking at it, as link previews do, uses nothing up.

        Raises:
            ConnectRefusal: the link cannot be used any more, or not in this browser.
        """
        async with self._database.read() as session:
            found = await self._sessions.by_link(session, link, browser)
            connector, target = reachable(self._targets, found.target, found.environment)
            possible = await methods(session, self._partner_apps, connector, found.tenant_id, target.name)
            ways = narrowed(possible, found.method, connector)
            tenant = await self._directory.tenant(session, found.tenant_id)
        if tenant is None:
            raise LinkUnknown("The tenant does not exist any more.")
        return found, offer(found, tenant.name, connector, target, self._targets, ways)

    def page_token(self, browser: Browser, link: str) -> str:
        """What the page's form has to send back, so that no other site can send it."""
        return self._sessions.page_token(browser, link)

    def check_page_token(self, browser: Browser, link: str, presented: str) -> None:
        """Raises PageOutdated unless the form came from our page in this browser."""
        if not hmac.compare_digest(self._sessions.page_token(browser, link).encode(), presented.encode()):
            raise PageOutdated("The form does not carry the token of this browser and link.")

    async def way_back(self, found: ConnectSession, code: str) -> tuple[str, str] | None:
        """The tenant's name, and its address with the problem's code; None when it is registered no more."""
        async with self._database.read() as session:
            tenant = await self._directory.tenant(session, found.tenant_id)
            if tenant is None or not await self._completion.may_return(session, found):
                return None
        return tenant.name, back(found, error=code)

    async def _check_connection(
        self, session: AsyncSession, caller: Caller, wanted: Wanted, target: str
    ) -> None:
        if wanted.connection_id is None:
            return
        connection = await self._connections.get(
            session, caller.tenant_id, caller.environment, wanted.connection_id
        )
        if connection is None:
            raise UnknownObject("connection")
        if connection.target != target:
            raise Invalid((OTHER_TARGET,))


RETURN_URL = FieldError(
    field="returnUrl",
    code="not_registered",
    message="It is not registered, byte for byte. Register it with POST /v1/return-urls.",
)
OTHER_TARGET = FieldError(
    field="connectionId", code="other_target", message="This connection is one to another target."
)
