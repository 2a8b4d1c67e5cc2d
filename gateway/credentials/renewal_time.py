"""When a grant is renewed ahead of need. Pure.

Connections that were made together, or renewed together after an outage, must not come back together at each
end of their tokens: so each grant draws its moment from the second half of its life.
"""

from datetime import datetime, timedelta

from gateway.credentials.failing import Draw
from gateway.credentials.grants import Grant

AT_LEAST_EVERY = timedelta(hours=24)
"""So that a refresh token is used, and kept alive, whatever its access token's life."""


def renewal_time(grant: Grant, margin: timedelta, draw: Draw) -> datetime | None:
    """A moment between half of the grant's life and twice `margin` before its end, at most a day
    after its issue.

    A request renews at `margin` itself, and clocks of two processes differ: the job is to be there before.
    None: there is nothing to renew it with.
    """
    if grant.refresh_token is None:
        return None
    life = AT_LEAST_EVERY if grant.expires_at is None else grant.expires_at - grant.issued_at
    first = grant.issued_at + min(life, AT_LEAST_EVERY) / 2
    last = grant.issued_at + AT_LEAST_EVERY
    if grant.expires_at is not None:
        last = min(last, grant.expires_at - 2 * margin)
    return first + max(last - first, timedelta(0)) * draw(0, 1)
