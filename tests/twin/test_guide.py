"""The guide "Test your integration against the twin": its recipes are run as they stand, in their order."""

import pytest

from tests.machine import ROOT
from tests.recipes import Answered, differences, recipes, run

pytestmark = [pytest.mark.timeout(180), pytest.mark.needs("curl")]

GUIDE = ROOT / "docs" / "guide" / "testing-against-the-twin.md"


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    directory = tmp_path_factory.mktemp("guide")
    (directory / "kontor").symlink_to(ROOT / "kontor")
    return run(recipes(GUIDE, directory), directory, {"KONTOR_TWIN_PORT": "0"})


def test_every_recipe_runs(answered: Answered) -> None:
    assert len(answered) > 15


def test_every_recipe_answers_what_the_guide_says(answered: Answered) -> None:
    assert differences(answered) == []
