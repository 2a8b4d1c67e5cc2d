"""Several columns of one row as one text, where a column for each would be carried by every row of a page."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from gateway.persistence.instants import Instant


class JsonArray(FunctionElement[str]):
    """Its values as a JSON array, instants by RFC 3339."""

    inherit_cache = True
    type = String()


@compiles(JsonArray)
def _sqlite(element: JsonArray, compiler: SQLCompiler, **told: Any) -> str:
    values = (
        f"{compiler.process(one, **told)}{' || ' + repr('Z') if isinstance(one.type, Instant) else ''}"
        for one in element.clauses
    )
    return f"json_array({', '.join(values)})"


@compiles(JsonArray, "postgresql")
def _postgresql(element: JsonArray, compiler: SQLCompiler, **told: Any) -> str:
    return f"CAST(json_build_array({compiler.process(element.clauses, **told)}) AS TEXT)"
