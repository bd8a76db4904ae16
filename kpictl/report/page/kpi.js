// A KPI's own page: its windows, its days beside those of the year before, its months, its definition.

function kpiView(kpi, board, choice) {
  const card = board?.categories.flatMap(({ cards }) => cards).find(({ code }) => code === kpi.code);
  const window = board?.windows.includes(choice.window) ? choice.window : board?.windows[0];
  return [
    make("p", { class: "way-back" }, make("a", { href: addressOf({ ...choice, code: null }) }, "← All KPIs")),
    make(
      "header",
      { class: "title" },
      make("h1", {}, named(kpi.name)),
      make("p", { class: "facts" }, kpi.category ? [named(kpi.category), " · "] : null, named(entityName(choice.entity)), ` · as of ${board?.as_of_text ?? dateText(choice.as_of)}`, card?.behind ? ` · ${card.behind}` : null),
    ),
    make(
      "div",
      { class: "lead" },
      heroPanel(kpi, card, board, window, choice),
      card ? make("section", { class: "panel windows" }, windowsTable(card, board, window)) : null,
    ),
    daysPanel(kpi, choice),
    make("div", { class: "columns" }, aboutPanel(kpi), monthsPanel(kpi, choice)),
  ];
}

/** The chosen window's value, large. */
function heroPanel(kpi, card, board, window, choice) {
  const cell = card?.windows[board.windows.indexOf(window)];
  if (!cell) return make("section", { class: "panel hero" }, make("h2", {}, "Not on this board"), make("p", {}, `Nothing was reported for this KPI as of ${board?.as_of_text ?? dateText(choice.as_of)}.`), descriptionOf(kpi));
  const title = labelOf(window)[2];
  const range = own(card.ranges, window) ?? board.ranges[window];
  return make("section", { class: "panel hero", "aria-label": title }, make("h2", {}, title), valueOf(cell, kpi.unit), againstOf(cell), daysCompared(range), statusOf(cell), descriptionOf(kpi));
}

/** What is the matter in full: a tag has one word for it. */
function statusOf([, status, , priorStatus]) {
  const prior = priorStatus === "ok" ? null : ` · the year before: ${head.statuses[priorStatus]}`;
  return make("p", { class: "range status" }, `Status: ${head.statuses[status]}`, prior);
}

function windowsTable(card, board, window) {
  const rows = board.windows.map((name, place) => {
    const cell = card.windows[place];
    const range = own(card.ranges, name) ?? board.ranges[name];
    return make(
      "tr",
      { "data-window": name, class: name === window ? "chosen" : null },
      make("th", { scope: "row" }, labelOf(name)[2], range ? make("span", { class: "days" }, range[0]) : null),
      cell ? comparedCells(cell) : make("td", { colspan: 3 }, ABSENT),
    );
  });
  return table(`As reported, as of ${board.as_of_text}`, ["Window", "Value", "Year before", "Change"], rows, { class: "compared" });
}

/** The days until the as-of date, and those of the year before: columns over the same places. */
function daysOf(kpi, choice) {
  const count = Number(choice.span);
  const last = dayNumber(choice.as_of);
  const offset = kpi.first === null ? Infinity : dayNumber(kpi.first);
  const places = Array.from({ length: count }, (_, step) => last - count + 1 + step).filter((place) => place >= 0);
  const column = (at) => ({ numbers: at.map((place) => (place === null || place === undefined ? null : (kpi.points[place - offset] ?? null))), texts: at.map((place) => (place === null || place === undefined ? null : (kpi.texts[place - offset] ?? null))) });
  const prior = places.map((place) => head.days.prior[place]);
  return { count, places, prior, now: column(places), before: column(prior) };
}

function daysPanel(kpi, choice) {
  const { count, places, prior, now, before } = daysOf(kpi, choice);
  const days = places.map((place) => head.days.long[place]);
  const priorDays = prior.map((place) => (place === null ? "" : head.days.long[place]));
  const isEmpty = ![...now.numbers, ...before.numbers].some(isNumber);
  const chart = isEmpty
    ? make("p", { class: "empty" }, "No data in these days.")
    : dailyChart({ now, before, days, priorDays, labels: axisLabels(places, count), ladder: kpi.ticks, fromZero: kpi.from_zero, name: kpi.name });
  return make(
    "section",
    { class: "panel days-panel", "aria-labelledby": "days-title" },
    make("div", { class: "panel-title" }, make("h2", { id: "days-title" }, "Day by day"), spanPicker(choice)),
    chart,
    isEmpty ? null : daysTable(days, priorDays, now, before),
    make("p", { class: "note" }, "As known now, until the as-of date."),
  );
}

function axisLabels(places, count) {
  if (count <= 28) return places.flatMap((place, step) => ((places.length - 1 - step) % 7 === 0 ? [[step, head.days.short[place]]] : []));
  return head.days.months.flatMap(([place, text]) => (places.includes(place) ? [[places.indexOf(place), text]] : []));
}

/** The same as a table; its many rows are made when it is opened. */
function daysTable(days, priorDays, now, before) {
  const fill = (event) => {
    if (!event.target.open || event.target.querySelector("table")) return;
    const row = (day, place) => make("tr", {}, make("th", { scope: "row" }, day), make("td", {}, numberOf(now.texts[place] ?? ABSENT)), make("td", { class: "quiet" }, priorDays[place]), make("td", { class: "quiet" }, numberOf(before.texts[place] ?? ABSENT)));
    const rows = days.map(row).reverse();
    event.target.append(make("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Day by day" }, table("Day by day, the latest first", ["Day", "Value", "Day of the year before", "Value then"], rows)));
  };
  return make("details", { ontoggle: fill }, make("summary", {}, "As a table"));
}

function spanPicker(choice) {
  return radios("span", "Days shown", head.spans.map(([days, text]) => [String(days), text]), choice.span);
}

const MONTHS_SHOWN = 13;

/** The latest month and those until the same one of the year before; the earlier ones when they are asked for. */
function monthsPanel(kpi, choice) {
  const months = kpi.months.filter(({ through }) => through <= choice.as_of).reverse();
  const ends = extent([0, ...months.flatMap(({ points }) => points)]);
  const rows = months.map((month) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, month.text, month.days ? make("span", { class: "days" }, `in progress: ${month.days}`) : null),
      comparedCells(month.cells),
      make("td", { class: "bars", "aria-hidden": "true" }, barOf(month.points[0], ends, "now"), barOf(month.points[1], ends, "before")),
    ),
  );
  const latest = rows.length ? monthsTable("Whole months against the same months a year before, as known now", rows.slice(0, MONTHS_SHOWN)) : make("p", { class: "empty" }, "No month has begun.");
  const earlier = rows.length > MONTHS_SHOWN ? make("details", {}, make("summary", {}, "Earlier months"), monthsTable("The months before those", rows.slice(MONTHS_SHOWN))) : null;
  return make("section", { class: "panel months-panel", "aria-labelledby": "months-title" }, make("h2", { id: "months-title" }, "Months"), latest, earlier);
}

const monthsTable = (caption, rows) => table(caption, ["Month", "Value", "Year before", "Change", heard("Value and year before, drawn")], rows, { class: "compared months" });

/** A bar from zero to a number, on a line from the least to the greatest of all, zero among them. */
function barOf(number, [least, greatest], kind) {
  if (!isNumber(number) || least === greatest) return make("div", { class: "bar" });
  const share = (value) => (value - least) / (greatest - least);
  const bar = placed(make("div", { class: `bar ${kind}` }), "width", Math.abs(share(number) - share(0)));
  return placed(bar, "margin-left", share(Math.min(number, 0)));
}

const LONG_DESCRIPTION = 400;

/** A long one scrolls, and by keys too. */
function descriptionOf({ description }) {
  if (!description) return null;
  const scrolls = description.length > LONG_DESCRIPTION ? { tabindex: 0, role: "group", "aria-label": "Description" } : {};
  return make("p", { class: "description", dir: "auto", ...scrolls }, description);
}

function aboutPanel(kpi) {
  return make(
    "section",
    { class: "panel about", "aria-labelledby": "about-title" },
    make("h2", { id: "about-title" }, "What it means"),
    make("dl", {}, kpi.about.map(([term, text]) => make("div", { class: term === "Definition" || term === "Code" ? "code" : null }, make("dt", {}, term), make("dd", { dir: "auto" }, text)))),
  );
}
