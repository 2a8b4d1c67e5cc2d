"""When a grant is renewed ahead of need. Pure.

Connections that were made together, or renewed together after an outage, must not come back together at each
end of their tokens: so each grant draws its moment from the second half of its life.
"""

from datetime import datetime, timedelta

from gateway.credentials.failing import Draw
from gateway.credentials.grants import Grant
from gateway.credentials.held import early_end

AT_LEAST_EVERY = timedelta(hours=24)
"""So that a refresh token is used, and kept alive, whatever its access token's life."""


def renewal_time(grant: Grant, margin: timedelta, draw: Draw) -> datetime | None:
    """A moment between half of the grant's life and `margin` before its end, at most a day after its issue.

    None: there is nothing to renew it with.
    """
    if grant.refresh_token is None:
        return None
    life = AT_LEAST_EVERY if grant.expires_at is None else grant.expires_at - grant.issued_at
    first = grant.issued_at + min(life, AT_LEAST_EVERY) / 2
    last = min(early_end(grant, margin) or first + AT_LEAST_EVERY, grant.issued_at + AT_LEAST_EVERY)
    return first + max(last - first, timedelta(0)) * draw(0, 1)
