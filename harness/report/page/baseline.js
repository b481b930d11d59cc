// Beside the baseline: what became of each case since, and what it was then.

const STANDINGS = [
  ["broken", "↓", "broken", "It passed in the baseline (more often), and fails."],
  ["new", "+", "new", "The baseline does not hold it."],
  ["fixed", "↑", "fixed", "It failed in the baseline (more often), and passes."],
  ["changed", "≠", "changed", "Another answer, or another kind of failure; no other verdict."],
  ["errored", "!", "errored", "It could not be judged: neither better nor worse."],
  ["gone", "−", "gone", "Only the baseline holds it: no suite has it any more."],
  ["same", "=", "same", "As in the baseline."],
];
const STANDING = new Map(STANDINGS.map((one) => [one[0], one]));

function isWorse(row) {
  const failing = !row.passed && row.outcome !== "error" && !row.xfail;
  return row.standing === "broken" || (row.standing === "new" && failing);
}

function standingMark(standing) {
  if (!standing) return el("span", { class: "muted" }, "–");
  const [, mark, word, meaning] = STANDING.get(standing);
  return el(
    "span",
    { class: `standing st-${standing}`, title: meaning },
    el("span", { "aria-hidden": "true" }, mark),
    ` ${word}`,
  );
}

// "grounded", or of several trials "2 × grounded, 1 × ungrounded".
function outcomesText(outcomes) {
  const several = outcomes.reduce((sum, [, count]) => sum + count, 0) > 1;
  return outcomes
    .map(([outcome, count]) => `${several ? `${count} × ` : ""}${OUTCOME_LABEL.get(outcome) || outcome}`)
    .join(", ");
}

function baselineCard() {
  const base = report.baseline;
  if (!base) return null;
  const made = base.at.slice(0, 16).replace("T", " ");
  return el(
    "section",
    { class: "card beside", "aria-label": "Beside the baseline" },
    el("h3", {}, "Beside the baseline ", bdi(short(base.name, 100))),
    el("p", { class: "muted" }, "set from ", bdi(short(base.run, 60)), ", ", bdi(made), " UTC", missing(base)),
    base.runs.map((run) => standingCounts(run, base.runs.length > 1)),
    worstList(),
    goneList(base),
  );
}

function missing(base) {
  const notes = [
    !base.isThere && "that run is not below results/ any more, so its answers can't be shown",
    base.unseen > 0 && `${number(base.unseen)} of its cases were not part of this report`,
  ].filter(Boolean);
  return notes.length ? ` · ${notes.join(" · ")}` : "";
}

function standingCounts(run, several) {
  const there = STANDINGS.filter(([name]) => run.counts[name]);
  const link = (name) => hashOf({ standing: name, run: several ? run.id : "" });
  const items = there.map(([name]) => {
    const count = [`${number(run.counts[name])} `, standingMark(name)];
    return el("li", {}, name === "gone" ? count : el("a", { href: link(name) }, count));
  });
  const worse = run.worse > (run.counts.broken || 0);
  return el(
    "div",
    { class: "standing-line" },
    several && el("p", { class: "muted" }, bdi(short(run.id, 80))),
    el("ul", { class: "standings" }, items),
    worse &&
      el("p", {}, el("a", { href: link("worse") }, `${number(run.worse)} count as broken`), ": what is new and fails does, too."),
  );
}

const MOST_WORST = 12;

function worstList() {
  const worse = rows.filter((row) => row.worse);
  if (!worse.length) return null;
  const item = (row) =>
    el(
      "li",
      {},
      standingMark(row.standing),
      el("a", { href: caseHash(row) }, bdi(short(row.key, 120))),
      el(
        "span",
        { class: "muted" },
        row.before.length ? `${outcomesText(row.before)} → ` : "",
        OUTCOME_LABEL.get(row.outcome),
      ),
    );
  const more = worse.length - MOST_WORST;
  return el(
    "ul",
    { class: "worst" },
    worse.slice(0, MOST_WORST).map(item),
    more > 0 && el("li", {}, el("a", { href: hashOf({ standing: "worse" }) }, `and ${number(more)} more rows`)),
  );
}

function goneList(base) {
  if (!base.gone.length) return null;
  const item = ([suite, name, variant, outcomes]) =>
    el(
      "li",
      {},
      bdi(short(`${suite}::${name}${variant === "default" ? "" : `[${variant}]`}`, 200)),
      el("span", { class: "muted" }, ` ${outcomesText(outcomes)}`),
    );
  return el(
    "details",
    { class: "gone" },
    el("summary", {}, `${plural(base.gone.length, "case")} gone: only the baseline holds them`),
    longList(base.gone, item, "claims"),
  );
}

// On the page of a case: the same trial then and now.
function beforePart(row, detail) {
  if (!report.baseline) return null;
  const before = detail.before;
  const summary = el(
    "summary",
    {},
    "Beside the baseline ",
    bdi(short(report.baseline.name, 100)),
    ": ",
    standingMark(row.standing),
  );
  const body = before
    ? [beforeTable(row, before), el("div", { class: "before-answers" }, beforeAnswers(detail, before))]
    : el("p", { class: "muted" }, "The baseline does not hold this case in this variant.");
  return el("details", { class: "card before", open: row.standing !== "same" }, summary, body);
}

function beforeTable(row, before) {
  const base = report.baseline;
  const tokens = before.prompt_tokens === null ? null : before.prompt_tokens + (before.completion_tokens || 0);
  const facts = (met) => (met === null ? "–" : `${percent(met, 1)} met`);
  const lines = [
    ["outcome", chip(before.outcome), chip(row.outcome)],
    ["observed", before.behaviour, row.behaviour],
    ["groundedness", share(before.groundedness), share(row.groundedness)],
    ["facts", facts(before.facts_share), facts(before.now_facts_share)],
    ["tokens", tokens === null ? "–" : number(tokens), tokensOf(row) === null ? "–" : number(tokensOf(row))],
    ["time", seconds(before.seconds), seconds(row.seconds)],
    report.prices && ["cost", money(before.cost), money(row.cost)],
    before.model !== row.model && ["model", modelName(before.model), modelName(row.model)],
  ].filter(Boolean);
  const head = (text) => el("th", { scope: "col" }, text);
  const trials = before.trials > 1 ? ` · trial ${before.trial} of ${before.trials}: ${outcomesText(row.before)}` : "";
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": "Baseline and now" },
    el(
      "table",
      { class: "plain then-now" },
      el("thead", {}, el("tr", {}, el("td"), head([bdi(short(base.name, 40)), trials]), head("now"))),
      el(
        "tbody",
        {},
        lines.map(([name, then, now]) =>
          el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, then), el("td", {}, now)),
        ),
      ),
    ),
  );
}

function beforeAnswers(detail, before) {
  const note = (text) => el("p", { class: "muted" }, text);
  if (!before.said) return note("The baseline holds no answer to this case.");
  if (before.same) return note("The answer has the same words as in the baseline.");
  if (!before.answers) return note("The answer has other words than in the baseline, whose own are not at hand.");
  const now = detail.turns.map(answerText);
  const turn = (text, at, make) =>
    el("div", {}, before.answers.length > 1 && el("p", { class: "who" }, `Answer ${at + 1}`), make(text, at));
  const column = (title, texts, make) =>
    el("section", { class: "card" }, el("h3", {}, title), texts.map((text, at) => turn(text, at, make)));
  return [
    diffHint("the baseline", "this run"),
    el(
      "div",
      { class: "side-by-side" },
      column("The baseline's answer", before.answers, (text) => block(text, "answer")),
      column("This run's answer", now, (text, at) =>
        text === before.answers[at]
          ? [block(text, "answer"), note("The same words; its citations differ.")]
          : diffBlock(before.answers[at] || "", text),
      ),
    ),
  ];
}
