"""A page with a sentence: what stands in for a picture the vendor would draw."""

from datetime import datetime

from fpdf import FPDF


def draw(text: str, created: datetime) -> bytes:
    page = FPDF(format="A4")
    page.set_creation_date(created)
    page.add_page()
    page.set_font("Helvetica", size=12)
    page.cell(0, 10, text)
    return bytes(page.output())
