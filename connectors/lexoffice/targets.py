"""Where Lexware Office is reached and how access is granted. Source: partner docs (read 2026-11-20)."""

from connectors.base.connector import ApiKey, Hosts, OAuth, Target

TARGETS = (
    Target(
        name="lexoffice",
        environment="live",
        hosts=Hosts(
            api="https://api.lexware.io", app="https://app.lexware.de", authorization="https://app.lexware.de"
        ),
        aliases=("lexware-office",),
    ),
    Target(
        name="lexoffice-sandbox",
        environment="test",
        hosts=Hosts(
            api="https://api.lexware-sandbox.io",
            app="https://app.lexware-sandbox.de",
            authorization="https://app.lexware-sandbox.de",
        ),
        aliases=("lexware-office-sandbox",),
    ),
)

OAUTH = OAuth(
    authorize_path="/oauth2/authorize",
    token_path="/oauth2/token",
    revoke_path="/oauth2/revoke",
    scopes=(
        "profile.read",
        "contacts.read",
        "contacts.write",
        "articles.read",
        "articles.write",
        "invoices.read",
        "invoices.write",
        "credit-notes.read",
        "credit-notes.write",
        "quotations.read",
        "quotations.write",
        "order-confirmations.read",
        "order-confirmations.write",
        "delivery-notes.read",
        "delivery-notes.write",
        "dunnings.read",
        "dunnings.write",
        "voucherlist.read",
        "payments.read",
        "organization.read",
        "finance.read",
        "finance.write",
        "finance.delete",
        "transaction-assignment-hint.write",
        "vouchers.sendmail",
        "recurring-templates.read",
        "files.read",
        "files.write",
        "files.status",
        "vouchers.read",
        "vouchers.write",
    ),
    label_parameter="connection_name",
    label_alphabet=r'[^A-Za-zÄÖÜäöüß0-9 /?.\-{}"_\\:=,()]',
)

API_KEY = ApiKey(where="/addons/public-api")
