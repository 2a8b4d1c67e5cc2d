import re

import pytest

from connectors.lexoffice.targets import OAUTH


# Letters with umlauts and sharp s, digits, blanks and / ? . - { } " _ \ : = , ( ): partner documentation.
@pytest.mark.parametrize(
    ("label", "sent"),
    [
        ("Müller & Söhne (Süd)", "Müller  Söhne (Süd)"),
        ('a/b?c.d-e{f}g"h_i\\j:k=l,m(n)', 'a/b?c.d-e{f}g"h_i\\j:k=l,m(n)'),
        ("Café 中文 €5", "Caf  5"),
        ("Straße\t7\n", "Straße7"),
    ],
)
def test_a_label_keeps_what_the_vendor_allows_and_nothing_else(label: str, sent: str) -> None:
    assert OAUTH.label_alphabet is not None
    assert re.sub(OAUTH.label_alphabet, "", label) == sent
