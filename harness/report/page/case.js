// The page of a case: what was said, and what the documents say of each claim.

async function showCase(row) {
  const view = document.getElementById("case-view");
  const detail = await detailOf(row);
  if (filter.case !== row.key) return; // the reader has gone on meanwhile
  const others = filter.with.map((key) => rowByKey.get(key)).filter((other) => other && other !== row);
  const turns = others.length
    ? [await compared(row, detail, others)]
    : detail.turns.map((turn, at) => turnPart(turn, at, detail));
  const body = el(
    "div",
    { class: "case-body" },
    detail.error && failure(detail.error),
    turns,
    settingsPart(detail, row),
  );
  view.classList.remove("with-panel");
  view.replaceChildren();
  append(view, [caseHead(row), siblings(row, others), !others.length && beforePart(row, detail), el("div", { class: "case-columns" }, body, panelFor())]);
  if (!others.length) openWorst(detail);
  if (filter.case === row.key) document.title = `${short(row.case, 60)} · ${OUTCOME_LABEL.get(row.outcome)}`;
}

function caseHead(row) {
  const at = shown.indexOf(row);
  const step = (to, label, key) =>
    shown[to] && at >= 0
      ? el("a", { class: "button", href: caseHash(shown[to]), title: `${label} (${key})` }, label)
      : null;
  const copy = el("button", { type: "button", class: "quiet" }, "Copy link");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "See the address bar"; // a file opened from disk may not use the clipboard
    }
  });
  const facts = [
    row.suite,
    row.variant === "default" ? null : row.variant,
    row.trial > 1 ? `trial ${row.trial}` : null,
    row.target,
  ];
  return el(
    "header",
    { class: "case-head" },
    el(
      "nav",
      { "aria-label": "Cases" },
      el("a", { class: "button", href: listHash({}) }, "← All cases"),
      step(at - 1, "Previous", "k"),
      step(at + 1, "Next", "j"),
      at >= 0 && el("span", { class: "muted" }, `${number(at + 1)} of ${number(shown.length)}`),
      copy,
    ),
    el("h2", { id: "case-title", tabindex: "-1" }, bdi(row.case)),
    el(
      "p",
      { class: "verdict" },
      chip(row.outcome),
      el("span", {}, "expected ", el("b", {}, row.expect), ", observed ", el("b", {}, row.behaviour)),
      row.xfail ? el("span", { class: "tag" }, "expected to fail") : null,
      row.flipped ? el("span", { class: "tag" }, "flipped") : null,
      row.standing && standingMark(row.standing),
    ),
    el(
      "p",
      { class: "meta" },
      facts.filter(Boolean).map((fact) => bdi(fact)),
      el("span", {}, modelName(row.model)),
      report.runs.length > 1 && bdi(row.run),
      row.tags.map((tag) => el("span", { class: "tag" }, bdi(tag))),
    ),
  );
}

// What tells a row from the others of its case.
function nameAmong(row, group) {
  const differ = (name) => new Set(group.map((one) => one[name])).size > 1;
  const named = ["run", "variant", "model", "target"].filter(differ);
  const parts = [...named.map((part) => row[part]), differ("trial") && `trial ${row.trial}`];
  return parts.filter(Boolean).join(" · ") || "same settings";
}

// The same case elsewhere: another variant, trial or run.
const MOST_SIBLINGS = 60;

function siblings(row, others) {
  const group = rowsOfCase.get(caseOf(row));
  if (group.length < 2) return null;
  const name = (one) => nameAmong(one, group);
  const items = group.slice(0, MOST_SIBLINGS).map((one) => {
    const isOn = others.includes(one);
    const next = isOn ? others.filter((other) => other !== one) : [...others, one].slice(-3);
    const compare = el("a", { class: "button small", href: caseHash(row, next) }, isOn ? "Hide" : "Compare");
    const label = one === row ? el("b", {}, bdi(name(one))) : el("a", { href: caseHash(one) }, bdi(name(one)));
    return el(
      "li",
      { class: one === row ? "here" : null, "aria-current": one === row ? "page" : null },
      chip(one.outcome),
      label,
      one === row ? el("span", { class: "muted" }, "this one") : compare,
    );
  });
  return el(
    "details",
    { class: "card siblings", open: true },
    el("summary", {}, `Answers to this case (${group.length})`),
    el("ul", {}, items),
  );
}

async function compared(row, detail, others) {
  const answers = (one) => one.turns.map((turn) => answerText(turn));
  const base = answers(detail);
  const columns = [[row, detail], ...(await Promise.all(others.map(async (other) => [other, await detailOf(other)])))];
  const cells = columns.map(([one, its], at) => {
    const parts = its.turns.map((turn, index) => {
      const text = answerText(turn);
      return el(
        "div",
        {},
        el("p", { class: "who" }, `Answer${its.turns.length > 1 ? ` ${index + 1}` : ""}`),
        at ? diffBlock(base[index] || "", text) : block(text, "answer"),
        at > 0 && text === base[index] && el("p", { class: "muted" }, "The same words."),
        turn.score ? failedList(turn.score) : null,
      );
    });
    const figures = `groundedness ${share(one.groundedness)} · facts ${one.facts ? `${one.facts_met}/${one.facts}` : "–"} · ${seconds(one.seconds)}${report.prices ? ` · ${money(one.cost)}` : ""}`;
    return el(
      "section",
      { class: "card" },
      el("h3", {}, bdi(nameAmong(one, rowsOfCase.get(caseOf(row))))),
      el("p", { class: "verdict" }, chip(one.outcome)),
      el("p", { class: "figures" }, figures),
      parts,
    );
  });
  const prompts = detail.turns.map((turn) =>
    el("div", {}, el("p", { class: "who" }, "Prompt"), block(turn.prompt, "prompt")),
  );
  return el(
    "div",
    {},
    prompts,
    diffHint("the first", "the other"),
    el("div", { class: "side-by-side" }, cells),
  );
}

function diffHint(first, second) {
  return el(
    "p",
    { class: "muted hint" },
    `Words that only ${first} has are `,
    el("del", {}, "struck out"),
    `, words that only ${second} has are `,
    el("ins", {}, "underlined"),
    ".",
  );
}

function diffBlock(first, second) {
  const node = el("div", { class: "text answer", dir: "auto" });
  const pieces = diff(first.slice(0, LONGEST * 5), second.slice(0, LONGEST * 5)).map(([kind, text]) => [text, kind]);
  fill(node, pieces, (text, [, kind]) => (kind ? el(kind < 0 ? "del" : "ins", {}, visible(text)) : visible(text)));
  return node;
}

function answerText(turn) {
  const last = turn.attempts[turn.attempts.length - 1];
  if (turn.score && turn.score.answer)
    return turn.score.answer
      .filter((piece) => piece.length === 2)
      .map(([text]) => text)
      .join("");
  return (turn.score && turn.score.refusal) || (last && last.text) || "";
}

function failure(error) {
  return el(
    "div",
    { class: "failure" },
    el("b", {}, "Error"),
    block(error.message),
    error.hint && el("div", {}, "Hint: ", block(error.hint)),
    el("p", { class: "muted" }, bdi(error.kind)),
  );
}

function settingsPart(detail, row) {
  const items = Object.entries(detail.settings).map(([name, value]) => [
    el("dt", {}, name),
    el("dd", {}, block(String(value))),
  ]);
  const tokens =
    tokensOf(row) === null
      ? null
      : [
          el("dt", {}, "tokens"),
          el("dd", {}, `${number(row.prompt_tokens)} prompt, ${number(row.completion_tokens)} completion`),
        ];
  const cost = report.prices ? [el("dt", {}, "cost"), el("dd", {}, money(row.cost))] : null;
  return el(
    "details",
    { class: "card" },
    el("summary", {}, "Settings and origin"),
    el("dl", { class: "settings" }, items, tokens, cost),
  );
}
