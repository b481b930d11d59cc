// One turn: prompt, steps, answer, and its score part by part.

function turnPart(turn, at, detail) {
  const several = detail.turns.length > 1;
  const last = turn.attempts[turn.attempts.length - 1];
  const score = turn.score;
  const name = several ? ` ${at + 1}${detail.deciding === at ? " (it decided)" : ""}` : "";
  const results =
    last && last.steps ? last.steps.filter((step) => step.type === "file_search").flatMap((step) => step.results) : [];
  return el(
    "section",
    { class: "turn", "aria-label": several ? `Turn ${at + 1}` : "Conversation" },
    el("p", { class: "who" }, `Prompt${name}`),
    block(turn.prompt, "prompt"),
    turn.attempts
      .slice(0, -1)
      .map((attempt) =>
        el(
          "details",
          { class: "card" },
          el("summary", {}, `An earlier attempt: ${attempt.raw_status || attempt.status}`),
          block(attempt.text || "", "answer"),
          attempt.error && failure(attempt.error),
        ),
      ),
    last &&
      el("p", { class: "who" }, "Answer", last.status === "completed" ? "" : ` (${last.raw_status || last.status})`),
    last && (score ? scoredAnswer(score, results) : block(last.text || "", "answer")),
    last && last.error && failure(last.error),
    score && [
      failedList(score),
      claimsPart(score),
      factsPart(score),
      citationsPart(score, results),
      judgementPart(score),
      ownPart(score),
    ],
    last && retrievedPart(last, score),
    last && stepsPart(last),
  );
}

function scoredAnswer(score, results) {
  const node = el("div", { class: "text answer", dir: "auto" });
  const claims = score.claims || [];
  const told = new Set();
  fill(node, score.answer || [], (text, piece) => {
    if (piece.length === 1) return citeMark(piece[0], score, results);
    const claim = claims[piece[1]];
    if (!claim) return visible(text);
    const first = !told.has(piece[1]);
    told.add(piece[1]);
    return claimMark(text, claim, piece[1], first);
  });
  if (score.refusal) node.append(el("div", {}, visible(score.refusal)));
  if (!node.textContent) node.append(el("span", { class: "muted" }, "(nothing was said)"));
  return node;
}

function claimMark(text, claim, at, first) {
  const [mark, word] = SUPPORT[claim.support];
  const open = (event) => openClaim(claim, at, event.currentTarget);
  return el(
    "span",
    {
      class: `claim s-${claim.support}`,
      role: "button",
      tabindex: "0",
      title: `Claim ${at + 1}: ${word}`,
      onclick: open,
      onkeydown: (event) =>
        (event.key === "Enter" || event.key === " ") && (event.preventDefault(), event.stopPropagation(), open(event)),
    },
    visible(text),
    first ? el("sup", { class: "nr" }, `${mark}${at + 1}`) : null,
  );
}

function openClaim(claim, at, opener) {
  const word =
    claim.support === "not_found" && claim.evidence
      ? "not in the documents; the nearest passage"
      : SUPPORT[claim.support][1];
  if (claim.evidence) openPassage(claim.evidence, `claim ${at + 1}: ${word}`, opener, claim.support);
  else document.getElementById(`claim-${at}`)?.scrollIntoView({ block: "center" });
}

function citeMark(at, score, results) {
  const cite = (score.citations || [])[at] || {};
  const place = results[cite.result] || null;
  const title = cite.wrong ? cite.wrong.join(", ") : cite.true ? "a true citation" : "a citation";
  const open = (event) => place && openPassage(place, `citation ${at + 1}`, event.currentTarget);
  return el(
    "button",
    {
      type: "button",
      class: `cite${cite.wrong ? " wrong" : ""}`,
      title,
      "aria-label": `Citation ${at + 1}: ${title}`,
      onclick: open,
    },
    `${at + 1}`,
  );
}

function failedList(score) {
  const items = (score.failed || []).map((check) => el("li", {}, block(check)));
  const lines = [
    score.blame && el("p", {}, el("b", {}, "Blame: "), `${score.blame[0].replaceAll("_", " ")}: ${score.blame[1]}`),
    items.length > 0 && el("div", {}, el("b", {}, "Failed checks"), el("ul", {}, items)),
    score.phrase && el("p", {}, el("b", {}, "Decided by: "), "“", bdi(short(score.phrase, 200)), "”"),
    score.note && el("div", {}, el("b", {}, "Note"), block(score.note)),
  ].filter(Boolean);
  return lines.length
    ? el("div", { class: score.outcome && !PASSES.has(score.outcome) ? "failure" : "remark" }, lines)
    : null;
}

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
    { id: `claim-${at}` },
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
