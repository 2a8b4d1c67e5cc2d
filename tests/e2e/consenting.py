"""An end customer at the hosted page and the vendor's, from a shell: prints the one-time code.

`python -m tests.e2e.consenting ADDRESS ORGANIZATION`
"""

import sys
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2

from tests.integration.onboarding.people import form_of


def consented(address: str, organization: str) -> str:
    """Press the button, agree for the company, come back."""
    with httpx2.Client(trust_env=False) as browser:
        page = browser.get(address)
        vendor = browser.post(address, data={**form_of(page), "method": "oauth"}).headers["location"]
        asked = dict(parse_qsl(urlsplit(vendor).query))
        answer = browser.post(
            vendor.partition("?")[0], data={**asked, "decision": "allow", "organization": organization}
        )
        back = browser.get(answer.headers["location"])
    return parse_qs(urlsplit(back.headers["location"]).query)["code"][0]


if __name__ == "__main__":
    print(consented(*sys.argv[1:]))
