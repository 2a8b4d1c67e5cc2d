"""Targets by name, with the hosts that settings put in their place."""

from collections.abc import Iterator, Mapping

import msgspec

from connectors.base.connector import Connector, Hosts, Target
from connectors.base.errors import NotSupported
from gateway.settings import Settings, SettingsError

BEHIND_TWIN = "lexoffice-sandbox"
"""The target that the twin stands behind, where settings name one."""


class Targets:
    """Every target of every connector. Names and aliases are unique across connectors."""

    def __init__(self, settings: Settings, connectors: tuple[Connector, ...]) -> None:
        overrides = _overrides(settings)
        self._by_name: dict[str, tuple[Connector, Target]] = {}
        self._reached: dict[str, Hosts] = {}
        for connector in connectors:
            for target in connector.targets:
                self._reached[target.name] = msgspec.structs.replace(
                    target.hosts, **overrides.get(target.name, {})
                )
                for name in (target.name, *target.aliases):
                    self._by_name[name] = (connector, target)

    def find(self, name: str) -> tuple[Connector, Target] | None:
        """The target of this name or alias, with its connector."""
        return self._by_name.get(name)

    def reached(self, name: str) -> tuple[Connector, Hosts]:
        """The connector of a target, and where that is reached.

        Raises:
            NotSupported: a connection's target that no connector has any more.
        """
        found = self.find(name)
        if found is None:
            raise NotSupported(f"The target {name} is no longer known.", None)
        return found[0], self.hosts(found[1])

    def hosts(self, target: Target) -> Hosts:
        """Where it is reached, after settings."""
        return self._reached[target.name]

    def all(self) -> Iterator[tuple[Connector, Target]]:
        """Each target once, in the order of declaration."""
        return iter([pair for name, pair in self._by_name.items() if name == pair[1].name])


def _overrides(settings: Settings) -> Mapping[str, dict[str, str]]:
    try:
        given = msgspec.json.decode(settings.target_hosts or "{}", type=dict[str, dict[str, str]])
    except msgspec.DecodeError as error:
        raise SettingsError(
            f"KONTOR_TARGET_HOSTS is not JSON of target, host kind and address: {error}"
        ) from error
    unknown = {kind for hosts in given.values() for kind in hosts} - {"api", "app", "authorization"}
    if unknown:
        raise SettingsError(f"KONTOR_TARGET_HOSTS knows api, app and authorization, not {sorted(unknown)}.")
    if settings.twin_url:
        url = settings.twin_url.rstrip("/")
        given.setdefault(BEHIND_TWIN, {"api": url, "app": url, "authorization": url})
    return given
