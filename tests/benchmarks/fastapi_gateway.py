"""A gateway as most would write it: FastAPI, httpx, pydantic, uvicorn; one route, both keys, one mapping.

`python -m tests.benchmarks.fastapi_gateway PORT`.
"""
# pyright: reportMissingImports=false

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import httpx
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from gateway.launch import lifeline

TOKENS = {("bench-api-key", "bench-account-key"): "Bearer bench"}


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class NativeAddress(Model):
    contact_id: str | None = None
    name: str
    street: str | None = None
    zip: str | None = None
    city: str | None = None
    country_code: str


class NativeUnitPrice(Model):
    currency: str
    net_amount: Decimal
    gross_amount: Decimal
    tax_rate_percentage: Decimal


class NativeLine(Model):
    type: str
    name: str
    description: str | None = None
    quantity: Decimal | None = None
    unit_name: str | None = None
    unit_price: NativeUnitPrice | None = None
    discount_percentage: Decimal | None = None
    line_item_amount: Decimal | None = None


class NativeTotal(Model):
    currency: str
    total_net_amount: Decimal
    total_tax_amount: Decimal
    total_gross_amount: Decimal


class NativeTax(Model):
    tax_rate_percentage: Decimal
    tax_amount: Decimal
    net_amount: Decimal


class NativeInvoice(Model):
    id: str
    version: int
    voucher_status: str
    voucher_number: str | None = None
    voucher_date: datetime
    due_date: datetime | None = None
    address: NativeAddress
    line_items: list[NativeLine]
    total_price: NativeTotal
    tax_amounts: list[NativeTax]
    title: str | None = None
    introduction: str | None = None
    remark: str | None = None


class Money(Model):
    amount: Decimal
    currency: str


class Party(Model):
    id: str | None
    name: str
    street: str | None
    postal_code: str | None
    city: str | None
    country: str


class Line(Model):
    kind: str
    name: str
    description: str | None
    quantity: Decimal | None
    unit: str | None
    unit_price: Money | None
    tax_rate: Decimal | None
    amount: Money | None


class Tax(Model):
    rate: Decimal
    tax: Money
    net: Money


class Totals(Model):
    net: Money
    tax: Money
    gross: Money


class Invoice(Model):
    id: str
    number: str | None
    status: str
    issued_on: date
    due_on: date | None
    buyer: Party
    lines: list[Line]
    tax_breakdown: list[Tax]
    totals: Totals
    title: str | None
    introduction: str | None
    remark: str | None
    version: int


class Envelope(Model):
    data: Invoice


def to_line(raw: NativeLine) -> Line:
    price = raw.unit_price
    return Line(
        kind=raw.type,
        name=raw.name,
        description=raw.description,
        quantity=raw.quantity,
        unit=raw.unit_name,
        unit_price=Money(amount=price.net_amount, currency=price.currency) if price else None,
        tax_rate=price.tax_rate_percentage if price else None,
        amount=Money(amount=raw.line_item_amount, currency=price.currency)
        if price and raw.line_item_amount is not None
        else None,
    )


def to_unified(raw: NativeInvoice) -> Invoice:
    def money(amount: Decimal) -> Money:
        return Money(amount=amount, currency=raw.total_price.currency)

    return Invoice(
        id=raw.id,
        number=raw.voucher_number,
        status=raw.voucher_status,
        issued_on=raw.voucher_date.date(),
        due_on=raw.due_date.date() if raw.due_date else None,
        buyer=Party(
            id=raw.address.contact_id,
            name=raw.address.name,
            street=raw.address.street,
            postal_code=raw.address.zip,
            city=raw.address.city,
            country=raw.address.country_code,
        ),
        lines=[to_line(line) for line in raw.line_items],
        tax_breakdown=[
            Tax(rate=tax.tax_rate_percentage, tax=money(tax.tax_amount), net=money(tax.net_amount))
            for tax in raw.tax_amounts
        ],
        totals=Totals(
            net=money(raw.total_price.total_net_amount),
            tax=money(raw.total_price.total_tax_amount),
            gross=money(raw.total_price.total_gross_amount),
        ),
        title=raw.title,
        introduction=raw.introduction,
        remark=raw.remark,
        version=raw.version,
    )


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient(base_url=os.environ["BENCH_UPSTREAM"]) as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


async def authorization(x_api_key: Annotated[str, Header()], x_account_key: Annotated[str, Header()]) -> str:
    token = TOKENS.get((x_api_key, x_account_key))
    if token is None:
        raise HTTPException(401)
    return token


@app.get("/v1/accounting/invoices/{id}")
async def get_invoice(id: str, request: Request, token: Annotated[str, Depends(authorization)]) -> Envelope:
    client: Any = request.app.state.client
    answer = await client.get(f"/v1/invoices/{id}", headers={"Authorization": token})
    answer.raise_for_status()
    return Envelope(data=to_unified(NativeInvoice.model_validate(answer.json())))


if __name__ == "__main__":
    lifeline.end_with_pipe(int(os.environ["KONTOR_PARENT_FD"]))
    uvicorn.run(app, port=int(sys.argv[1]))
