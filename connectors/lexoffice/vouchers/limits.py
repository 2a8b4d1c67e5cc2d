"""What Lexware Office takes in a field of a recorded document, beyond what the model says."""

from collections.abc import Mapping

from connectors.base.examination import Limit
from connectors.lexoffice.sales.noun import Noun
from connectors.lexoffice.vouchers.checks import NO_ADDRESS
from connectors.lexoffice.vouchers.examining import TAKEN

RATES = Limit(values=tuple(map(str, TAKEN)), reason="Lexware Office takes any German rate of any time here.")
ADDRESS = Limit(writable=False, reason=NO_ADDRESS)


def limits(noun: Noun) -> Mapping[str, Limit]:
    """By path. Sales may be taxed in another member state, so that their rates depend on the account."""
    return {"lines[].taxRate": RATES} if noun.party == "supplier" else {"buyer.address": ADDRESS}
