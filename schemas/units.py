"""Units of measure: printed names, German and English, as codes of UN/ECE Recommendation 20 (BT-130)."""

UNIT_CODES = {
    name: code
    for code, names in {
        "C62": "einheit einheiten unit units",
        "H87": "stück stk st stck piece pieces pc pcs",
        "HUR": "stunde stunden std h hour hours",
        "MIN": "minute minuten minutes",
        "DAY": "tag tage day days",
        "WEE": "woche wochen week weeks",
        "MON": "monat monate month months",
        "ANN": "jahr jahre year years",
        "KGM": "kg kilogramm kilogram",
        "GRM": "g gramm gram",
        "TNE": "t tonne tonnen ton",
        "MTR": "m meter metre",
        "CMT": "cm zentimeter",
        "MMT": "mm millimeter",
        "KMT": "km kilometer kilometre",
        "MTK": "m² m2 qm quadratmeter",
        "MTQ": "m³ m3 cbm kubikmeter",
        "LTR": "l liter litre",
        "MLT": "ml milliliter",
        "KWH": "kwh kilowattstunde kilowattstunden",
        "LS": "pauschal pauschale psch lump",
        "PR": "paar pair",
        "SET": "set satz",
        "P1": "% prozent percent",
    }.items()
    for name in names.split()
}


def unit_code(name: str | None) -> str | None:
    """The code of a printed unit; None where the name says nothing certain."""
    return UNIT_CODES.get(name.strip().rstrip(".").lower()) if name else None
