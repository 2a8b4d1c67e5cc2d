"""All that the API serves. A new resource is a module and a line below."""

from sandbox.lexoffice.events import subscriptions
from sandbox.lexoffice.partner import (
    bank_accounts,
    cash_boxes,
    finance_accounts,
    integration,
    interaction,
    mailing,
    transactions,
)
from sandbox.lexoffice.resources import (
    articles,
    categories,
    contacts,
    files,
    masterdata,
    payments,
    templates,
    uploads,
    voucherlist,
    vouchers,
)
from sandbox.lexoffice.routing import Route
from sandbox.lexoffice.sales import routes as sales

ROUTES: list[Route] = [
    *articles.ROUTES,
    *bank_accounts.ROUTES,
    *cash_boxes.ROUTES,
    *categories.ROUTES,
    *contacts.ROUTES,
    *files.ROUTES,
    *finance_accounts.ROUTES,
    *integration.ROUTES,
    *interaction.ROUTES,
    *mailing.ROUTES,
    *masterdata.ROUTES,
    *payments.ROUTES,
    *sales.ROUTES,
    *subscriptions.ROUTES,
    *templates.ROUTES,
    *transactions.ROUTES,
    *uploads.ROUTES,
    *voucherlist.ROUTES,
    *vouchers.ROUTES,
]
