"""Open files: a request that waits for a vendor needs two, and common systems begin at 1,024 a process."""

import resource

ENOUGH = 65_536
"""More than a gateway can use, and not so many that closing all that might be open takes time."""


def as_many_as_allowed() -> None:
    """Let this process and all that it starts have as many as the system allows."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if most == resource.RLIM_INFINITY else min(most, ENOUGH)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
