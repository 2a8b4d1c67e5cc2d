"""All that the API serves: a list of routes. A new resource is a module here and a line below."""

from sandbox.lexoffice.events import subscriptions
from sandbox.lexoffice.resources import (
    articles,
    categories,
    contacts,
    files,
    masterdata,
    payments,
    uploads,
    voucherlist,
    vouchers,
)
from sandbox.lexoffice.routing import Route
from sandbox.lexoffice.sales import routes as sales

ROUTES: list[Route] = [
    *articles.ROUTES,
    *categories.ROUTES,
    *contacts.ROUTES,
    *files.ROUTES,
    *subscriptions.ROUTES,
    *masterdata.ROUTES,
    *payments.ROUTES,
    *sales.ROUTES,
    *uploads.ROUTES,
    *voucherlist.ROUTES,
    *vouchers.ROUTES,
]
