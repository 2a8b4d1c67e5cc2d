"""Values that one reader takes for harmless and the next for something else (SEC-35), as JSON holds them."""

from typing import Any

NOT_STORABLE = [
    r'"\u0000"',
    r'"a\u0000"',
    r'"\u0000a"',
    r'"a\u0000b"',
    r'"\u0000\u0000"',
    r'"1\u0000"',
    r'"19\u000019"',
    r'"rechnung@muster.example\u0000"',
    r'"DE\u0000"',
    r'"\ud800"',
    r'"\udbff"',
    r'"\udc00"',
    r'"\udfff"',
    r'"a\ud800"',
    r'"\ud800a"',
    r'"\udc00\ud800"',
    r'"\ud800\ud800"',
    r'"\udfff\udfff"',
    r'"\ud83d x \ude00"',
    r'"\ud83d\u0041"',
    r'"1\udcff"',
    r'"\ud800\u0000"',
    r'"\u0000\ud800"',
    r'"2026-11-20\u0000"',
]
"""JSON that every parser reads, as text that no database stores."""

NOT_JSON = [
    "NaN",
    "Infinity",
    "-Infinity",
    "nan",
    "+1",
    "01",
    "1.",
    ".5",
    "1e",
    "0x10",
    "1_000",
    "1 5",
    "--1",
    "-",
    "True",
    "None",
    "undefined",
    "'a'",
    '"a',
    r'"\x41"',
    r'"\u12"',
    r'"\ud8"',
    '"\t"',
    '"\n"',
    '"\x00"',
    '"\x1f"',
    "１",
    ",",
]
"""What is no JSON at all: 400, since no field can be named in what cannot be read."""

NO_TEXT = [
    "true",
    "false",
    "0",
    "-0",
    "1",
    "1.5",
    "1e5",
    "1E400",
    "1E+1000000",
    "-1E-1000000",
    "99999999999999999999999999",
    "[]",
    "{}",
    '["a"]',
    '{"a": "b"}',
    "[null]",
    "[[]]",
    '{"$ref": "#"}',
]
"""JSON that is no text."""

NO_DECIMAL = [
    "true",
    "false",
    "[]",
    "{}",
    "[1]",
    '{"value": 1}',
    '""',
    '" "',
    '"a"',
    '"NaN"',
    '"nan"',
    '"-NaN"',
    '"sNaN"',
    '"NaN123"',
    '"Infinity"',
    '"-Infinity"',
    '"inf"',
    '"INF"',
    '"1E+1000000"',
    '"1E-1000000"',
    '"1E400"',
    '"1e999999999999999999999"',
    "1E+1000000",
    "1E-1000000",
    "1e400",
    "-1e400",
    "1e16",
    "99999999999999999999999999",
    "-99999999999999999999999999",
    "9007199254740993.5",
    '"99999999999999999999999999"',
    '"1234567890123456"',
    '"0.00001"',
    "0.00001",
    '"1.00000"',
    '"1,5"',
    '"1.000,00"',
    '"1_000"',
    '" 1"',
    '"1 "',
    '"1\\n"',
    '"\\u00a01"',
    '"+1"',
    '"1."',
    '".5"',
    '"01"',
    '"0x10"',
    '"1e2"',
    '"1E2"',
    '"--1"',
    '"-"',
    '"１２"',
    '"١٢"',
    '"1٫5"',
    '"½"',
    '"²"',
    '"1 EUR"',
    '"€1"',
    '"19%"',
    '"1/2"',
    '"null"',
    '"1;2"',
    '"1..2"',
    '"1.2.3"',
]
"""Numbers that would be rounded, overflow, or be read by one library only."""

NO_INTEGER = [
    "true",
    "1.5",
    "1e2",
    "-1",
    "1E+1000000",
    "99999999999999999999999999",
    "9223372036854775808",
    '"1"',
    '"a"',
    '""',
    "[]",
    "{}",
    "2147483648",
    "-9223372036854775809",
    "0.1",
    "1.00000000000000000001",
]
NO_BOOLEAN = ["0", "1", '"true"', '"false"', '""', "[]", "{}", '"yes"', "1.0", "-1"]
NO_DATE = [
    "0",
    "20261120",
    '""',
    '"20.11.2026"',
    '"2026-11-20T00:00:00Z"',
    '"2026-02-30"',
    '"2026-13-01"',
    '"2026-00-10"',
    '"0000-01-01"',
    '"-2026-11-20"',
    '"26-11-20"',
    '"2026-11-2"',
    '" 2026-11-20"',
    '"2026-11-20 "',
    '"10000-01-01"',
    '"２０２６-11-20"',
    '"2026/11/20"',
    '"2026-W47-5"',
    '"2026-325"',
    "true",
    "[]",
    "{}",
]
NO_INSTANT = [
    '"2026-11-20"',
    '"2026-11-20T09:14:05"',
    "0",
    "1800000000",
    '""',
    '"now"',
    '"2026-11-20T25:00:00Z"',
    "true",
    "[]",
]

BY_KIND: dict[str, list[str]] = {
    "decimal": NO_DECIMAL,
    "integer": NO_INTEGER,
    "boolean": NO_BOOLEAN,
    "date": NO_DATE,
    "date-time": NO_INSTANT,
    "object": ["0", "true", '"a"', "[]", '"{}"', "[{}]"],
    "array": ["0", "true", '"a"', "{}", '"[]"', '{"0": {}}'],
}


def unfit(kind: str, schema: dict[str, Any], *, nullable: bool) -> list[str]:
    """JSON that a field of this kind cannot take, though it can be read."""
    values = [*BY_KIND.get("object" if kind == "any" else kind, NO_TEXT)]  # whatever else, it is an object
    if kind not in ("object", "array"):
        values += NOT_STORABLE
    if not nullable:
        values.append("null")
    if "maxLength" in schema:
        values += [f'"{sign * (schema["maxLength"] + 1)}"' for sign in ("a", "ä", "😀", " ")]
        values.append(f'"{"x" * 100_000}"')
    if schema.get("minLength"):
        values.append('""')
    if "enum" in schema or "pattern" in schema:
        values += ['"no such word"', '" "', '"\\n"', '"_"']
    return values


IN_QUERIES: dict[str, list[str]] = {
    "integer": [
        "",
        "a",
        "-1",
        "1.5",
        "1.0",
        "1e2",
        "1E2",
        "0x10",
        "+1",
        "01",
        "1_0",
        " 1",
        "1 ",
        "1\n",
        "１",
        "٣",
        "true",
        "null",
        "NaN",
        "Infinity",
        "99999999999999999999999999",
        "-99999999999999999999999999",
        "1,2",
        "[1]",
    ],
    "boolean": ["", "yes", "no", "on", "TRUE ", " true", "2", "-1", "1.0", "null", "tru", "[]", "true,false"],
    "date": [
        "",
        "20.11.2026",
        "2026-02-30",
        "2026-13-01",
        "0000-01-01",
        "26-11-20",
        "2026-11-20T00:00:00Z",
        " 2026-11-20",
        "2026-11-20 ",
        "2026/11/20",
        "today",
        "20261120",
        "1800000000",
        "２０２６-11-20",
        "10000-01-01",
    ],
    "date-time": [
        "",
        "2026-11-20",
        "2026-11-20T09:14:05",
        "now",
        "1800000000",
        "2026-11-20T25:00:00Z",
        "2026-11-20T09:14:05 01:00",
        "10000-01-01T00:00:00Z",
    ],
}


def unfit_in_query(schema: dict[str, Any]) -> list[str]:
    """Texts that a query parameter of this schema cannot take."""
    values = ["\0", "a\0b", "1\0"]
    values += IN_QUERIES.get(schema.get("format") or schema.get("type", ""), [])
    values += [
        str(schema[end] + beyond) for end, beyond in (("minimum", -1), ("maximum", 1)) if end in schema
    ]
    if "maxLength" in schema:
        values += ["a" * (schema["maxLength"] + 1), "ä" * (schema["maxLength"] + 1), "9" * 20_000]
    if schema.get("minLength"):
        values.append("")
    if "pattern" in schema or "enum" in schema:
        values += ["no such word", " ", "open ", "OPEN", "\n"]
    return values
