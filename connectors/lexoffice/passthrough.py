"""What is let through to Lexware Office. Source: "Invoices", finalize (read 2026-11-20)."""

from connectors.base.passthrough import Fields, Passthrough


def finalizes(method: str, path: str, fields: Fields) -> bool:
    """Only creation finalizes, by the parameter `finalize`. Spelled in whatever way, it is taken as meant."""
    return any(
        name.strip().casefold() == "finalize" and value.strip().casefold() != "false"
        for name, value in fields
    )


PASSTHROUGH = Passthrough(base_path="/v1/", finalizes=finalizes)
