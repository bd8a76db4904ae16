// Lines of numbers. A chart is an SVG that stretches with its box, so nothing is drawn anew when a window grows or is
// printed; its texts stand beside it in HTML. Numbers are for drawing only: what is read comes as text.

const SIDE = 100;
const NO_VALUE = "no value";

/** Where numbers stand: `at(n)` is a share of the height, from the bottom. */
function scale(low, high) {
  const span = high - low || Math.abs(high) || 1;
  const base = high === low && low !== 0 ? low - span / 2 : low;
  return { low: base, high: base + span, at: (number) => (number - base) / span };
}

/** A point of a line among so many, as a path writes it. */
const spot = (place, count, number, to) => `${round((place / Math.max(count - 1, 1)) * SIDE)} ${round(SIDE * (1 - to.at(number)))}`;

const spots = (numbers, first, last, to) =>
  numbers.slice(first, last + 1).map((number, step) => spot(first + step, numbers.length, number, to)).join("L");

/** The path of a line; without a number there is a gap. */
function linePath(numbers, to) {
  return runs(numbers).map(([first, last]) => `M${spots(numbers, first, last, to)}`).join("");
}

/** A number between two gaps makes no line: it is a dot, a line of no length with a round cap. */
function dotsPath(numbers, to) {
  const alone = runs(numbers).filter(([first, last]) => first === last);
  return alone.map(([place]) => `M${spots(numbers, place, place, to)}h0`).join("");
}

/** The paths of a line. */
const lineOf = (numbers, to, kind) => [draw("path", { class: `line ${kind}`, d: linePath(numbers, to) }), draw("path", { class: `line dots ${kind}`, d: dotsPath(numbers, to) })];

/** What lies between a line and zero, or the edge that is nearest to zero. */
function areaPath(numbers, to) {
  const floor = Math.min(Math.max(0, to.low), to.high);
  const foot = (place) => spot(place, numbers.length, floor, to);
  return runs(numbers).map(([first, last]) => `M${foot(first)}L${spots(numbers, first, last, to)}L${foot(last)}Z`).join("");
}

/** Only from zero does an area say how much there is. */
const reachesZero = (to) => to.low <= 0 && to.high >= 0;

/** The first and last places of the numbers that follow one another. */
function runs(numbers) {
  const found = [];
  numbers.forEach((number, place) => {
    if (!isNumber(number)) return;
    if (place > 0 && isNumber(numbers[place - 1])) found[found.length - 1][1] = place;
    else found.push([place, place]);
  });
  return found;
}

const isNumber = (number) => typeof number === "number";
const round = (number) => Math.round(number * 100) / 100;

function extent(numbers) {
  const known = numbers.filter(isNumber);
  return known.length ? [Math.min(...known), Math.max(...known)] : [0, 0];
}

const picture = (...parts) =>
  draw("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" }, ...parts);

const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 7, PageDown: -7, Home: -Infinity, End: Infinity };

/** What a box that is followed is to a screen reader: a slider along its days. */
const slider = (name, days, description) => ({
  role: "slider",
  tabindex: 0,
  "aria-label": `${name}, ${days[0]} to ${days[days.length - 1]}`,
  "aria-description": description,
  "aria-orientation": "horizontal",
  "aria-valuemin": 0,
  "aria-valuemax": days.length - 1,
});

/** A slider that pointer, finger and keys move along: `shows(place)` is told where, and answers how high the line is
 *  there, and what to say of it; it is told `rest` when they leave. */
function follow(box, count, rest, shows) {
  const guide = make("div", { class: "guide", hidden: true });
  let place = null;
  const showAt = (to) => {
    const { height, words } = shows(to);
    box.setAttribute("aria-valuenow", to);
    box.setAttribute("aria-valuetext", words);
    return height;
  };
  const go = (to) => {
    place = to === null ? null : Math.min(Math.max(to, 0), count - 1);
    const height = showAt(place ?? rest);
    guide.hidden = place === null;
    if (place === null) return;
    placed(guide, "left", count > 1 ? place / (count - 1) : 0);
    guide.classList.toggle("off", height === null);
    guide.style.setProperty("--from-top", `${(1 - (height ?? 0)) * 100}%`);
  };
  const point = (event) => {
    const area = box.getBoundingClientRect();
    go(Math.round(((event.clientX - area.left) / area.width) * (count - 1)));
  };
  box.addEventListener("pointermove", point);
  box.addEventListener("pointerdown", point);
  box.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && go(null));
  box.addEventListener("blur", () => go(null));
  box.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") go(null);
    const step = own(KEYS, event.key);
    if (step === undefined) return;
    event.preventDefault();
    go((place ?? rest) + step);
  });
  box.append(guide);
  showAt(rest);
}

/** How high a line is at a place, as a share; null where it has a gap. */
const heightAt = (numbers, to) => (place) => (isNumber(numbers[place]) ? to.at(numbers[place]) : null);

/** A card's little line, with the day and the value below it. */
function sparkline(numbers, texts, days, name) {
  const rest = numbers.findLastIndex(isNumber);
  if (rest < 0) return [make("div", { class: "spark" }), make("p", { class: "readout" }, make("b", {}, "no data in these weeks"))];
  const [low, high] = extent(numbers);
  const to = scale(low - (high - low) * 0.08, high);
  const day = make("span", { class: "day" });
  const value = make("b", {});
  const box = make(
    "div",
    { class: "spark", ...slider(name, days, summary(numbers, texts, days)) },
    picture(
      reachesZero(to) ? draw("path", { class: "area", d: areaPath(numbers, to) }) : null,
      low < 0 && high > 0 ? draw("path", { class: "zero", d: `M0 ${round(SIDE * (1 - to.at(0)))}H${SIDE}` }) : null,
      lineOf(numbers, to, "now"),
    ),
  );
  const height = heightAt(numbers, to);
  follow(box, numbers.length, rest, (place) => {
    const text = texts[place] ?? NO_VALUE;
    day.textContent = days[place];
    value.replaceChildren(numberOf(text));
    return { height: height(place), words: `${days[place]}: ${text}` };
  });
  return [box, make("p", { class: "readout" }, day, " ", value)];
}

/** What a line says in a sentence. */
function summary(numbers, texts, days) {
  const known = numbers.map((number, place) => [number, place]).filter(([number]) => isNumber(number));
  if (!known.length) return "No data.";
  const at = (pick) => known.reduce((best, each) => (pick(each[0], best[0]) ? each : best))[1];
  const [low, high] = [at((one, other) => one < other), at((one, other) => one > other)];
  const last = known[known.length - 1][1];
  return `Lowest ${texts[low]} on ${days[low]}, highest ${texts[high]} on ${days[high]}, last ${texts[last]} on ${days[last]}.`;
}

/** The round numbers that suit a range: the finest distance with few of them. */
function ticksFor(ladder, low, high) {
  for (const { step, at, texts } of ladder) {
    const first = Math.floor(low / step + 1e-9);
    const last = Math.ceil(high / step - 1e-9);
    if (last - first > 5) continue;
    return at.map((number, place) => [number, texts[place]]).filter(([number]) => number >= (first - 1e-6) * step && number <= (last + 1e-6) * step);
  }
  return [];
}

/** The days of a KPI: `now` and `before` are columns of numbers and texts over the same places. */
function dailyChart({ now, before, days, priorDays, labels, ladder, fromZero, name }) {
  const [low, high] = extent([...now.numbers, ...before.numbers, ...(fromZero ? [0] : [])]);
  const ticks = ticksFor(ladder, low, high);
  const ends = ticks.map(([number]) => number);
  const to = scale(Math.min(low, ...ends), Math.max(high, ...ends));
  const box = make(
    "div",
    { class: "field", ...slider(name, days, summary(now.numbers, now.texts, days)) },
    picture(reachesZero(to) ? draw("path", { class: "area", d: areaPath(now.numbers, to) }) : null, lineOf(before.numbers, to, "before"), lineOf(now.numbers, to, "now")),
  );
  const rows = [readoutRow("now", "This year"), readoutRow("before", "Year before")];
  const height = heightAt(now.numbers, to);
  follow(box, days.length, Math.max(now.numbers.findLastIndex(isNumber), 0), (place) => {
    const words = [rows[0].say(days[place], now.texts[place]), rows[1].say(priorDays[place], before.texts[place])];
    return { height: height(place), words: words.join("; ") };
  });
  const axis = axisOf(labels, Math.max(days.length - 1, 1));
  const lines = ticks.map(([number, text]) => placed(make("div", { class: number === 0 ? "tick zero" : "tick", "aria-hidden": "true" }, make("span", {}, text)), "bottom", to.at(number)));
  const chart = make("div", { class: "chart" }, make("dl", { class: "legend" }, rows.map((row) => row.element)), make("div", { class: "plot" }, lines, box), axis);
  chart.style.setProperty("--letters", Math.max(0, ...ticks.map(([, text]) => text.length)));
  return chart;
}

const NEAR_THE_END = 0.95;

/** The labels below a chart; one at its end stands left of its day, so that it stays within the panel. */
function axisOf(labels, width) {
  const spans = labels.map(([place, text]) => placed(make("span", { class: place / width > NEAR_THE_END ? "end" : null }, text), "left", place / width));
  return make("div", { class: labels.length > 6 ? "axis many" : "axis", "aria-hidden": "true" }, spans);
}

function readoutRow(kind, label) {
  const day = make("span", { class: "day" });
  const value = make("b", {});
  const element = make("div", { class: kind }, make("dt", {}, label), make("dd", {}, value, " ", day));
  const say = (when, text) => {
    day.textContent = when;
    value.replaceChildren(numberOf(text ?? NO_VALUE));
    return `${label}${when ? `, ${when}` : ""}: ${text ?? NO_VALUE}`;
  };
  return { element, say };
}
