"""Return URLs: browsers are sent to a registered one only, compared as exact strings (RFC 9700)."""

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.errors import FieldError
from gateway.ambient import Ambient
from gateway.errors import Conflict, Invalid
from gateway.persistence.tables import return_urls
from gateway.tenants.model import Environment, ReturnUrl

LONGEST = 2048

PRINTABLE = re.compile(r"[!-~]+")
HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*", re.IGNORECASE
)
NUMERIC_END = re.compile(r"(^|\.)([0-9]+|0x[0-9a-f]*)\Z", re.IGNORECASE)
"""Browsers read such a host as a number (WHATWG URL): another host than it seems, or none."""


class ReturnUrls:
    """Adds, lists and removes them."""

    def __init__(self, ambient: Ambient) -> None:
        self._ambient = ambient

    async def add(
        self, session: AsyncSession, tenant_id: str, environment: Environment, url: str
    ) -> ReturnUrl:
        """Register `url`, byte for byte.

        Raises:
            Invalid: it is not https (http only on loopback), or holds a fragment, a user or odd characters.
            Conflict: it is registered already.
        """
        if message := unfit(url):
            raise Invalid((FieldError(field="url", code="invalid", message=message),))
        if await self.registered(session, tenant_id, environment, url):
            raise Conflict("This return URL is registered already.")
        row = ReturnUrl(id=self._ambient.ids.new("url"), url=url, created_at=self._ambient.clock.now())
        await session.execute(
            insert(return_urls).values(
                id=row.id, tenant_id=tenant_id, environment=environment, url=url, created_at=row.created_at
            )
        )
        return row

    async def list(self, session: AsyncSession, tenant_id: str, environment: Environment) -> list[ReturnUrl]:
        """All of them, oldest first."""
        found = await session.execute(
            select(return_urls).where(*_of(tenant_id, environment)).order_by(return_urls.c.id)
        )
        return [ReturnUrl(id=row.id, url=row.url, created_at=row.created_at) for row in found]

    async def remove(self, session: AsyncSession, tenant_id: str, environment: Environment, id: str) -> bool:
        """Whether there was one to remove."""
        removed = await session.execute(
            delete(return_urls)
            .where(*_of(tenant_id, environment), return_urls.c.id == id)
            .returning(return_urls.c.id)
        )
        return removed.scalar_one_or_none() is not None

    async def registered(
        self, session: AsyncSession, tenant_id: str, environment: Environment, url: str
    ) -> bool:
        """Whether exactly this string is registered."""
        if unfit(url):  # nothing like it ever was, and not every string can be asked for
            return False
        found = await session.execute(
            select(return_urls.c.url).where(*_of(tenant_id, environment), return_urls.c.url == url)
        )
        return found.scalar_one_or_none() == url  # whatever a collation may hold equal


def _of(tenant_id: str, environment: Environment) -> tuple[Any, ...]:
    return (return_urls.c.tenant_id == tenant_id, return_urls.c.environment == environment)


def unfit(url: str) -> str | None:
    """Why a browser must not be sent there; None when it may."""
    if len(url) > LONGEST:
        return f"It is longer than {LONGEST} characters."
    if not PRINTABLE.fullmatch(url) or "\\" in url:
        return "It holds characters that a URL does not have; write them percent-encoded."
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "It is not a URL."
    if not url.startswith(f"{parts.scheme}://{parts.netloc}") or not is_host(host):
        return "It has no host that can be reached."
    if "#" in url:
        return "It has a fragment."
    if "@" in parts.netloc:
        return "It names a user."
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        return "It is not https; http is for loopback only."
    return None


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine, written plainly."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_host(host: str) -> bool:
    """Whether `host` is a name or an address, without escapes or tricks."""
    try:
        return "%" not in str(ipaddress.ip_address(host))  # else a zone, which means this machine's own links
    except ValueError:
        return HOST_NAME.fullmatch(host) is not None and not NUMERIC_END.search(host)
