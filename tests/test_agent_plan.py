"""A fixed plan in the place of a model finds six answers, each with its page."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from parsestrata.agent import DocumentTools

pytestmark = pytest.mark.needs("agent", "local")


EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "agent_plan.py"
ANSWERS = (
    (8, "requires Python versions 3.7+ or higher"),
    (11, "defaults to A4"),
    (55, "left top zoom"),
    (59, "No password required when opening file"),
    (86, "takes one of TOP, MIDDLE or the default BOTTOM"),
    (110, "You may provide either a 'format string' like '%0.2f'"),
)
"""Page and words of each answer, as they stand in the printed manual."""


@pytest.fixture(scope="module")
def plan() -> ModuleType:
    spec = importlib.util.spec_from_file_location("agent_plan", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["agent_plan"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def agent(plan: ModuleType) -> Any:
    pytest.importorskip("liteparse")
    return plan.Agent(DocumentTools(plan.DOCUMENT))


@pytest.mark.parametrize("number", range(6))
def test_the_plan_finds_the_answer_and_its_page(
    plan: ModuleType, agent: Any, number: int
) -> None:
    page, words = ANSWERS[number]

    found = agent.ask(plan.QUESTIONS[number])

    assert (found.citation.page_number, found.citation.page_end) == (page, page)
    assert words in found.text
    assert found.tokens < 5000
    assert {region.page_number for region in found.citation.regions} == {page}


def test_the_plan_says_nothing_where_there_is_no_answer(
    plan: ModuleType, agent: Any
) -> None:
    question = plan.Question("?", "barcodes", "no such words in any manual")

    assert agent.ask(question) is None


def test_the_example_prints_six_answers(
    plan: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    plan.main()

    told = capsys.readouterr().out
    assert told.count("reportlab-userguide.pdf, p. ") == 6
    assert "no answer" not in told
