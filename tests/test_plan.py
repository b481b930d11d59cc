import hashlib
import os
from pathlib import Path

import pytest
from casefile_support import SUITE, write_project

from harness.casefile import load_suite
from harness.config import Config, Flags, load_config
from harness.errors import ConfigError, DocumentError
from harness.model.plan import Planned, Source
from harness.plan import plan, plan_suite

TEXT = """\
documents: [a.md]
assistant: {model: own, instructions: Always., additional_run_instructions: Please.}
refusal: I can't.
min_groundedness: 0.6
tags: [all]
variants:
  careful: {instructions: "", temperature: 0}
  careless: {model: other, tools: []}
cases:
  - {id: one, prompt: x, tags: [extra, all]}
  - {id: two, prompt: y, documents: [sub/b.md, a.md], min_groundedness: 0}
"""
FILES = {"fixtures/a.md": "alpha", "fixtures/sub/b.md": "beta"}


def planned(root: Path, text: str = TEXT, flags: Flags | None = None, toml: str = "") -> tuple[Planned, ...]:
    config = configured(root, text, flags, toml)
    loaded = load_suite(root / SUITE, config.project, {})
    return plan([loaded], config)


def configured(root: Path, text: str, flags: Flags | None = None, toml: str = "") -> Config:
    write_project(root, {**FILES, SUITE: text})
    (root / "pyproject.toml").write_text(f"[tool.harness]\n{toml}\n", encoding="utf-8")
    return load_config(root, {}, flags)


def test_a_case_is_planned_with_all_that_its_suite_says(tmp_path: Path) -> None:
    one, two = planned(tmp_path)
    alpha = Source(path="a.md", sha256=hashlib.sha256(b"alpha").hexdigest())
    beta = Source(path="sub/b.md", sha256=hashlib.sha256(b"beta").hexdigest())
    assert (one.node, one.line, one.variant, one.trial) == ("cases/suite.yaml::one", 10, "default", 1)
    assert (one.target, one.model, one.refusal) == ("assistants", "own", "I can't.")
    assert (one.sources, two.sources) == ((alpha,), (beta, alpha))
    assert (one.tags, two.tags) == (("all", "extra"), ("all",))
    assert (one.min_groundedness, two.min_groundedness) == (0.6, 0)


@pytest.mark.parametrize(("toml", "limit"), [("", 0.5), ("min_groundedness = 0.25", 0.25)])
def test_groundedness_falls_back_to_the_project_and_then_the_shipped_default(
    tmp_path: Path, toml: str, limit: float
) -> None:
    (one,) = planned(tmp_path, "cases: [{id: one, prompt: x}]", toml=toml)
    assert one.min_groundedness == limit


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        ((), ["one", "two"]),
        (("careful",), ["one[careful]", "two[careful]"]),
        (("care*",), ["one[careful]", "one[careless]", "two[careful]", "two[careless]"]),
        (("careless,default",), ["one", "one[careless]", "two", "two[careless]"]),
        (("*",), ["one", "one[careful]", "one[careless]", "two", "two[careful]", "two[careless]"]),
    ],
)
def test_variants_are_chosen_by_patterns(tmp_path: Path, patterns: tuple[str, ...], names: list[str]) -> None:
    assert [item.name for item in planned(tmp_path, flags=Flags(variants=patterns))] == names


def test_a_variant_changes_what_it_names_and_an_empty_text_takes_away(tmp_path: Path) -> None:
    default, careful, careless = (item.assistant for item in planned(tmp_path, flags=Flags(variants=("*",)))[:3])
    assert (default.instructions, default.temperature, default.tools) == ("Always.", None, ("file_search",))
    assert (careful.instructions, careful.temperature, careful.model) == ("", 0, "own")
    assert careful.additional_run_instructions == "Please."
    assert (careless.model, careless.tools, careless.instructions) == ("other", (), "Always.")


def test_trials_repeat_each_case_and_variant(tmp_path: Path) -> None:
    names = [item.name for item in planned(tmp_path, flags=Flags(variants=("careful",), trials=2))]
    assert names == ["one[careful]", "one[careful-t2]", "two[careful]", "two[careful-t2]"]


def test_a_pattern_that_no_suite_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'carefull'; did you mean `careful`\?\n.*default, careful, careless"):
        planned(tmp_path, flags=Flags(variants=("default", "carefull")))


def test_a_suite_without_the_variant_is_left_out_of_the_plan(tmp_path: Path) -> None:
    config = configured(tmp_path, TEXT, Flags(variants=("careful",)))
    (tmp_path / "cases/other.yaml").write_text("documents: [gone.md]\ncases: [{id: z, prompt: x}]", encoding="utf-8")
    loaded = [load_suite(tmp_path / "cases" / name, config.project, {}) for name in ("other.yaml", "suite.yaml")]
    assert {item.suite for item in plan(loaded, config)} == {SUITE}


@pytest.mark.parametrize(
    ("flag", "suite", "model"),
    [
        (None, "assistant: {id: asst_1}", None),
        (None, "assistant: {id: asst_1, model: own}", "own"),
        ("flag", "assistant: {id: asst_1, model: own}", "flag"),
        ("flag", "assistant: {model: own}", "flag"),
        (None, "assistant: {}", "extractive"),
    ],
)
def test_the_model_is_filled_in_unless_an_assistant_exists(
    tmp_path: Path, flag: str | None, suite: str, model: str | None
) -> None:
    (one,) = planned(tmp_path, suite + "\ncases: [{id: one, prompt: x}]", Flags(model=flag))
    assert one.model == model


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sub/a.md", r"there is no document 'sub/a.md' below fixtures/; did you mean `sub/b.md`\?"),
        ("sub", "the document 'sub' is a folder"),
        ("empty.md", "the document 'empty.md' is empty"),
        ("large.md", "has 2,001 bytes, allowed are 2,000\n.*max_document_mb"),
        ("link.md", "the document 'link.md' lies outside fixtures/"),
        ("dangling.md", "there is no document 'dangling.md'"),
    ],
)
def test_a_document_that_cannot_be_used_is_refused_with_its_line(tmp_path: Path, name: str, words: str) -> None:
    write_project(tmp_path, {**FILES, "fixtures/empty.md": "", "fixtures/large.md": "x" * 2001, "outside.md": "x"})
    (tmp_path / "fixtures/link.md").symlink_to(tmp_path / "outside.md")
    (tmp_path / "fixtures/dangling.md").symlink_to(tmp_path / "fixtures/gone.md")
    text = f"cases:\n- id: one\n  prompt: x\n  documents:\n    - a.md\n    - {name}\n"
    with pytest.raises(DocumentError, match=words) as caught:
        planned(tmp_path, text, toml="max_document_mb = 0.002")
    assert caught.value.where == "cases/suite.yaml:6"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable for root")
def test_an_unreadable_document_is_refused(tmp_path: Path) -> None:
    config = configured(tmp_path, TEXT)
    (tmp_path / "fixtures/a.md").chmod(0)
    with pytest.raises(DocumentError, match="can't be read"):
        plan_suite(load_suite(tmp_path / SUITE, config.project, {}), config)


def test_a_broken_document_stops_its_own_suite_only(tmp_path: Path) -> None:
    config = configured(tmp_path, TEXT)
    (tmp_path / "cases/broken.yaml").write_text("documents: [gone.md]\ncases: [{id: z, prompt: x}]", encoding="utf-8")
    broken, good = (load_suite(tmp_path / "cases" / name, config.project, {}) for name in ("broken.yaml", "suite.yaml"))
    with pytest.raises(DocumentError):
        plan_suite(broken, config)
    assert len(plan_suite(good, config)) == 2
