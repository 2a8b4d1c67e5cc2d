"""All commands of the control API. Arguments arrive as the members of a JSON object, in camelCase."""

from sandbox.lexoffice.control import fate, operating, using, watching

ROUTES = [*operating.ROUTES, *using.ROUTES, *watching.ROUTES, *fate.ROUTES]


def overview() -> list[str]:
    return [f"{route.method} {route.path}" for route in ROUTES]
