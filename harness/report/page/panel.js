// The document beside the conversation, opened at the passage.

const CONTEXT = 2500;
let panelOpener = null;
let keepClosed = false;

const narrow = () => matchMedia("(max-width: 1099px)").matches;

// Where there is room beside the conversation, the document is open at the claim that matters most.
function openWorst(detail) {
  if (narrow() || keepClosed) return;
  const score = (detail.turns[detail.deciding ?? 0] || {}).score;
  const claims = ((score && score.claims) || []).filter((claim) => claim.evidence);
  const worst = ["contradicted", "not_found", "supported"]
    .map((support) => claims.find((claim) => claim.support === support))
    .find(Boolean);
  if (worst) openClaim(worst, score.claims.indexOf(worst), null);
}

function panelFor() {
  const close = el(
    "button",
    { type: "button", class: "quiet", onclick: () => (keepClosed = closePanel()), title: "Close (Escape)" },
    "Close",
  );
  return el(
    "aside",
    { id: "panel", class: "panel", "aria-label": "Document", hidden: true },
    el("header", {}, el("div", { id: "panel-title" }), close),
    el("div", {
      id: "panel-body",
      class: "panel-body",
      tabindex: "0",
      role: "region",
      "aria-label": "Text of the document",
    }),
  );
}

const STATES = {
  whole: null,
  excerpts: "A long document: what stands around the passage is shown.",
  changed: "The document has changed since this run: only the passage is known.",
  missing: "The document is not at hand: only the passage is known.",
};

async function openPassage(place, heading, opener, support) {
  const entry = place.d === undefined || place.d === null ? null : report.documents[place.d];
  const panel = document.getElementById("panel");
  panelOpener = opener;
  const where = [
    place.page ? `page ${place.page}` : null,
    place.at ? `characters ${number(place.at[0])}–${number(place.at[1])}` : null,
  ];
  document
    .getElementById("panel-title")
    .replaceChildren(
      el("h3", {}, bdi(entry ? entry.path : place.name || "Passage")),
      el("p", { class: "muted" }, [heading, ...where].filter(Boolean).join(" · ")),
      ...[entry && STATES[entry.state] && el("p", { class: "muted" }, STATES[entry.state])].filter(Boolean),
    );
  panel.hidden = false;
  document.getElementById("case-view").classList.add("with-panel");
  await showText(entry, place, support);
  if (narrow()) document.getElementById("panel-body").focus({ preventScroll: true });
}

// The text of a PDF has a form feed after each page.
function paged(text) {
  return visible(text.replace(/\n?\f\n?/g, "\n\n[next page]\n\n"));
}

async function showText(entry, place, support) {
  const body = document.getElementById("panel-body");
  const whole = entry && entry.state === "whole" && place.mark;
  const text = whole ? (await withTexts(entry)).text : place.around || place.text || "";
  const [start, end] = place.mark || [0, text.length];
  const mark = el(
    "mark",
    { class: `s-${support || "found"}` },
    paged(text.slice(start, Math.min(end, start + LONGEST))),
  );
  const put = (from, to) => {
    const all = el("div", { class: "text document", dir: "auto" });
    all.append(
      from > 0 ? "…" : "",
      paged(text.slice(from, start)),
      mark,
      paged(text.slice(Math.max(start, Math.min(end, start + LONGEST)), to)),
      to < text.length ? "…" : "",
    );
    body.replaceChildren(all);
    if (from > 0 || to < text.length) {
      body.append(
        el(
          "button",
          { type: "button", class: "more", onclick: () => put(0, text.length) },
          `Show all ${number(text.length)} characters`,
        ),
      );
    }
    body.scrollTop = Math.max(0, mark.offsetTop - body.offsetTop - body.clientHeight / 3);
  };
  put(Math.max(0, start - CONTEXT), Math.min(text.length, end + CONTEXT));
}

function closePanel() {
  const panel = document.getElementById("panel");
  if (!panel || panel.hidden) return false;
  panel.hidden = true;
  document.getElementById("case-view").classList.remove("with-panel");
  if (panelOpener) panelOpener.focus({ preventScroll: true });
  return true;
}
