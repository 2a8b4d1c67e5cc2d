"""Who is behind a fresh credential: the vendor's profile, read before anything is stored."""

from connectors.base.connector import Identity
from gateway.ambient import Ambient
from gateway.onboarding.refusals import WrongTarget
from gateway.settings import Settings
from gateway.targets import Targets
from gateway.upstream.hops import Ledger
from gateway.upstream.wire import Upstream


class Profiles:
    """Asks the connector of a target."""

    def __init__(self, targets: Targets, upstream: Upstream, ambient: Ambient, settings: Settings) -> None:
        self._targets = targets
        self._upstream = upstream
        self._ambient = ambient
        self._deadline_s = settings.deadline_s

    async def identify(self, target: str, authorization: str) -> Identity:
        """The organization that `authorization` (a header's value) opens.

        Raises:
            ReconnectNeeded: the vendor refuses the credential.
            PlanTooSmall, PermissionMissing: it knows it, but does not let it read the profile.
            UpstreamBusy, UpstreamUnreachable, UpstreamBroken: there is no telling.
        """
        found = self._targets.find(target)
        if found is None:
            raise WrongTarget("The target is no longer known.")
        deadline = self._ambient.clock.monotonic() + self._deadline_s
        wire = self._upstream.bare_wire(target, authorization, deadline=deadline, ledger=Ledger())
        return await found[0].identify(wire)
