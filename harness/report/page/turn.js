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

// A figure that a query confirms rests on many records: the one that is shown must not look as if it alone said so.
function openClaim(claim, at, opener) {
  const word = claim.by
    ? `${SUPPORT[claim.support][1]}, confirmed by a query; one record of its table`
    : claim.support === "not_found" && claim.evidence
      ? "not in the documents; the nearest passage"
      : SUPPORT[claim.support][1];
  if (claim.evidence) openPassage(claim.evidence, `claim ${at + 1}: ${word}`, opener, claim.by ? null : claim.support);
  else opener.closest(".turn").querySelectorAll(".claim-item")[at]?.scrollIntoView({ block: "center" });
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
