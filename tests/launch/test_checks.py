from pathlib import Path

import pytest

from gateway.launch import sizes
from gateway.launch.checks import CHECKS, Check, program, run_all

GOOD = Check("good", lambda root: None, "nothing")
BAD = Check("bad", lambda root: "it is broken", "mend it")


def test_all_hold_when_each_holds(tmp_path: Path) -> None:
    assert run_all(tmp_path, [GOOD, GOOD])


def test_one_that_fails_fails_all_and_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not run_all(tmp_path, [GOOD, BAD])

    out = capsys.readouterr().out
    assert "it is broken\n→ mend it\n" in out
    assert [line.split()[:2] for line in out.splitlines()[-2:]] == [["good", "ok"], ["bad", "failed"]]


def test_a_program_that_finds_nothing_wrong_holds(tmp_path: Path) -> None:
    (tmp_path / "fine.py").write_text("x = 1\n")

    assert program("ruff", "check", "--isolated", "--no-cache")(tmp_path) is None


def test_a_program_that_finds_something_tells_it(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text("import os\n")

    trouble = program("ruff", "check", "--isolated", "--no-cache")(tmp_path)

    assert trouble is not None
    assert "`os` imported but unused" in trouble


def test_a_program_that_is_missing_says_how_to_get_it(tmp_path: Path) -> None:
    assert program("no-such-linter")(tmp_path) == (
        "no-such-linter is not installed: ./kontor check installs the extra dev"
    )


def test_lint_types_imports_and_generated_files_are_checked() -> None:
    assert {"lint", "format", "types", "imports", "dependencies", "generated files"} == {
        c.name for c in CHECKS
    }


def test_a_function_counts_without_the_functions_in_it() -> None:
    source = "def outer():\n    x = 1\n    def inner():\n        return x\n    return inner\n"

    assert sorted(sizes.functions(source)) == [("inner", 2), ("outer", 3)]


def test_the_report_names_what_is_long(tmp_path: Path) -> None:
    (tmp_path / "gateway").mkdir()
    (tmp_path / "gateway" / "long.py").write_text("x = 1\n" * 301)
    (tmp_path / "gateway" / "short.py").write_text("x = 1\n")

    assert sizes.report(tmp_path) == "2 files, median 151 lines, 1 over 300\n    301 gateway/long.py"
