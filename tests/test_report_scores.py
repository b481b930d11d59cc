"""A turn's score as text, and its figures in `load_results`."""

import pytest
from conftest import SUITE, write

from harness import load_results
from harness.model.score import Behaviour, CitationScore, FactScore, OwnScore, RetrievalScore, TurnScore
from harness.report.scores import score_lines

TRUE = CitationScore(document="a.md", marker="【4:0†a】", is_known=True, is_supported=True, claim=0, is_retrieved=True)
SCORE = TurnScore(
    expect="answer",
    behaviour=Behaviour.ANSWERED,
    blame="ignored",
    facts=(
        FactScore(fact="list: a, b", is_met=False, missing=("b",), weight=3),
        FactScore(fact="c", is_met=True),
    ),
    citations=(
        TRUE,
        CitationScore(document=None, marker="【9:9†x\x1b[2J】", is_known=False, is_supported=False, claim=0),
        CitationScore(document="a.md", marker="【4:1†a】", is_known=True, is_supported=False, is_retrieved=False),
        CitationScore(document="a.md", marker="【4:2†a】", is_known=True, is_supported=None, is_in_place=False),
    ),
    retrieval=RetrievalScore(passages=4, useful=(2,), context_recall=0.5, held_claims=None),
    own=(OwnScore(scorer="m:One", value=0.25, is_pass=False, reason="too long"), OwnScore(scorer="m:Two", error="no")),
)


def test_every_part_of_a_score_is_told() -> None:
    lines = list(score_lines(SCORE))
    for line in (
        "  blame: ignored (it was there, and was not used)",
        "  fact missing: list: a, b (lacks b)",
        "  facts met by weight: 0.25",
        "  citation 【9:9†x\\x1b[2J】: fabricated, it names no document of the case",
        "  citation 【4:1†a】: fabricated, nothing like it was retrieved, does not support its claim",
        "  citation 【4:2†a】: its marker does not stand where it says",
        "  citations: 4, precision 0.33",
        "  retrieval: context recall 0.50, precision 0.25 of 4, first useful rank 2",
        "  scorer m:One 0.25 failed: too long",
        "  scorer m:Two raised: no",
    ):
        assert line in lines


@pytest.mark.slow
def test_the_figures_are_columns(project: pytest.Pytester) -> None:
    write(project.path / "cases" / "library.yaml", SUITE.replace("number: 28", "number: 0.20"))
    project.runpytest("cases").assert_outcomes(passed=1, failed=1)
    (path,) = project.path.glob("results/*/results.jsonl")
    table = load_results(path).set_index("case")
    loan = table.loc["loan"]
    assert (loan["outcome"], loan["blame"]) == ("incomplete", "not_in_documents")
    assert (loan["facts_share"], loan["citation_precision"], loan["first_useful_rank"]) == (0.0, 1.0, 1)
    assert table["blame"].isna()["librarian"]
    assert table["facts_share"].isna()["librarian"]
