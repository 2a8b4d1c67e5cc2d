"""An authorization server that rotates refresh tokens, without grace, as the vendor's documentation says.

It keeps its own ledger of what was asked and what is valid: the ledger decides, not the gateway.
"""

import json
from collections.abc import Mapping

from msgspec import Struct, field


class Family(Struct, kw_only=True):
    """The tokens of one authorization."""

    access: str
    refresh: str
    former: str | None = None
    revoked: bool = False


class TokenServer(Struct, kw_only=True):
    """Pure state; `post` is one request."""

    expires_in: object = 14399
    grace: bool = False
    """The refresh token before the current one still works."""
    reuse_ends_all: bool = True
    """A spent refresh token that comes again ends the whole authorization."""
    calls: int = 0
    rotations: int = 0
    families: list[Family] = field(default_factory=list)

    def authorize(self) -> Family:
        """A new authorization by the end customer."""
        number = len(self.families) + 1
        family = Family(access=f"access-{number}-0", refresh=f"refresh-{number}-0")
        self.families.append(family)
        return family

    def post(self, path: str, form: Mapping[str, str], basic: tuple[str, str]) -> tuple[int, bytes]:
        """Status and body."""
        self.calls += 1
        if basic != ("client", "secret"):
            return answer(401, error="invalid_client")
        if path.endswith("/revoke"):
            for family in self.families:
                if form["token"] in (family.refresh, family.access):
                    family.revoked = True
            return 200, b""
        assert form["grant_type"] == "refresh_token"
        return self._refresh(form["refresh_token"])

    def accepts(self, header: str) -> bool:
        """Whether a resource would be served."""
        return any(header == f"Bearer {each.access}" and not each.revoked for each in self.families)

    def _refresh(self, token: str) -> tuple[int, bytes]:
        family = next((each for each in self.families if token in (each.refresh, each.former)), None)
        if family is None or family.revoked:
            return answer(400, error="invalid_grant")
        if token != family.refresh and not self.grace:
            family.revoked = self.reuse_ends_all
            return answer(400, error="invalid_grant")
        self.rotations += 1
        family.former = token
        family.access = f"access-{self.families.index(family) + 1}-{self.rotations}"
        family.refresh = f"refresh-{self.families.index(family) + 1}-{self.rotations}"
        return answer(
            200,
            access_token=family.access,
            refresh_token=family.refresh,
            token_type="Bearer",
            expires_in=self.expires_in,
        )


def answer(status: int, **fields: object) -> tuple[int, bytes]:
    return status, json.dumps(fields).encode()
