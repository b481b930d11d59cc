// The parts of a score: claims, facts, citations, passages, steps, what others say.

function part(title, note, ...children) {
  return el(
    "section",
    { class: "part" },
    el("h3", {}, title, note ? el("span", { class: "muted" }, ` ${note}`) : null),
    children,
  );
}

const MOST_ITEMS = 100;

// A list of any length; the rest comes when asked for.
function longList(items, make, className) {
  const list = el("ol", { class: className }, items.slice(0, MOST_ITEMS).map(make));
  if (items.length <= MOST_ITEMS) return list;
  const more = el("button", { type: "button", class: "more" }, `Show all ${number(items.length)}`);
  more.addEventListener("click", () =>
    more.replaceWith(...items.slice(MOST_ITEMS).map((item, at) => make(item, MOST_ITEMS + at))),
  );
  list.append(more);
  return list;
}

function claimsPart(score) {
  const claims = score.claims || [];
  if (!claims.length) return null;
  const supported = claims.filter((claim) => claim.support === "supported").length;
  const retrieved =
    score.groundedness_retrieved === undefined ? "" : `, ${share(score.groundedness_retrieved)} in what was retrieved`;
  return part(
    "Claims",
    `${supported} of ${claims.length} supported · groundedness ${share(score.groundedness)}${retrieved}`,
    longList(claims, claimItem, "claims"),
  );
}

function claimItem(claim, at) {
  const [mark, word] = SUPPORT[claim.support];
  const place = claim.evidence;
  const entry = place && report.documents[place.d];
  const open =
    place &&
    el(
      "button",
      { type: "button", class: "link", onclick: (event) => openClaim(claim, at, event.currentTarget) },
      claim.support === "not_found" ? "nearest passage in " : "",
      bdi(entry.path),
      place.page ? `, page ${place.page}` : "",
    );
  const words = claim.by
    ? []
    : [claim.unmatched && ["without support: ", claim.unmatched], claim.matched && ["found: ", claim.matched]].filter(
        Boolean,
      );
  return el(
    "li",
    { class: "claim-item" },
    el(
      "span",
      { class: `support s-${claim.support}` },
      el("span", { "aria-hidden": "true" }, `${mark} `),
      word,
      el("span", { class: "n" }, ` ${share(claim.score)}`),
    ),
    el("div", { class: "text", dir: "auto" }, short(claim.text, 400)),
    el(
      "div",
      { class: "muted" },
      open,
      open && claim.by ? " · " : "",
      claim.by && el("span", {}, "confirmed by ", bdi(short(claim.by, 300))),
    ),
    words.map(([label, list]) => el("div", { class: "muted" }, label, bdi(short(list.join(", "), 300)))),
  );
}

function factsPart(score) {
  const facts = score.facts || [];
  if (!facts.length) return null;
  const met = facts.filter((fact) => fact.is_met).length;
  const item = (fact) =>
    el(
      "li",
      {},
      el(
        "span",
        { class: `support s-${fact.is_met ? "supported" : "contradicted"}` },
        fact.is_met ? "✓ met" : "✗ missing",
        fact.weight === 1 ? "" : ` (weight ${fact.weight})`,
      ),
      el("div", { class: "text", dir: "auto" }, short(fact.fact, 600)),
      el(
        "div",
        { class: "muted dotted" },
        fact.expected !== null && el("span", {}, "computed: ", bdi(short(fact.expected, 200))),
        fact.found && el("span", {}, "found: “", bdi(short(fact.found, 200)), "”"),
        fact.missing.length > 0 && el("span", {}, "lacks: ", bdi(short(fact.missing.join(", "), 300))),
        fact.error && el("span", {}, "could not be checked: ", bdi(fact.error)),
      ),
    );
  return part("Expected facts", `${met} of ${facts.length} met`, longList(facts, item, "claims"));
}

function citationsPart(score, results) {
  const cites = score.citations || [];
  if (!cites.length) return null;
  const right = cites.filter((cite) => cite.true).length;
  const item = (cite, at) => {
    const place = results[cite.result];
    const name = cite.d === undefined ? "an unknown file" : report.documents[cite.d].path;
    const open = place
      ? el(
          "button",
          {
            type: "button",
            class: "link",
            onclick: (event) => openPassage(place, `citation ${at + 1}`, event.currentTarget),
          },
          bdi(name),
        )
      : bdi(name);
    const state = cite.wrong
      ? ["s-contradicted", `✗ ${cite.wrong.join(", ")}`]
      : cite.true
        ? ["s-supported", "✓ true"]
        : ["s-none", "– stands by no claim"];
    const by = cite.claim === undefined ? null : el("span", {}, `claim ${cite.claim + 1}`);
    return el(
      "li",
      { class: "in-line" },
      el("span", { class: "n muted" }, `${at + 1}`),
      el("span", { class: `support ${state[0]}` }, state[1]),
      open,
      bdi(short(cite.marker || "", 60), { class: "muted" }),
      by,
    );
  };
  const list = longList(cites, item, "claims");
  const title = `${right} of ${cites.length} true`;
  return cites.length > 6
    ? el(
        "details",
        { class: "part" },
        el("summary", {}, el("h3", {}, "Citations ", el("span", { class: "muted" }, title))),
        list,
      )
    : part("Citations", title, list);
}

function retrievedPart(attempt, score) {
  if (!attempt.results) return null;
  const found = score && score.retrieval;
  const recall = found && found.context_recall !== null ? ` · recall ${share(found.context_recall)}` : "";
  const note =
    `${attempt.results} in ${plural(attempt.searches, "search")}`.replace(/searchs$/, "searches") +
    (found ? ` · precision ${share(found.context_precision)}${recall}` : "");
  if (!attempt.steps)
    return part(
      "Retrieved passages",
      note,
      el("p", { class: "muted" }, "Their texts are left out of a report of this size for cases that passed."),
    );
  const results = attempt.steps.filter((step) => step.type === "file_search").flatMap((step) => step.results);
  const useful = new Set(found ? found.useful : []);
  const item = (result, at) => {
    const entry = result.d === undefined ? null : report.documents[result.d];
    const name = el(
      "button",
      {
        type: "button",
        class: "link",
        onclick: (event) => openPassage(result, `result ${at + 1}`, event.currentTarget),
      },
      bdi(result.name),
    );
    return el(
      "li",
      {},
      useful.has(at + 1) ? el("span", { class: "support s-supported" }, "✓ needed") : null,
      el(
        "div",
        {},
        name,
        result.score === null ? "" : el("span", { class: "muted n" }, ` score ${share(result.score)}`),
      ),
      result.text
        ? el("div", { class: "text muted", dir: "auto" }, short(result.text, 240))
        : entry && result.mark && lazyText(entry, result),
    );
  };
  return el(
    "details",
    { class: "part" },
    el("summary", {}, el("h3", {}, "Retrieved passages ", el("span", { class: "muted" }, note))),
    longList(results, item, "claims"),
  );
}

// The first words of a passage that stands in a shared document.
function lazyText(entry, result) {
  const node = el("div", { class: "text muted", dir: "auto" });
  const source = result.around ? Promise.resolve(result.around) : withTexts(entry).then((whole) => whole.text);
  source.then((text) => (node.textContent = short(text.slice(...result.mark), 240)));
  return node;
}

function stepsPart(attempt) {
  if (!attempt.steps) return null;
  const steps = attempt.steps.map((step) => {
    if (step.type === "file_search")
      return el(
        "li",
        {},
        el("b", {}, "file search"),
        `: ${plural(step.results.length, "result")}`,
        step.queries.length > 0 && el("div", { class: "text", dir: "auto" }, short(step.queries.join(" · "), 2000)),
      );
    if (step.type === "function")
      return el(
        "li",
        {},
        el("b", {}, "function "),
        bdi(step.name),
        block(step.arguments, "code"),
        step.output === null ? null : block(step.output, "code"),
      );
    return el("li", {}, el("b", {}, "code"), block(step.code, "code"), step.logs ? block(step.logs, "code") : null);
  });
  const usage = attempt.usage ? `${number(attempt.usage[0])} + ${number(attempt.usage[1])} tokens` : "";
  const note = [attempt.raw_status || attempt.status, seconds(attempt.seconds), usage]
    .filter((text) => text && text !== "–")
    .join(" · ");
  return el(
    "details",
    { class: "part" },
    el(
      "summary",
      {},
      el("h3", {}, "Steps ", el("span", { class: "muted" }, `${plural(steps.length, "step")} · ${note}`)),
    ),
    el("ol", { class: "claims" }, steps),
  );
}

function judgementPart(score) {
  const said = score.judgement;
  if (!said) return null;
  if (said.error)
    return part(
      "Judge",
      `${said.model} (${said.prompt})`,
      el("p", { class: "muted" }, "did not judge: ", bdi(said.error)),
    );
  const item = (one) =>
    el(
      "li",
      {},
      el("span", { class: `support s-${one.support}` }, `${SUPPORT[one.support][0]} ${SUPPORT[one.support][1]}`),
      el("div", {}, `claim ${one.claim + 1}: `, bdi(one.reason)),
    );
  return part(
    "Judge",
    `${short(said.model, 60)} (${short(said.prompt, 60)}): it decides nothing`,
    longList(said.claims, item, "claims"),
  );
}

function ownPart(score) {
  const own = score.own || [];
  if (!own.length) return null;
  const item = (one) => {
    const state =
      one.error !== null
        ? ["s-not_found", "! raised"]
        : one.is_pass === null
          ? ["s-none", "– measured"]
          : one.is_pass
            ? ["s-supported", "✓ passed"]
            : ["s-contradicted", "✗ failed"];
    return el(
      "li",
      {},
      el("span", { class: `support ${state[0]}` }, state[1]),
      el("div", {}, bdi(one.scorer), one.value === null ? "" : `: ${one.value}`),
      block(one.error || one.reason || "", "muted"),
    );
  };
  return part("Own scorers", "", longList(own, item, "claims"));
}
