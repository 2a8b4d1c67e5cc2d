"""Where Lexware Office is reached and how access is granted. Source: partner docs (read 2026-11-20)."""

from connectors.base.connector import ApiKey, Hosts, OAuth, Target

WEBHOOK_KEY = """\
-----BEGIN PUBLIC KEY-----
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAtCkZXZqT2zFRmA83KsBC
tQSv9t+AaWiZpRWvzE4wiQEh0aHzNYkT/DlP419pngqoLxnqW9SsgWfKOG3utoEV
z+Lru9odZntW/n/yaRK3f0AcMtuWs/Z1PZ4BbN/RlFYyqlPg0VfuAvZMAa+J9WAl
Fuy0T4Y0EdO0d+EL8BpzSLqj3XLI+YuK4hUhlTOxHmdDtNUkugnT9b9khb+oPDmB
3yxRP6Rmo2qo6waSc+pihCdOiZKzwA4fA1HT8DM54OaNQ4qd9NRf5uECijFlpQu6
vZdW7Z+LZ8HTgGQVSsJdCzUtM1wiWOERrHvd8IpBMvUAvGM/qaJnAmwsEr4J/El4
yCmur8wwYBtSUH0Xue42YysdmSS0pOMMUAAvr70HQMDHagYkErMtu6FAyAmPz8p/
tAqJJpwAhxITbnc5WsmZOu0Ke255nXQ/2Go1TKv+45mSb7RLsvpmhVZ4nFByFt24
vG6IwNReuLhJJL468jrdTpxyZRn0QqkxiQV7jDd9Dp1NVd/W3+n86Aos9LnJa+ut
kN+jOOWmJdJjnQetJlbDVg3ex+XHVmCjiRYggCGPlpXVJwdEUNGzxhPGKjxmeiQT
ahwFA9iHtwBw7yK5VfM/hA+JeF2FXYhTdehfClAQt1YCYXkgUEFxm9idRdBoCY6U
bmFUXQLdi7tZyDor8Rxoq2MCAwEAAQ==
-----END PUBLIC KEY-----
"""
"""Signs events. RSA, 4096 bits, as published at developers.lexware.io/webhookSignature/public/public_key.pub;
SHA-256 of its DER: 6a42debdf6c613137f8da76b231711c93c3b4fc2dc0e7a2998e08c7f479f80b1. Whether the sandbox has
another one is not documented, so none is pinned for it."""

TARGETS = (
    Target(
        name="lexoffice",
        environment="live",
        hosts=Hosts(
            api="https://api.lexware.io", app="https://app.lexware.de", authorization="https://app.lexware.de"
        ),
        aliases=("lexware-office",),
        webhook_key=WEBHOOK_KEY,
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
