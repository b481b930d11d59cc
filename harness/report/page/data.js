"use strict";

// Data: each chunk is inflated when something needs it, so that a report of ten thousand cases opens at once.

const chunkCache = new Map();
const CHUNKS_KEPT = 12;
let report = null; // the index chunk
let rows = []; // one object a row, in the order of the runs
const rowByKey = new Map();

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at);
  return bytes;
}

function wholePage() {
  if (document.readyState !== "loading") return Promise.resolve();
  return new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
}

async function inflate(name) {
  const bytes = bytesOf(document.getElementById(name).textContent);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

async function chunk(name) {
  if (!chunkCache.has(name)) {
    await wholePage(); // an element that is still being read holds half a chunk
    chunkCache.set(name, inflate(name));
    if (chunkCache.size > CHUNKS_KEPT) chunkCache.delete(chunkCache.keys().next().value);
  }
  return chunkCache.get(name);
}

async function loadIndex() {
  report = await inflate("index");
  const { values, columns } = report;
  const names = Object.keys(columns);
  const length = columns.case.length;
  rows = Array.from({ length }, (_, at) => {
    const row = { at };
    for (const name of names) {
      const value = columns[name][at];
      row[name] = name in values ? values[name][value] : value;
    }
    row.passed = PASSES.has(row.outcome);
    row.worse = isWorse(row);
    return row;
  });
  report.columns = null;
  markFlips();
  nameRows();
}

function caseOf(row) {
  return `${row.suite}::${row.case}`;
}

// Rows of one case: other runs, variants, trials.
const rowsOfCase = new Map();

function markFlips() {
  for (const row of rows) {
    const name = caseOf(row);
    if (!rowsOfCase.has(name)) rowsOfCase.set(name, []);
    rowsOfCase.get(name).push(row);
  }
  for (const group of rowsOfCase.values()) {
    const flipped = group.some((row) => row.passed !== group[0].passed);
    for (const row of group) row.flipped = flipped;
  }
}

function nodeOf(row) {
  const parts = [row.variant === "default" ? "" : row.variant, row.trial > 1 ? `t${row.trial}` : ""];
  const bracket = parts.filter(Boolean).join("-");
  return caseOf(row) + (bracket ? `[${bracket}]` : "");
}

// A link must find its row in this file for ever, and in the next report of the same run too: so it names the case.
function nameRows() {
  const several = report.runs.length > 1;
  for (const row of rows) {
    const key = (several ? `${row.run}/` : "") + nodeOf(row);
    let unique = key.toWellFormed ? key.toWellFormed() : key;
    for (let count = 2; rowByKey.has(unique); count++) unique = `${key}~${count}`;
    row.key = unique;
    rowByKey.set(unique, row);
  }
}

async function detailOf(row) {
  const rowsThere = await chunk(`d${Math.floor(row.at / report.perChunk)}`);
  return withTexts(rowsThere[row.at % report.perChunk]);
}

// Puts the shared texts where {"$": number} refers to them.
async function withTexts(value) {
  if (Array.isArray(value)) return Promise.all(value.map(withTexts));
  if (value === null || typeof value !== "object") return value;
  if (typeof value.$ === "number") return sharedText(value.$);
  const names = Object.keys(value);
  const filled = await Promise.all(names.map((name) => withTexts(value[name])));
  return Object.fromEntries(names.map((name, at) => [name, filled[at]]));
}

async function sharedText(number) {
  const starts = report.textStarts;
  let at = starts.length - 1;
  while (starts[at] > number) at--;
  return (await chunk(`t${at}`))[number - starts[at]];
}
