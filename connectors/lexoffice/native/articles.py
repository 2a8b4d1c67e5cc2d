"""`/v1/articles`. Source: "Articles" (read 2026-11-20)."""

from decimal import Decimal

from connectors.lexoffice.native.base import Instant, Native


class Price(Native, kw_only=True, frozen=True):
    net_price: Decimal | None = None
    gross_price: Decimal | None = None
    leading_price: str
    tax_rate: Decimal


class ArticleBody(Native, kw_only=True, frozen=True):
    """An article to write; `version` on PUT only."""

    title: str
    description: str | None = None
    type: str
    article_number: str | None = None
    gtin: str | None = None
    note: str | None = None
    unit_name: str
    price: Price
    version: int | None = None


class Article(ArticleBody, kw_only=True, frozen=True):
    """An article as the vendor answers it. The only noun whose nulls are written out."""

    id: str
    created_date: Instant | None = None
    updated_date: Instant | None = None
    archived: bool | None = None
