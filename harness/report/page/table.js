// The table: only the lines in sight are elements.

const OVERSCAN = 12;
const PRINTED = 1000;
let columns = [];
let selected = 0;
let drawn = "";

function tableColumns() {
  const several = (name) => report.values[name].length > 1;
  const settings = [several("run") && "run", several("variant") && "variant", several("model") && "model"].filter(
    Boolean,
  );
  const trials = rows.some((row) => row.trial > 1);
  return [
    ["outcome", "outcome", (row) => chip(row.outcome)],
    report.baseline && ["standing", "baseline", (row) => standingMark(row.standing)],
    [
      "case",
      "case",
      (row) => [
        el("a", { href: caseHash(row), tabindex: "-1" }, bdi(short(row.case, 80))),
        el("span", { class: "muted" }, bdi(short(suiteName(row.suite), 60))),
      ],
    ],
    (settings.length > 0 || trials) && [
      "setting",
      settings.join(", ") || "trial",
      (row) => setting(row, settings, trials),
    ],
    [
      "",
      "prompt and answer",
      (row) => [bdi(short(row.prompt, 160)), el("span", { class: "muted" }, bdi(short(row.answer, 160)))],
    ],
    ["groundedness", "grounded", (row) => meter(row)],
    roomy() && ["facts", "facts", (row) => (row.facts ? `${row.facts_met}/${row.facts}` : "–")],
    roomy() && ["tokens", "tokens", (row) => (tokensOf(row) === null ? "–" : number(tokensOf(row)))],
    ["seconds", "time", (row) => seconds(row.seconds)],
    report.prices && roomy() && !phone() && ["cost", "cost", (row) => costMark(row)],
  ].filter(Boolean);
}

// On a phone the figures stand in a line of their own; between that and a desk there is no room for all columns.
const phone = () => innerWidth <= 760;
const roomy = () => phone() || innerWidth >= 1100;
const WIDTHS = {
  outcome: "128px",
  standing: "84px",
  case: "minmax(110px, 250px)",
  setting: "minmax(80px, 190px)",
  text: "minmax(140px, 1fr)",
  groundedness: "84px",
  facts: "48px",
  tokens: "64px",
  seconds: "64px",
  cost: "72px",
};

function costMark(row) {
  return row.cost === null ? el("span", { class: "muted" }, "–") : amount(row.cost);
}

function suiteName(suite) {
  return suite.replace(/^cases\//, "").replace(/\.ya?ml$/, "");
}

function setting(row, settings, trials) {
  const parts = settings.map((name) => short(row[name] || "unknown", 40));
  if (trials) parts.push(`trial ${row.trial}`);
  return [bdi(parts[0]), el("span", { class: "muted" }, bdi(parts.slice(1).join(" · ")))];
}

function meter(row) {
  if (row.groundedness === null) return el("span", { class: "muted" }, "n/a");
  const bar = svg("svg", { class: "meter", viewBox: "0 0 40 4", preserveAspectRatio: "none", "aria-hidden": "true" });
  bar.append(
    svg("rect", { class: "rail", width: 40, height: 4 }),
    svg("rect", { class: "level", width: 40 * row.groundedness, height: 4 }),
  );
  return el("span", { class: "metered" }, share(row.groundedness), bar);
}

function showColumns() {
  columns = tableColumns();
  const line = el("div", { role: "row", class: "line head" });
  for (const [name, label] of columns) {
    const sort = filter.sort === name ? "ascending" : filter.sort === `-${name}` ? "descending" : null;
    const arrow = sort === "ascending" ? " ↑" : sort === "descending" ? " ↓" : "";
    const flip = () =>
      go(listHash({ sort: filter.sort === name ? `-${name}` : filter.sort === `-${name}` ? "" : name }));
    const inside = name
      ? el("button", { type: "button", onclick: flip }, label, el("span", { "aria-hidden": "true" }, arrow))
      : label;
    line.append(el("span", { role: "columnheader", class: `c-${name || "text"}`, "aria-sort": sort }, inside));
  }
  const widths = columns.map(([name]) => WIDTHS[name || "text"]).join(" ");
  document.getElementById("table").style.setProperty("--widths", widths);
  document.getElementById("columns").replaceChildren(line);
}

function rowHeight() {
  return parseFloat(getComputedStyle(document.getElementById("table")).getPropertyValue("--row"));
}

function drawRows(force) {
  const holder = document.getElementById("rows");
  const tall = rowHeight();
  const top = holder.getBoundingClientRect().top;
  const first = Math.max(0, Math.floor(-top / tall) - OVERSCAN);
  const last = Math.min(shown.length, Math.ceil((innerHeight - top) / tall) + OVERSCAN);
  const now = `${first} ${last} ${selected}`;
  if (!force && now === drawn) return;
  drawn = now;
  holder.style.height = `${shown.length * tall}px`;
  const lines = [];
  for (let at = first; at < last; at++) lines.push(tableLine(at, at * tall));
  holder.replaceChildren(...lines);
}

function tableLine(at, offset) {
  const row = shown[at];
  const line = el("div", {
    role: "row",
    class: `line${at === selected ? " selected" : ""}`,
    "aria-rowindex": at + 2,
    "aria-current": at === selected ? "true" : null,
  });
  for (const [name, , content] of columns)
    line.append(el("span", { role: "cell", class: `c-${name || "text"}` }, content(row)));
  if (row.xfail)
    line.firstChild.append(el("span", { class: "tag", title: "The case says that it fails here" }, "xfail"));
  if (offset !== null) line.style.transform = `translateY(${offset}px)`;
  line.addEventListener("click", (event) => {
    if (!event.target.closest("a") && !String(getSelection())) go(caseHash(row));
  });
  return line;
}

function showCount() {
  const all = shown.length === rows.length;
  const failed = shown.filter((row) => !row.passed).length;
  const some = all ? plural(rows.length, "row") : `${number(shown.length)} of ${plural(rows.length, "row")}`;
  document.getElementById("count").textContent = shown.length
    ? `${some}, ${number(failed)} not passed`
    : "No row passes these filters.";
  document.getElementById("table").setAttribute("aria-rowcount", shown.length + 1);
}

function select(at) {
  selected = Math.max(0, Math.min(shown.length - 1, at));
  const holder = document.getElementById("rows");
  const tall = rowHeight();
  const top = holder.getBoundingClientRect().top + selected * tall;
  const roof = document.getElementById("tools").getBoundingClientRect().bottom + tall;
  if (top < roof) scrollBy(0, top - roof);
  else if (top + tall > innerHeight) scrollBy(0, top + tall - innerHeight + 8);
  drawRows(true);
}

// On paper there is no scrolling: up to a thousand lines are put one below the other.
function printRows() {
  const holder = document.getElementById("rows");
  holder.style.height = "auto";
  const lines = shown.slice(0, PRINTED).map((_, at) => tableLine(at, null));
  if (shown.length > PRINTED) lines.push(el("p", {}, `and ${number(shown.length - PRINTED)} more rows`));
  holder.replaceChildren(...lines);
}

function showTools() {
  const search = el("input", {
    type: "search",
    id: "search",
    placeholder: "Filter by case, prompt, answer ( / )",
    "aria-label": "Filter by case, prompt or answer",
    value: filter.q,
    spellcheck: "false",
    autocomplete: "off",
    title: "Words that all must occur in the case's name, or the first 2,000 characters of prompt and answer",
  });
  search.addEventListener("input", () => setQuery(search.value));
  const selects = FILTERS.filter((name) => choices(name).length > 1).map((name) => {
    const box = el("select", { id: `by-${name}`, "aria-label": `Filter by ${LABELS[name] || name}` });
    box.append(el("option", { value: "" }, `any ${LABELS[name] || name}`));
    for (const [value, label] of choices(name)) box.append(el("option", { value }, short(label, 60)));
    box.addEventListener("change", () => go(listHash({ [name]: box.value })));
    return box;
  });
  const clear = el("button", { type: "button", id: "clear", class: "quiet" }, "Clear");
  clear.addEventListener("click", () => go("#"));
  document.getElementById("tools").replaceChildren(search, ...selects, clear);
}

function syncTools() {
  const search = document.getElementById("search");
  if (search.value !== filter.q) search.value = filter.q;
  for (const name of FILTERS) {
    const box = document.getElementById(`by-${name}`);
    if (!box) continue;
    const wanted = filter[name];
    box.value = wanted;
    if (box.value !== wanted) {
      box.append(el("option", { value: wanted }, short(wanted, 60))); // a link may name what this report has not
      box.value = wanted;
    }
    box.classList.toggle("set", Boolean(wanted));
  }
  const filtered = filter.q || FILTERS.some((name) => filter[name]);
  document.getElementById("clear").hidden = !filtered;
  document.getElementById("cases").classList.toggle("filtered", Boolean(filtered));
}
