// The overview: what the whole run came to. Each figure leads to the cases behind it.

function showOverview() {
  const parts = [
    el("h2", { class: "unseen" }, "Overview"),
    notices(),
    tiles(),
    baselineCard(),
    el("div", { class: "grid" }, matrix(), groups("suite"), groups("variant"), groups("tag")),
    configurations(),
    el(
      "div",
      { class: "grid" },
      histogram(
        "Groundedness",
        rows.map((row) => row.groundedness),
        {
          format: (value) => value.toFixed(1),
          limits: [0, 1, 0.1],
          note: (all) =>
            `mean ${share(mean(all))} · lowest ${share(all[0])}` +
            (all.length < rows.length ? ` · n/a for ${number(rows.length - all.length)}` : ""),
        },
      ),
      histogram(
        "Time to the answer",
        rows.map((row) => row.seconds),
        {
          format: seconds,
          note: (all) => `median ${seconds(quantile(all, 0.5))} · p95 ${seconds(quantile(all, 0.95))}, as recorded`,
        },
      ),
      histogram("Tokens per case", rows.map(tokensOf), {
        format: (value) => number(Math.round(value)),
        note: (all) =>
          `median ${number(Math.round(quantile(all, 0.5)))} · ${number(all.reduce((a, b) => a + b, 0))} in all`,
      }),
      report.prices &&
        histogram(
          "Cost per case",
          rows.map((row) => row.cost),
          {
            format: (value) => money(value),
            note: (all) => `median ${money(quantile(all, 0.5))} · ${money(sum(all))} in all`,
          },
        ),
    ),
  ];
  document.getElementById("overview").replaceChildren(...parts.filter(Boolean));
}

function notices() {
  const models = [...new Set(rows.filter((row) => row.behaviour !== "errored").map((row) => row.model))];
  const builtIn = models.filter((model) => report.standIns.includes(model));
  if (!builtIn.length) return null;
  return el(
    "p",
    { class: "notice" },
    el("strong", {}, "Stand-ins: "),
    builtIn.join(", "),
    builtIn.length > 1
      ? " are built-in models, not language models. What they answer says how the harness works, "
      : " is a built-in model, not a language model. What it answers says how the harness works, ",
    "not how good an assistant is.",
  );
}

function tile(label, value, note, href) {
  const figure = el("span", { class: "value" }, value);
  return el(
    "div",
    { class: "tile" },
    el("dt", {}, label),
    el("dd", {}, href ? el("a", { href }, figure) : figure, note && el("span", { class: "note" }, note)),
  );
}

// Errors are counted apart: they say nothing of the answers, neither here nor in a part of the rows.
function judgedOf(list) {
  return list.filter((row) => row.outcome !== "error");
}

function tiles() {
  const judged = judgedOf(rows);
  const passed = judged.filter((row) => row.passed).length;
  const failed = judged.length - passed;
  const errors = rows.length - judged.length;
  const grounded = rows.map((row) => row.groundedness).filter((value) => value !== null);
  const cases = rowsOfCase.size;
  return el(
    "dl",
    { class: "tiles" },
    tile(
      "passed",
      percent(passed, judged.length),
      `${number(passed)} of ${number(judged.length)}`,
      passed ? hashOf({ outcome: "passed" }) : null,
    ),
    tile("failed", number(failed), "judged, and not passed", failed ? hashOf({ outcome: "failed" }) : null),
    tile("errors", number(errors), "could not be judged", errors ? hashOf({ outcome: "error" }) : null),
    tile("groundedness", share(mean(grounded)), `mean of ${plural(grounded.length, "answer")}`),
    tile("cases", number(cases), rows.length > cases ? plural(rows.length, "row") : "one row each"),
    report.prices && costTile(),
    rows.length > cases &&
      tile(
        "flipped",
        number(report.flipped),
        "pass here, fail there",
        report.flipped ? hashOf({ outcome: "flipped" }) : null,
      ),
  );
}

function sum(values) {
  return values.reduce((all, value) => all + value, 0);
}

// What no price is known of is named: a sum that left it out in silence would be wrong.
function costTile() {
  const { unknown, uncounted } = report.prices;
  const costs = rows.map((row) => row.cost).filter((cost) => cost !== null);
  const notes = [
    costs.length > 0 && `${money(sum(costs) / costs.length)} a row, by today's prices`,
    unknown.length > 0 && `no price is known of ${short(unknown.join(", "), 200)}`,
    uncounted > 0 && `${plural(uncounted, "row")} without counted tokens`,
  ].filter(Boolean);
  return tile("cost", costs.length ? money(sum(costs)) : "not known", notes.join(" · "));
}

function matrix() {
  const seen = BEHAVIOURS.filter((name) => rows.some((row) => row.behaviour === name));
  const expected = ["answer", "refuse"].filter((name) => rows.some((row) => row.expect === name));
  const cell = (expect, behaviour) => {
    const list = rows.filter((row) => row.expect === expect && row.behaviour === behaviour);
    if (!list.length) return el("td", { class: "empty" }, "·");
    const counts = countBy(list, (row) => row.outcome);
    const told = OUTCOMES.filter(([name]) => counts.has(name)).map(([name, label]) =>
      el("span", { class: `told t-${name}` }, `${number(counts.get(name))} ${label}`),
    );
    const link = el("a", { href: hashOf({ expect, behaviour }) }, number(list.length));
    return el("td", {}, link, told);
  };
  return el(
    "section",
    { class: "card wide" },
    el("h3", {}, "Expected and observed"),
    el(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Expected and observed" },
      el(
        "table",
        { class: "matrix" },
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            el("th", { scope: "col" }, "expected"),
            seen.map((name) => el("th", { scope: "col" }, name)),
          ),
        ),
        el(
          "tbody",
          {},
          expected.map((name) =>
            el(
              "tr",
              {},
              el("th", { scope: "row" }, name),
              seen.map((behaviour) => cell(name, behaviour)),
            ),
          ),
        ),
      ),
    ),
    legend(),
  );
}

const MOST_GROUPS = 60;
const FEW_GROUPS = 6; // more stand side by side

function groups(name) {
  const lists = new Map();
  for (const row of rows) {
    for (const value of name === "tag" ? row.tags : [row[name]]) {
      if (!lists.has(value)) lists.set(value, []);
      lists.get(value).push(row);
    }
  }
  if (!lists.size || (name === "variant" && lists.size === 1)) return null;
  const sorted = [...lists].sort(([a], [b]) => (a < b ? -1 : 1));
  const items = sorted.slice(0, MOST_GROUPS).map(([value, list]) => {
    const passed = list.filter((row) => row.passed).length;
    const judged = judgedOf(list).length;
    return el(
      "li",
      {},
      el("a", { href: hashOf({ [name]: value }), class: "name" }, bdi(name === "suite" ? suiteName(value) : value)),
      el(
        "span",
        { class: "figures" },
        `${number(passed)}/${number(judged)}`,
        el("b", {}, percent(passed, judged)),
      ),
      outcomeBar(list),
    );
  });
  const more =
    sorted.length > MOST_GROUPS ? el("p", { class: "muted" }, `and ${sorted.length - MOST_GROUPS} more`) : null;
  return el(
    "section",
    { class: `card${items.length > FEW_GROUPS ? " full" : ""}` },
    el("h3", {}, `Outcomes by ${name}`),
    el("ul", { class: "groups" }, items),
    more,
  );
}

// Each configuration that was tried: what `variant`, model, target and run make of the same cases.
function configurations() {
  const lists = new Map();
  for (const row of rows) {
    const key = JSON.stringify([row.run, row.variant, row.model, row.target]);
    if (!lists.has(key)) lists.set(key, []);
    lists.get(key).push(row);
  }
  if (lists.size < 2) return null;
  const severalRuns = report.runs.length > 1;
  const heads = [
    severalRuns && "run",
    "variant",
    "model",
    "target",
    "rows",
    "passed",
    "outcomes",
    "grounded",
    "median",
    "tokens",
    report.prices && "cost",
  ];
  const line = (list) => {
    const { run, variant, model, target } = list[0];
    const passed = list.filter((row) => row.passed).length;
    const values = (key) =>
      list
        .map(key)
        .filter((value) => value !== null)
        .sort((a, b) => a - b);
    const used = values(tokensOf);
    const costs = values((row) => row.cost);
    return el(
      "tr",
      {},
      severalRuns && el("td", {}, bdi(short(run, 60))),
      el(
        "th",
        { scope: "row" },
        el(
          "a",
          { href: hashOf({ variant, run: severalRuns ? run : "", model: model || "" }) },
          bdi(short(variant, 60)),
        ),
      ),
      el("td", {}, modelName(model)),
      el("td", {}, target),
      el("td", { class: "n" }, number(list.length)),
      el("td", { class: "n" }, percent(passed, judgedOf(list).length)),
      el("td", { class: "bar-cell" }, outcomeBar(list)),
      el("td", { class: "n" }, share(mean(values((row) => row.groundedness)))),
      el(
        "td",
        { class: "n" },
        seconds(
          quantile(
            values((row) => row.seconds),
            0.5,
          ),
        ),
      ),
      el("td", { class: "n" }, used.length ? number(Math.round(mean(used))) : "–"),
      report.prices && el("td", { class: "n" }, costs.length ? money(sum(costs)) : "not known"),
    );
  };
  const right = new Set(["rows", "passed", "grounded", "median", "tokens", "cost"]);
  return el(
    "section",
    { class: "card" },
    el("h3", {}, "Configurations"),
    el(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Configurations" },
      el(
        "table",
        { class: "plain" },
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            heads.filter(Boolean).map((head) => el("th", { scope: "col", class: right.has(head) ? "n" : null }, head)),
          ),
        ),
        el("tbody", {}, [...lists.values()].slice(0, MOST_GROUPS).map(line)),
      ),
    ),
    lists.size > MOST_GROUPS && el("p", { class: "muted" }, `and ${lists.size - MOST_GROUPS} more`),
  );
}

function modelName(model) {
  if (model === null) return el("span", { class: "muted" }, "unknown");
  const mark = report.standIns.includes(model)
    ? el("span", { class: "tag", title: "A built-in model, not a language model" }, "stand-in")
    : null;
  return el("span", {}, bdi(short(model, 60)), mark && " ", mark);
}
