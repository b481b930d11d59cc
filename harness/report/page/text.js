// Words and elements. Every text from outside goes through textContent: nothing here makes markup of data.

const PASSES = new Set(["grounded", "correct_refusal"]);
const OUTCOMES = [
  ["grounded", "grounded", "The answer is what the documents say."],
  ["correct_refusal", "correct refusal", "It refused, and the documents do not hold the answer."],
  ["incomplete", "incomplete", "Something that was demanded is missing."],
  ["over_refusal", "over-refusal", "It refused, but the documents hold the answer."],
  ["missed_refusal", "missed refusal", "It answered, but the documents do not hold the answer."],
  ["ungrounded", "ungrounded", "It says what the documents do not."],
  ["error", "error", "It could not be judged: neither pass nor fail."],
];
const OUTCOME_LABEL = new Map(OUTCOMES.map(([name, label]) => [name, label]));
const BEHAVIOURS = ["answered", "partial", "refused", "clarifying", "errored"];
const SUPPORT = {
  supported: ["✓", "supported"],
  contradicted: ["✗", "contradicted"],
  not_found: ["?", "not in the documents"],
};
const LONGEST = 20000;
const LONGEST_INLINE = 1000;

// What would be obeyed instead of read: control characters, direction overrides, invisible letters, halves of pairs.
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\udb40[\udc00-\udc7f]/g;

function visible(text) {
  return String(text)
    .replace(/\r\n?/g, "\n")
    .replace(UNSEEN, (found) => `⟨U+${found.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

// el("div", {class: "x", onclick: f}, "text", node): attributes are ours, only texts and a few labels are data.
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  append(node, children);
  return node;
}

// A short text from outside, kept apart from the text around it whatever its direction.
// Whoever needs all of a long one says block().
function bdi(text, attributes) {
  return el("bdi", attributes, visible(text.length > LONGEST_INLINE ? `${text.slice(0, LONGEST_INLINE)}…` : text));
}

function short(text, length) {
  const line = visible(text.slice(0, length * 2))
    .replace(/\s+/g, " ")
    .trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

// A text of any length: a megabyte on one line would make every browser wait, so the rest comes when asked for.
function block(text, className) {
  const scrolls = className === "prompt" ? { tabindex: "0", role: "group", "aria-label": "Prompt" } : {};
  const node = el("div", { class: `text ${className || ""}`, dir: "auto", ...scrolls });
  fill(node, [[text, null]], (piece) => visible(piece));
  return node;
}

// Fill a node with pieces until enough is shown; a button shows the rest.
function fill(node, pieces, make) {
  let left = LONGEST;
  const total = pieces.reduce((sum, [text]) => sum + (typeof text === "string" ? text.length : 0), 0);
  const put = (whole) => {
    for (const piece of pieces) {
      const text = piece[0];
      if (typeof text !== "string") node.append(make(text, piece));
      else if (whole || text.length <= left) node.append(make(text, piece));
      else node.append(make(text.slice(0, left), piece), "…");
      left -= typeof text === "string" ? text.length : 0;
      if (!whole && left <= 0) break;
    }
  };
  put(false);
  if (total <= LONGEST) return;
  const more = el("button", { type: "button", class: "more" }, `Show all ${number(total)} characters`);
  more.addEventListener("click", () => {
    node.replaceChildren();
    put(true);
  });
  node.append(el("br"), more);
}

function number(value) {
  return value.toLocaleString("en");
}

function percent(part, whole) {
  return whole ? `${Math.round((1000 * part) / whole) / 10}%` : "n/a";
}

// A sum in the price table's currency; small ones keep figures that say something.
function amount(value) {
  const digits = value === 0 || value >= 1 ? { maximumFractionDigits: 2 } : { maximumSignificantDigits: 2 };
  return value.toLocaleString("en", digits);
}

function money(value) {
  return value === null ? "not known" : visible(`${amount(value)} ${short(report.prices.currency, 20)}`);
}

function share(value) {
  return value === null || value === undefined ? "n/a" : value.toFixed(2);
}

function seconds(value) {
  if (value === null || value === undefined) return "–";
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  return value < 60 ? `${value.toFixed(1)} s` : `${(value / 60).toFixed(1)} min`;
}

function chip(outcome) {
  const label = OUTCOME_LABEL.get(outcome) || outcome;
  const mark = outcome === "error" ? "!" : PASSES.has(outcome) ? "✓" : "✗";
  return el("span", { class: `chip o-${outcome}` }, el("span", { "aria-hidden": "true" }, mark), ` ${label}`);
}

function plural(count, word) {
  return `${number(count)} ${word}${count === 1 ? "" : "s"}`;
}

// Word by word: [kind, text] with kind 0 for both, -1 for only the first, 1 for only the second.
const MOST_STEPS = 4000000;

function diff(first, second) {
  const a = words(first),
    b = words(second);
  let head = 0,
    tail = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const x = a.slice(head, a.length - tail),
    y = b.slice(head, b.length - tail);
  const middle =
    x.length * y.length > MOST_STEPS
      ? [
          [-1, x.join("")],
          [1, y.join("")],
        ]
      : longestCommon(x, y);
  return [[0, a.slice(0, head).join("")], ...middle, [0, a.slice(a.length - tail).join("")]].filter(([, text]) => text);
}

function words(text) {
  return text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) || [];
}

function longestCommon(x, y) {
  const width = y.length + 1;
  const table = new Uint16Array((x.length + 1) * width);
  for (let i = x.length - 1; i >= 0; i--) {
    for (let j = y.length - 1; j >= 0; j--) {
      const next = (i + 1) * width + j;
      table[i * width + j] = x[i] === y[j] ? table[next + 1] + 1 : Math.max(table[next], table[i * width + j + 1]);
    }
  }
  const parts = [];
  const put = (kind, word) => {
    if (parts.length && parts[parts.length - 1][0] === kind) parts[parts.length - 1][1] += word;
    else parts.push([kind, word]);
  };
  let i = 0,
    j = 0;
  while (i < x.length || j < y.length) {
    if (i < x.length && j < y.length && x[i] === y[j]) (put(0, x[i++]), j++);
    else if (j >= y.length || (i < x.length && table[(i + 1) * width + j] >= table[i * width + j + 1])) put(-1, x[i++]);
    else put(1, y[j++]);
  }
  const shared = parts.filter(([kind]) => !kind).reduce((sum, [, text]) => sum + text.trim().length, 0);
  const alike = shared / Math.max(1, Math.max(x.join("").length, y.join("").length));
  return alike < 0.25
    ? [
        [-1, x.join("")],
        [1, y.join("")],
      ]
    : parts; // a mosaic of single words helps nobody
}
