// The page's life: the address says what is shown, keys move through it.

let listScroll = 0;
let queryTimer = 0;

function go(hash) {
  if (location.hash === hash || (hash === "#" && !location.hash)) show();
  else location.hash = hash;
}

// Typing changes the list at once, and the address once the typing rests: history would fill with half words.
function setQuery(text) {
  filter.q = text;
  refreshList();
  clearTimeout(queryTimer);
  queryTimer = setTimeout(() => history.replaceState(null, "", listHash({})), 300);
}

function refreshList() {
  selected = 0;
  applyFilter();
  showCount();
  syncTools();
  drawRows(true);
}

async function show() {
  clearTimeout(queryTimer);
  const before = filter;
  filter = parseHash();
  applyFilter();
  const row = filter.case === null ? null : rowByKey.get(filter.case);
  const list = document.getElementById("list-view"),
    view = document.getElementById("case-view");
  if (before.case === null || before.case === undefined) listScroll = scrollY;
  list.hidden = filter.case !== null;
  view.hidden = filter.case === null;
  if (filter.case === null) showList(before);
  else if (row) {
    await showCase(row);
    if (before.case !== filter.case) scrollTo(0, 0);
    selected = Math.max(0, shown.indexOf(row));
  } else
    view.replaceChildren(
      el("p", { class: "notice" }, "This report has no case ", bdi(filter.case), "."),
      el("p", {}, el("a", { href: "#" }, "All cases")),
    );
}

function showList(before) {
  document.title = titleOf();
  document.getElementById("case-view").replaceChildren();
  showColumns();
  showCount();
  syncTools();
  selected = Math.min(selected, Math.max(0, shown.length - 1));
  drawRows(true); // only now is the page as long as it will be
  if (before.case) scrollTo(0, listScroll);
  else toCases();
  drawRows(true);
}

// A figure of the overview was clicked, or a filter chosen: what it leads to should be in sight.
function toCases() {
  const filtered = filter.q || FILTERS.some((name) => filter[name]);
  const top = document.getElementById("cases").getBoundingClientRect().top;
  if (filtered && top > innerHeight / 2) document.getElementById("cases").scrollIntoView();
}

function titleOf() {
  const runs = report.runs.map((run) => run.id);
  return `Harness report: ${short(runs.join(", "), 80)}`;
}

function showAbout() {
  const command = (run) => (run.command ? ` (${run.command.join(" ")})` : "");
  const only = report.runs.length === 1 ? command(report.runs[0]) : ""; // of several the names have no room to spare
  const runs = report.runs.map((run) => run.id).join(", ");
  const about = document.getElementById("about");
  about.title = short(report.runs.map((run) => run.id + command(run)).join("\n"), 2000);
  about.replaceChildren(
    el("span", { class: "runs-shown" }, bdi(short(runs + only, 160))),
    el("span", { class: "made" }, ` · made ${report.made.slice(0, 16).replace("T", " ")} UTC`),
  );
}

const KEYS = [
  ["j  k", "next and previous row or case"],
  ["Enter", "open the selected row"],
  ["/", "filter"],
  ["Esc", "back: from the document, the case, the filter"],
  ["t", "light or dark"],
  ["?", "this help"],
];

function setUpHelp() {
  const dialog = document.getElementById("help");
  const close = el("button", { type: "button", onclick: () => dialog.close() }, "Close");
  dialog.append(
    el("h2", { id: "help-title" }, "Keyboard"),
    el(
      "dl",
      {},
      KEYS.map(([key, meaning]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, meaning)]),
    ),
    close,
  );
  document.getElementById("keys").addEventListener("click", () => dialog.showModal());
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  document.getElementById("theme").textContent = isDark() ? "Light" : "Dark";
}

function flipTheme() {
  const theme = isDark() ? "light" : "dark";
  setTheme(theme);
  try {
    localStorage.setItem("harness-theme", theme);
  } catch {
    // a page from disk may have no storage: then the choice lasts as long as the page
  }
}

function storedTheme() {
  try {
    const theme = localStorage.getItem("harness-theme");
    return theme === "dark" || theme === "light" ? theme : null;
  } catch {
    return null;
  }
}

const ACTIONS = {
  j: () => move(1),
  k: () => move(-1),
  Enter: () => filter.case === null && shown[selected] && go(caseHash(shown[selected])),
  "/": () => (filter.case === null ? document.getElementById("search").focus() : go(listHash({}))),
  "?": () => document.getElementById("help").showModal(),
  t: flipTheme,
  Escape: () => (narrow() && closePanel()) || (filter.case !== null && go(listHash({}))),
};

function move(by) {
  if (filter.case === null) return select(selected + by);
  const at = shown.findIndex((row) => row.key === filter.case);
  if (at >= 0 && shown[at + by]) go(caseHash(shown[at + by]));
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.getElementById("help").open) return;
  const target = event.target;
  if (target.matches("input, select, textarea")) {
    if (event.key === "Escape") target.blur();
    if (event.key === "Enter" && target.id === "search") (target.blur(), select(0));
    return;
  }
  const onControl = event.key === "Enter" && target.closest("a, button, summary, [role=button]");
  const action = Object.hasOwn(ACTIONS, event.key) && !onControl ? ACTIONS[event.key] : null;
  if (!action) return;
  event.preventDefault();
  action();
}

function listen() {
  addEventListener("hashchange", show);
  addEventListener("keydown", onKey);
  addEventListener("scroll", () => filter.case === null && drawRows(false), { passive: true });
  addEventListener("resize", () => filter.case === null && (showColumns(), drawRows(true)));
  addEventListener("beforeprint", () => filter.case === null && printRows());
  addEventListener("afterprint", () => filter.case === null && drawRows(true));
  document.getElementById("theme").addEventListener("click", flipTheme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTheme(null));
}

async function start() {
  setTheme(storedTheme());
  try {
    await loadIndex();
  } catch (error) {
    document.getElementById("loading").textContent =
      `This report cannot be read: ${error.message}. It may have been cut short on its way.`;
    return;
  }
  filter = parseHash();
  showAbout();
  showTools();
  document.getElementById("loading").remove();
  document.getElementById("list-view").hidden = false;
  showOverview();
  listen();
  setUpHelp();
  filter = {};
  await show();
  document.documentElement.dataset.ready = "true";
  setTimeout(prepareSearch, 200);
}

start();
