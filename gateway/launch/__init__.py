"""Starting and watching processes: what `kontor` does before and around the gateway."""


class LaunchError(Exception):
    """Something outside keeps us from starting. The message is for a person: what it is, what to do."""
