// What is shown, and in which order. All of it stands in the address, so that a link shows the same.

const FILTERS = ["outcome", "standing", "suite", "variant", "tag", "behaviour", "expect", "model", "run", "target"];
const LABELS = { expect: "expected", behaviour: "observed" };
let filter = {};
let shown = []; // the rows that pass the filter, in order

function parseHash() {
  const found = new URLSearchParams(location.hash.slice(1));
  const next = {
    q: found.get("q") || "",
    sort: found.get("sort") || "",
    case: found.get("case"),
    with: found.getAll("with"),
  };
  for (const name of FILTERS) next[name] = found.get(name) || "";
  return next;
}

function hashOf(state) {
  const parts = new URLSearchParams();
  if (state.case) parts.set("case", state.case);
  for (const key of state.with || []) parts.append("with", key);
  for (const name of ["q", ...FILTERS, "sort"]) if (state[name]) parts.set(name, state[name]);
  return `#${parts}`;
}

// The list with other filters: what a figure of the overview leads to.
function listHash(changes) {
  return hashOf({ ...filter, case: null, with: [], ...changes });
}

function caseHash(row, others) {
  return hashOf({ ...filter, case: row.key, with: (others || []).map((other) => other.key) });
}

function choices(name) {
  if (name === "outcome") {
    const there = new Set(rows.map((row) => row.outcome));
    const groups = [
      ["failed", "failed (all kinds)"],
      ["passed", "passed (all kinds)"],
      ["flipped", "flipped"],
    ];
    return [...groups, ...OUTCOMES.filter(([outcome]) => there.has(outcome))];
  }
  if (name === "standing") {
    const there = new Set(rows.map((row) => row.standing));
    const worse = rows.some((row) => row.worse) ? [["worse", "worse (broken, or new and failing)"]] : [];
    return report.baseline
      ? [...worse, ...STANDINGS.filter(([one]) => there.has(one)).map(([one, , word]) => [one, word])]
      : [];
  }
  if (name === "tag") return [...new Set(rows.flatMap((row) => row.tags))].sort().map((tag) => [tag, tag]);
  return report.values[name].filter((value) => value !== null).map((value) => [value, value]);
}

const TESTS = {
  outcome: (row, wanted) =>
    wanted === "failed"
      ? !row.passed && row.outcome !== "error"
      : wanted === "passed"
        ? row.passed
        : wanted === "flipped"
          ? row.flipped
          : row.outcome === wanted,
  tag: (row, wanted) => row.tags.includes(wanted),
  standing: (row, wanted) => (wanted === "worse" ? row.worse : row.standing === wanted),
};

function haystack(row) {
  if (row.hay === undefined) row.hay = `${row.case}\n${row.suite}\n${row.prompt}\n${row.answer}`.toLowerCase();
  return row.hay;
}

function applyFilter() {
  const tests = FILTERS.filter((name) => filter[name]).map((name) => {
    const wanted = filter[name];
    const test = TESTS[name] || ((row) => row[name] === wanted);
    return (row) => test(row, wanted);
  });
  const needles = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
  shown = ordered(filter.sort).filter(
    (row) => tests.every((test) => test(row)) && needles.every((needle) => haystack(row).includes(needle)),
  );
}

// The first keystroke should not pay for ten thousand small texts.
function prepareSearch(from = 0) {
  const until = Math.min(rows.length, from + 1000);
  for (let at = from; at < until; at++) haystack(rows[at]);
  if (until < rows.length) setTimeout(prepareSearch, 0, until);
}

const severity = new Map(OUTCOMES.map(([name], at) => [name, at]));
const newsworthy = new Map(STANDINGS.map(([name], at) => [name, at]));
const SORTS = {
  outcome: (row) => severity.get(row.outcome),
  standing: (row) => newsworthy.get(row.standing),
  case: (row) => `${row.case}\n${row.suite}`,
  setting: (row) => `${row.run}\n${row.variant}\n${row.model}\n${row.trial}`,
  groundedness: (row) => row.groundedness,
  facts: (row) => (row.facts ? row.facts_met / row.facts : null),
  tokens: (row) => tokensOf(row),
  seconds: (row) => row.seconds,
  cost: (row) => row.cost,
};
let orderName = "";
let order = [];

function ordered(name) {
  if (orderName === name && order.length === rows.length) return order;
  orderName = name;
  const key = SORTS[name.replace(/^-/, "")];
  if (!key) return (order = rows);
  const sign = name.startsWith("-") ? -1 : 1;
  const keyed = rows.map((row) => [key(row), row]);
  const missing = (value) => value === null || value === undefined;
  keyed.sort(([a, one], [b, other]) => {
    if (missing(a) || missing(b)) return missing(a) - missing(b) || one.at - other.at;
    return (a < b ? -sign : a > b ? sign : 0) || one.at - other.at;
  });
  return (order = keyed.map(([, row]) => row));
}

function tokensOf(row) {
  return row.prompt_tokens === null ? null : row.prompt_tokens + row.completion_tokens;
}
