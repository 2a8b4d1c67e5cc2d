"""The shell script `kontor`, in a checkout of its own, with a Python that notes what it should install."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine import ROOT

TOOLS = [
    "sh",
    "cat",
    "cksum",
    "cp",
    "dirname",
    "mkdir",
    "mktemp",
    "mv",
    "readlink",
    "rm",
    "sed",
    "sleep",
    "tail",
]

PYTHON = """#!/bin/sh
case "$*" in
    *version_info*) {new_enough} ;;
    *"import venv, ensurepip"*) {has_venv} ;;
    *"import fcntl"*) exec "{real}" "$@" ;;
    --version) echo "Python {version}" ;;
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-m pip --version") ;;
    "-m pip install "*)
        echo "$*" >>"$NOTES"
        if [ -e "$NOTES.slow" ]; then sleep 1; fi
        if [ -e "$NOTES.broken" ]; then echo "no route to the index"; exit 1; fi ;;
    "-P -m gateway.cli"*) shift 3; for word in "$@"; do echo "<$word>"; done ;;
    *) echo "unexpected: $*" >&2; exit 9 ;;
esac
"""

UV = """#!/bin/sh
echo "uv $*" >>"$NOTES"
case "$1" in
    venv) for last in "$@"; do :; done; mkdir -p "$last/bin" && cp "$FAKE_PYTHON" "$last/bin/python" ;;
esac
"""


class Checkout:
    """A folder with the launcher, and the few programs it finds."""

    def __init__(self, home: Path) -> None:
        self.root = home / "a checkout"
        self.programs = home / "bin"
        self.notes = home / "notes"
        self.root.mkdir()
        self.programs.mkdir()
        shutil.copy(ROOT / "kontor", self.root / "kontor")
        (self.root / "pyproject.toml").write_text("[project]\n")
        (self.root / "constraints.txt").write_text("one==1\n")
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found is not None
            (self.programs / tool).symlink_to(found)

    def offer_python(
        self,
        name: str = "python3",
        *,
        version: str = "3.11.2",
        new_enough: bool = True,
        has_venv: bool = True,
    ) -> Path:
        script = PYTHON.format(
            real=sys.executable,
            version=version,
            new_enough="exit 0" if new_enough else "exit 1",
            has_venv="exit 0" if has_venv else "exit 1",
        )
        return self.offer(name, script)

    def offer(self, name: str, script: str) -> Path:
        path = self.programs / name
        path.write_text(script)
        path.chmod(0o755)
        return path

    def begin(self, *arguments: str, script: Path | None = None, **settings: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [script or self.root / "kontor", *arguments],
            env={"PATH": str(self.programs), "NOTES": str(self.notes), **settings},
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, script: Path | None = None, **settings: str) -> tuple[int, str, str]:
        """Exit code, what the command line got, what the launcher said."""
        process = self.begin(*arguments, script=script, **settings)
        out, said = process.communicate(timeout=30)
        return process.returncode, out, said

    def installs(self) -> list[str]:
        """The requirement of each install so far: the checkout, with its extras."""
        if not self.notes.exists():
            return []
        return [
            line.rpartition(" -e ")[2] for line in self.notes.read_text().splitlines() if " install " in line
        ]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.fixture
def ready(checkout: Checkout) -> Checkout:
    checkout.offer_python()
    assert checkout.run("up")[0] == 0
    return checkout


def test_the_first_start_installs_with_the_pins_and_hands_every_word_over(checkout: Checkout) -> None:
    checkout.offer_python()

    code, out, _ = checkout.run("tenants", "add", "Muster Handel GmbH", "")

    assert (code, out) == (0, "<tenants>\n<add>\n<Muster Handel GmbH>\n<>\n")
    assert f"-c {checkout.root}/constraints.txt -e {checkout.root}\n" in checkout.notes.read_text()


def test_a_later_start_installs_nothing_and_says_nothing(ready: Checkout) -> None:
    assert ready.run("up") == (0, "<up>\n", "")
    assert ready.installs() == [str(ready.root)]


def test_it_works_through_a_chain_of_links(ready: Checkout, tmp_path: Path) -> None:
    (tmp_path / "first").symlink_to("a checkout/kontor")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "second").symlink_to("../first")

    assert ready.run("up", script=tmp_path / "elsewhere" / "second") == (0, "<up>\n", "")


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_file_of_pins_installs_again(ready: Checkout, name: str) -> None:
    with (ready.root / name).open("a") as file:
        file.write("# changed\n")

    ready.run("up")

    assert ready.installs() == [str(ready.root)] * 2


def test_a_checkout_that_moved_installs_again(ready: Checkout, tmp_path: Path) -> None:
    ready.root = ready.root.rename(tmp_path / "moved")

    ready.run("up")

    assert ready.installs()[-1] == str(tmp_path / "moved")


@pytest.mark.parametrize(("command", "extra"), [("test", "dev"), ("check", "dev"), ("bench", "bench")])
def test_a_command_brings_the_extra_it_needs(ready: Checkout, command: str, extra: str) -> None:
    assert ready.run(command)[:2] == (0, f"<{command}>\n")
    assert ready.installs()[1:] == [f"{ready.root}[{extra}]"]


def test_extras_stay_when_pins_change(ready: Checkout) -> None:
    ready.run("test")
    ready.run("bench")
    (ready.root / "constraints.txt").write_text("one==2\n")

    ready.run("up")

    assert ready.installs()[-1] == f"{ready.root}[dev,bench]"


def test_an_old_python_is_one_clear_line(checkout: Checkout) -> None:
    checkout.offer_python(version="3.9.2", new_enough=False)

    code, out, said = checkout.run("up")

    assert (code, out) == (1, "")
    assert said == (
        "kontor: needs Python 3.11 or newer, found Python 3.9.2; "
        "install one (uv brings its own) or set KONTOR_PYTHON\n"
    )


def test_no_python_at_all_is_one_clear_line(checkout: Checkout) -> None:
    code, _, said = checkout.run("up")

    assert (code, said.count("\n")) == (1, 1)
    assert "needs Python 3.11 or newer, found none at all" in said


def test_a_newer_python_beside_an_old_one_is_taken(checkout: Checkout) -> None:
    checkout.offer_python(version="3.9.2", new_enough=False)
    checkout.offer_python("python3.13")

    assert checkout.run("up")[0] == 0


def test_the_python_that_is_set_is_the_only_one_tried(checkout: Checkout) -> None:
    checkout.offer_python()
    old = checkout.offer_python("old", new_enough=False)

    assert checkout.run("up", KONTOR_PYTHON=str(old)) == (
        1,
        "",
        f"kontor: KONTOR_PYTHON={old} is no Python 3.11 or newer\n",
    )


def test_a_missing_venv_module_names_the_package_to_install(checkout: Checkout) -> None:
    checkout.offer_python(has_venv=False)

    code, _, said = checkout.run("up")

    assert (code, said.count("\n")) == (1, 1)
    assert "apt install python3-venv" in said


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may look into, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="kontor-launch-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_read_only_checkout_is_one_clear_line(open_folder: Path) -> None:
    checkout = Checkout(open_folder)
    checkout.root.chmod(0o555)
    nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}

    done = subprocess.run(
        [checkout.root / "kontor", "up"],
        env={"PATH": str(checkout.programs)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        **nobody,  # pyright: ignore[reportArgumentType]
    )

    assert (done.returncode, done.stderr) == (
        1,
        f"kontor: cannot write to {checkout.root}, where the environment (.venv) has to be made\n",
    )


def test_a_failed_install_shows_why_and_never_passes_later(checkout: Checkout) -> None:
    checkout.offer_python()
    Path(f"{checkout.notes}.broken").touch()

    for _ in range(2):
        code, out, said = checkout.run("up")
        assert (code, out) == (1, "")
        assert "no route to the index" in said

    Path(f"{checkout.notes}.broken").unlink()
    assert checkout.run("up")[:2] == (0, "<up>\n")


def test_going_back_after_a_failed_update_installs_again(ready: Checkout) -> None:
    pins = ready.root / "constraints.txt"
    before = pins.read_text()
    pins.write_text("one==2\n")
    Path(f"{ready.notes}.broken").touch()
    ready.run("up")
    Path(f"{ready.notes}.broken").unlink()

    pins.write_text(before)

    assert ready.run("up")[0] == 0
    assert len(ready.installs()) == 3


def test_a_failed_extra_leaves_what_worked(ready: Checkout) -> None:
    Path(f"{ready.notes}.broken").touch()

    assert ready.run("test")[0] == 1
    assert ready.run("up")[:2] == (0, "<up>\n")


def test_an_install_that_was_killed_is_made_anew(checkout: Checkout) -> None:
    checkout.offer_python()
    Path(f"{checkout.notes}.slow").touch()
    with checkout.begin("up") as killed:
        for _ in range(200):
            if checkout.installs():
                break
            time.sleep(0.05)
        (checkout.root / ".venv" / "half-installed").touch()
        os.killpg(killed.pid, signal.SIGKILL)

    assert checkout.run("up")[:2] == (0, "<up>\n")
    assert not (checkout.root / ".venv" / "half-installed").exists()


def test_two_starts_at_once_install_once(checkout: Checkout) -> None:
    checkout.offer_python()
    Path(f"{checkout.notes}.slow").touch()

    with checkout.begin("one") as first, checkout.begin("two") as second:
        answers = sorted([first.communicate(timeout=30)[0], second.communicate(timeout=30)[0]])

    assert answers == ["<one>\n", "<two>\n"]
    assert len(checkout.installs()) == 1


def test_an_environment_made_by_hand_is_adopted(checkout: Checkout) -> None:
    python = checkout.offer_python()
    (checkout.root / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(python, checkout.root / ".venv" / "bin" / "python")
    (checkout.root / ".venv" / "mine").touch()

    assert checkout.run("up")[0] == 0
    assert (checkout.root / ".venv" / "mine").exists()


def test_an_environment_whose_python_is_gone_is_made_anew(ready: Checkout) -> None:
    (ready.root / ".venv" / "bin" / "python").unlink()

    assert ready.run("up")[:2] == (0, "<up>\n")


def test_uv_is_used_when_it_is_there_and_brings_a_python(checkout: Checkout, tmp_path: Path) -> None:
    checkout.offer("uv", UV)
    fake = checkout.offer_python("fake-python")

    assert checkout.run("up", FAKE_PYTHON=str(fake))[:2] == (0, "<up>\n")

    making, installing = checkout.notes.read_text().splitlines()
    assert making.startswith("uv venv")
    assert "--python >=3.11" in making
    assert installing.startswith("uv pip install")
    assert installing.endswith(f"-c {checkout.root}/constraints.txt -e {checkout.root}")
