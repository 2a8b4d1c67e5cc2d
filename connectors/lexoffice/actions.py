"""How an object says what can be done with it."""

from schemas.base import AllowedAction

IN_APP = "Do it in Lexware Office; `links` lead there."


def allowed(action: str, to: str | None = None) -> AllowedAction:
    """It can be done."""
    return AllowedAction(action=action, to=to, allowed=True, reason=None, alternative=None)


def impossible(action: str, reason: str, alternative: str, to: str | None = None) -> AllowedAction:
    """It cannot be done."""
    return AllowedAction(action=action, to=to, allowed=False, reason=reason, alternative=alternative)
