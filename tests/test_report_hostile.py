"""Answers, documents and names that attack the reader of a report, in a real Chromium."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from browser_support import chromium, watched
from playwright.sync_api import Browser, expect
from report_support import attempt, row, run_of, score, source_of, unpacked

from harness.model.row import Row
from harness.model.score import Claim, Evidence, FactScore, JudgedClaim, Judgement, Outcome, OwnScore
from harness.model.suite import Case
from harness.model.transcript import CodeStep, Failure, FunctionStep, TextPart, Turn
from harness.report.page import report_page

pytestmark = pytest.mark.slow

PAYLOADS = (
    "<script>pwned(1)</script>",
    "</script><script>pwned(2)</script>",
    "<!--<script>pwned(3)//-->",
    "<img src=x onerror=pwned(4)>",
    "<svg onload=pwned(5)>",
    "<svg><script>pwned(6)</script></svg>",
    "<svg><animate onbegin=pwned(7) attributeName=x dur=1s>",
    "<body onload=pwned(8)>",
    "<iframe src='javascript:parent.pwned(9)'></iframe>",
    "<iframe srcdoc='<script>parent.pwned(10)</script>'></iframe>",
    "<a href='javascript:pwned(11)'>click me</a>",
    "javascript:pwned(12)",
    "[click](javascript:pwned(13))",
    "![x](http://attacker.invalid/14.png)",
    "<a href='http://attacker.invalid/15' ping='http://attacker.invalid/p'>x</a>",
    "<form action='http://attacker.invalid/16'><input autofocus onfocus=pwned(16)></form>",
    "<input autofocus onfocus=pwned(17)>",
    "<details open ontoggle=pwned(18)>",
    "<video src=x onerror=pwned(19)></video>",
    "<audio src=x onerror=pwned(20)>",
    "<object data='javascript:pwned(21)'></object>",
    "<embed src='javascript:pwned(22)'>",
    "<link rel=stylesheet href='http://attacker.invalid/23.css'>",
    "<style>@import 'http://attacker.invalid/24.css'; *{display:none}</style>",
    "<div style=\"background:url('http://attacker.invalid/25')\">",
    "<meta http-equiv=refresh content='0;url=http://attacker.invalid/26'>",
    "<base href='http://attacker.invalid/27'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=pwned(28)>",
    "<noscript><p title='</noscript><img src=x onerror=pwned(29)>'>",
    '"><img src=x onerror=pwned(30)>',
    "' autofocus onfocus=pwned(31) x='",
    "`${pwned(32)}`",
    "{{constructor.constructor('pwned(33)')()}}",
    "__proto__",
    "constructor",
    "\u202egnp.exe\u202c \u2066isolated\u2069 \u200f\u200e",
    "half a pair \ud800 and another \udfff",
    "nul \x00 escape \x1b[2J bell \x07 delete \x7f c1 \x9b",
    "zalgo " + "a\u0301\u0302\u0303\u0304\u0305" * 400,
    "tags \U000e0049\U000e0067\U000e006e\U000e006f\U000e0072\U000e0065 unseen \u200b\u2060\ufeff",
    "line \u2028 paragraph \u2029 next \x85 end",
    "a" * 1_000_000,
    "[" * 20_000 + "](" * 5_000,
    "> " * 10_000 + "\n" + "* " * 10_000 + "\n" + "#" * 10_000,
    "\n" * 30_000 + "the end",
    "😀" * 6_000,
    "&lt;img src=x onerror=pwned(47)&gt; &#60;script&#62;pwned(47)&#60;/script&#62;",
    "]]><![CDATA[<script>pwned(48)</script>",
    "%3Cscript%3Epwned(49)%3C/script%3E",
    "#case=</title><script>pwned(50)</script>",
    '{"$": 0}',
    "+ADw-script+AD4-pwned(52)+ADw-/script+AD4-",
)
NAME = "<img src=x onerror=pwned('name')>.md"


def _forced(case: Case, **fields: object) -> Case:
    """Give a case names that no suite may have: a results file can be written by anybody."""
    for name, value in fields.items():
        object.__setattr__(case, name, value)
    return case


def _row(number: int, payload: str, folder: Path) -> Row:
    """Return a row that says the payload wherever a text can stand."""
    name = payload[:200]
    case = _forced(Case(id="x", prompt=payload if payload.strip() else "?"), id=f"{number} {name}", tags=(name,))
    passage = Evidence(document=NAME, start=0, end=20, text=payload, page=number)
    cut = payload[:5_000]
    judged = score(
        Outcome.UNGROUNDED,
        phrase=payload,
        note=payload,
        claims=(
            Claim(
                text=cut, start=0, end=len(cut), support="contradicted", score=0.0, evidence=passage, unmatched=(name,)
            ),
            Claim(text=name, start=0, end=3, support="supported", score=1.0, confirmed_by=payload),
            Claim(text=name, start=0, end=3, support="not_found", score=0.0, evidence=replace(passage, document=name)),
        ),
        facts=(FactScore(fact=payload, is_met=False, found=payload, expected=payload, error=payload, missing=(name,)),),
        failed_checks=(payload,),
        own=(OwnScore(scorer=name, reason=payload), OwnScore(scorer=name, error=payload)),
        judgement=Judgement(
            model=name, prompt=name, claims=(JudgedClaim(claim=0, support="supported", reason=payload),)
        ),
        blame="embroidered",
    )
    said = attempt(payload or "x", found=payload)
    marker = name.replace("\n", " ")
    (part,) = said.parts
    assert isinstance(part, TextPart)
    cited = replace(part.citations[0], marker=marker, document=None, file_name=name)
    steps = (
        *said.steps,
        FunctionStep(name=name, arguments=payload, output=payload),
        CodeStep(code=payload, logs=payload),
    )
    failed = replace(said, status="failed", raw_status=name, error=Failure(kind=name, message=payload, hint=payload))
    said = replace(said, parts=(replace(part, citations=(cited,)),), steps=steps, raw_status=name)
    one = row(
        case,
        judged=judged,
        tags=(name, "<b>tag</b>"),
        suite=f"cases/{name}",
        variant=name,
        refusal=payload,
        assistant={"model": name, "name": name, "instructions": payload},
        sources=(source_of(folder / NAME),),
    )
    failure = Failure(kind=name, message=payload, hint=payload) if number % 7 == 0 else None
    turn = Turn(prompt=payload, attempts=(failed, said))
    return replace(one, transcript=replace(one.transcript, turns=(turn,), reported_model=name, error=failure))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    document = "\n".join(payload[:2_000].replace("\x00", "") for payload in PAYLOADS)
    (folder / NAME).write_bytes(document.encode("utf-8", "replace"))
    rows = [_row(number, payload, folder) for number, payload in enumerate(PAYLOADS)]
    path = folder / "report.html"
    path.write_bytes(report_page([run_of(*rows, name=PAYLOADS[0]), run_of(*rows, name=PAYLOADS[1])], fixtures=folder))
    return path


def test_there_are_enough_of_them() -> None:
    assert len(set(PAYLOADS)) >= 40


def test_the_watch_sees_what_runs(browser: Browser, tmp_path: Path) -> None:
    """Without our care most payloads would run: so that a quiet page means something."""
    bare = tmp_path / "bare.html"
    bare.write_text("<p id=done></p>" + "\n".join(PAYLOADS[3:8]), encoding="utf-8")
    strict = tmp_path / "strict.html"
    policy = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\"><p id=done></p>"
    strict.write_text(policy + PAYLOADS[3] + PAYLOADS[13] + "<img src='http://attacker.invalid/'>", encoding="utf-8")

    with watched(browser, bare.as_uri(), wait="#done") as found:
        found.page.wait_for_timeout(100)
        assert any("executed 4" in misdeed for misdeed in found.misdeeds())
        assert any("executed 6" in misdeed for misdeed in found.misdeeds())
    with watched(browser, strict.as_uri(), wait="#done") as found:
        assert any("securitypolicyviolation" in misdeed for misdeed in found.misdeeds())


def test_nothing_runs_on_any_page(browser: Browser, file: Path) -> None:
    with watched(browser, file.as_uri(), viewport={"width": 1440, "height": 900}) as found:
        page = found.page
        expect(page.locator("#count")).to_have_text(f"{2 * len(PAYLOADS)} rows, {2 * len(PAYLOADS)} not passed")
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        page.evaluate("scrollTo(0, 0)")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        for number in range(1, len(PAYLOADS)):
            expect(page.locator("#case-title")).to_have_text(re.compile(rf"^{number} "))
            _open_everything(found.page.evaluate)
            page.keyboard.press("j")
        assert found.misdeeds() == []
        _still_works(page.evaluate)


_OPEN = """async () => {
  for (const one of document.querySelectorAll("details")) one.open = true;
  const wait = () => new Promise((resolve) => setTimeout(resolve, 0));
  for (const one of [...document.querySelectorAll(".claim, .cite, .link")].slice(0, 12)) { one.click(); await wait(); }
}"""


def _open_everything(evaluate: object) -> None:
    assert callable(evaluate)
    evaluate(_OPEN)


def _still_works(evaluate: object) -> None:
    assert callable(evaluate)
    evaluate("location.hash = '#q=zalgo'")
    assert evaluate("new Promise((resolve) => setTimeout(() => resolve(shown.length), 50))") == 2


@pytest.mark.parametrize("number", [0, 30, 35, 36, 41])
def test_nothing_runs_side_by_side(browser: Browser, file: Path, number: int) -> None:
    with watched(browser, file.as_uri(), viewport={"width": 390, "height": 844}) as found:
        page = found.page
        page.evaluate(f"go(caseHash(rows[{number}], [rows[{number + len(PAYLOADS)}]]))")
        expect(page.locator(".side-by-side .card")).to_have_count(2)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert found.misdeeds() == []


def test_on_paper_nothing_runs_either(browser: Browser, file: Path) -> None:
    with watched(browser, file.as_uri()) as found:
        found.page.emulate_media(media="print")
        found.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        expect(found.page.locator("#rows .line")).to_have_count(2 * len(PAYLOADS))
        assert found.misdeeds() == []


def test_what_was_said_is_read_not_obeyed(browser: Browser, file: Path) -> None:
    with watched(browser, file.as_uri()) as found:
        page = found.page
        page.evaluate("go(caseHash(rows[3]))")
        expect(page.locator("#case-title")).to_have_text(f"3 {PAYLOADS[3]}")
        expect(page.locator(".answer").first).to_contain_text(PAYLOADS[3])
        page.evaluate("go(caseHash(rows[35]))")
        expect(page.locator("#case-title")).to_have_text(
            "35 ⟨U+202E⟩gnp.exe⟨U+202C⟩ ⟨U+2066⟩isolated⟨U+2069⟩ ⟨U+200F⟩⟨U+200E⟩"
        )
        page.evaluate("go(caseHash(rows[36]))")
        expect(page.locator("#case-title")).to_contain_text("half a pair ⟨U+D800⟩ and another ⟨U+DFFF⟩")
        page.evaluate("go(caseHash(rows[39]))")
        expect(page.locator("#case-title")).to_contain_text("tags ⟨U+E0049⟩⟨U+E0067⟩")


def test_no_address_is_made_of_a_text(browser: Browser, file: Path) -> None:
    with watched(browser, file.as_uri()) as found:
        for number in (10, 11, 14):
            found.page.evaluate(f"go(caseHash(rows[{number}]))")
            expect(found.page.locator("#case-title")).to_contain_text(f"{number} ")
            links = found.page.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href')[0])")
            assert set(links) == {"#"}


def test_no_payload_stands_in_the_file_as_it_is(file: Path) -> None:
    page = file.read_bytes()

    assert b"pwned" not in page
    assert b"attacker" not in page
    assert len(unpacked(page)["index"]["columns"]["case"]) == 2 * len(PAYLOADS)
