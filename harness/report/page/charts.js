// Charts, drawn by hand: bars of outcomes and histograms. Each has its figures in words beside it.

function countBy(list, key) {
  const counts = new Map();
  for (const item of list) counts.set(key(item), (counts.get(key(item)) || 0) + 1);
  return counts;
}

function outcomeBar(list) {
  const counts = countBy(list, (row) => row.outcome);
  const bar = svg("svg", { class: "bar-chart", viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img" });
  const said = [];
  let x = 0;
  for (const [name, label] of OUTCOMES) {
    const count = counts.get(name) || 0;
    if (!count) continue;
    const width = (100 * count) / list.length;
    const part = svg("rect", { class: `fill-${name}`, x, y: 0, width, height: 10 });
    part.append(svg("title", {}, `${label}: ${count}`));
    bar.append(part);
    said.push(`${count} ${label}`);
    x += width;
  }
  bar.setAttribute("aria-label", said.join(", "));
  return bar;
}

function legend() {
  const there = new Set(rows.map((row) => row.outcome));
  return el(
    "ul",
    { class: "legend", "aria-label": "Colours of outcomes" },
    OUTCOMES.filter(([name]) => there.has(name)).map(([name, label, meaning]) =>
      el("li", { title: meaning }, el("a", { href: hashOf({ outcome: name }) }, swatch(name), label)),
    ),
  );
}

function swatch(name) {
  const box = svg("svg", { class: "swatch", viewBox: "0 0 10 10", "aria-hidden": "true" });
  box.append(svg("rect", { class: `fill-${name}`, width: 10, height: 10, rx: 2 }));
  return box;
}

function quantile(sorted, at) {
  if (!sorted.length) return null;
  const place = (sorted.length - 1) * at,
    low = Math.floor(place),
    high = Math.ceil(place);
  return sorted[low] + (sorted[high] - sorted[low]) * (place - low);
}

function mean(values) {
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
}

// Round limits for an axis: 1, 2 or 5 times a power of ten.
function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
}

function histogram(title, values, { format, limits, note }) {
  const sorted = values.filter((value) => value !== null && value !== undefined).sort((a, b) => a - b);
  const card = el("figure", { class: "card chart" }, el("figcaption", {}, el("h3", {}, title)));
  if (!sorted.length) {
    card.append(el("p", { class: "muted" }, "Nothing was measured."));
    return card;
  }
  const [low, high, step] = limits || spread(sorted);
  const bins = Array(Math.max(1, Math.round((high - low) / step))).fill(0);
  for (const value of sorted) bins[Math.min(bins.length - 1, Math.max(0, Math.floor((value - low) / step + 1e-9)))]++;
  card.append(bars(title, bins, { low, step, format }));
  card.append(el("p", { class: "figures" }, note(sorted)));
  return card;
}

// The slowest hundredth would squeeze all others into one bar: it stands in the last.
function spread(sorted) {
  const low = 0,
    top = Math.max(quantile(sorted, 0.99), 1e-9);
  const step = niceStep(top / 14);
  return [low, Math.ceil(top / step + 1e-9) * step, step];
}

function bars(title, bins, { low, step, format }) {
  const width = 320,
    height = 120,
    floor = 98,
    top = Math.max(...bins);
  const chart = svg("svg", { class: "histogram", viewBox: `0 0 ${width} ${height}`, role: "img" });
  const slot = width / bins.length;
  chart.append(svg("line", { class: "grid", x1: 0, x2: width, y1: 12, y2: 12 }));
  bins.forEach((count, at) => {
    const tall = count ? Math.max(2, (count / top) * (floor - 12)) : 0;
    const bar = svg("rect", {
      class: "column",
      x: at * slot + 1,
      y: floor - tall,
      width: Math.max(1, slot - 2),
      height: tall,
      rx: 1,
    });
    bar.append(svg("title", {}, `${format(low + at * step)} to ${format(low + (at + 1) * step)}: ${number(count)}`));
    chart.append(bar);
  });
  chart.append(svg("line", { class: "axis", x1: 0, x2: width, y1: floor, y2: floor }));
  chart.append(svg("text", { class: "tick", x: 0, y: 9 }, number(top)));
  const middle = low + (bins.length * step) / 2;
  chart.append(svg("text", { class: "tick", x: 0, y: 114 }, format(low)));
  chart.append(svg("text", { class: "tick middle", x: width / 2, y: 114 }, format(middle)));
  chart.append(svg("text", { class: "tick end", x: width, y: 114 }, format(low + bins.length * step)));
  chart.setAttribute("aria-label", `${title}: ${bins.length} bars, the tallest ${number(top)}`);
  return chart;
}
