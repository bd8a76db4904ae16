// The page: what is chosen stands in the address, documents come from this file or from beside it, and what they say is
// shown. No number and no day is written here: their texts come with the documents.

const POLL_SECONDS = 30;
const ARROWS = { up: "▲", down: "▼", unchanged: "=", no: "" };
const JUDGED = { good: "better", bad: "worse", neutral: "" };
const STATUS_TAGS = { partial: "partial", undefined: "undefined", stale: "stale", no_data: "no data" };

const ABSENT = "–";

const readJson = (id) => JSON.parse(document.getElementById(id).textContent);
let head = readJson("head");
const carried = readJson("documents");

// ---- where documents come from ----

let fetched = new Map();

async function fetchJson(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return answer.json();
}

/** A document of the running server, asked for once per edition. */
function fetchedOnce(name, query) {
  const path = `page/${name}.json?${new URLSearchParams(query)}`;
  if (!fetched.has(path)) {
    const answer = fetchJson(path);
    fetched.set(path, answer);
    answer.catch(() => fetched.delete(path));
  }
  return fetched.get(path);
}

const documents = carried
  ? {
      board: async ({ as_of, entity }) => own(own(carried.boards, entity), as_of),
      kpi: async ({ code, entity }) => own(own(carried.kpis, entity), code),
    }
  : {
      board: ({ as_of, entity }) => fetchedOnce("board", { as_of, entity }),
      kpi: ({ code, entity }) => fetchedOnce("kpi", { code, entity }),
    };

// ---- what is chosen, and the address that says so ----

const defaults = () => ({ as_of: head.dates[0][0], entity: head.entity, window: head.windows[0][0], span: String(head.span) });
const decoded = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

function chosenIn(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?", 2);
  const [, room, code] = path.split("/");
  const given = new URLSearchParams(query);
  const chosen = defaults();
  for (const key of Object.keys(chosen)) if (given.has(key)) chosen[key] = given.get(key);
  if (!head.windows.some(([name]) => name === chosen.window)) chosen.window = defaults().window;
  if (!head.spans.some(([days]) => String(days) === chosen.span)) chosen.span = defaults().span;
  return { ...chosen, code: room === "kpi" && code ? decoded(code) : null };
}

/** The address of a choice; what is the default is left out, so that a link to the latest stays one. */
function addressOf({ code, ...chosen }) {
  const usual = defaults();
  const query = new URLSearchParams(Object.entries(chosen).filter(([key, value]) => value !== usual[key]));
  const path = code === null ? "#/" : `#/kpi/${encodeURIComponent(code)}`;
  return query.size ? `${path}?${query}` : path;
}

const chosen = () => chosenIn(location.hash);
const choose = (part) => location.assign(addressOf({ ...chosen(), ...part }));

// ---- pieces that cards and tables share ----

const LONG_NUMBER = 16;

/** A number keeps together, unless it is longer than any place for it. */
function numberOf(text) {
  if (text.length <= LONG_NUMBER) return make("span", { class: "number" }, text);
  const groups = text.split(/(?<=\D)(?=\d)/);
  return make("span", { class: "number long" }, groups.flatMap((group, place) => (place ? [make("wbr"), group] : [group])));
}

/** What is the matter with a value, if anything is. */
function tag(status, whose = "") {
  if (status === "ok") return null;
  return make("span", { class: "tag", "data-status": status, title: head.statuses[status] }, whose + STATUS_TAGS[status]);
}

function changeOf(cell, { words = true } = {}) {
  const [, , , , change, way, goodness, sentence] = cell;
  if (way === "no") return make("span", { class: "change", "data-goodness": "neutral" }, words ? sentence : [seen(ABSENT), heard(sentence)]);
  return make(
    "span",
    { class: "change", "data-goodness": goodness, title: sentence },
    seen(make("i", {}, ARROWS[way]), make("b", {}, change), words && JUDGED[goodness] ? make("span", { class: "judged" }, JUDGED[goodness]) : null),
    heard(sentence),
  );
}

const labelOf = (name) => head.windows.find(([each]) => each === name) ?? [name, name, name];

function rangeSentence(name, range) {
  if (!range) return `${labelOf(name)[2]}: no days`;
  const [days, count, prior, priorCount] = range;
  return `${labelOf(name)[2]}: ${days}, ${count}${prior ? `, against ${prior}, ${priorCount}` : ", with nothing to compare"}`;
}

function daysCompared(range) {
  if (!range) return null;
  const [days, count, prior, priorCount] = range;
  return make("p", { class: "range" }, `${days}, ${count}`, make("br"), prior ? `against ${prior}, ${priorCount}` : "with nothing to compare");
}

/** The place of a day among the days of the page. */
const dayNumber = (day) => Math.round((Date.parse(day) - Date.parse(head.days.first)) / 86_400_000);

function table(caption, headings, rows, attributes = {}) {
  return make(
    "table",
    attributes,
    make("caption", {}, caption),
    make("thead", {}, make("tr", {}, headings.map((heading) => make("th", { scope: "col" }, heading)))),
    make("tbody", {}, rows),
  );
}

/** The cells of a value, the year before and the change between them. */
const comparedCells = (cell) => [
  make("td", {}, numberOf(cell[0]), tag(cell[1])),
  make("td", { class: "quiet" }, cell[3] === "no_data" ? STATUS_TAGS.no_data : [numberOf(cell[2]), tag(cell[3])]),
  make("td", {}, changeOf(cell, { words: false })),
];

// ---- the board ----

function boardView(board, choice) {
  const window = board.windows.includes(choice.window) ? choice.window : board.windows[0];
  return [
    make(
      "header",
      { class: "title" },
      make("h1", {}, named(board.entity_name)),
      make("p", { class: "facts" }, `As of ${board.as_of_text}`, board.through ? ` · data through ${board.through}` : " · no data"),
      make("p", { class: "range" }, rangeSentence(window, board.ranges[window])),
    ),
    lagsOf(board),
    make("div", { class: "board" }, board.categories.map((category, place) => categoryOf(category, place, board, { ...choice, window }))),
  ];
}

const FEW_NAMES = 12;

function lagsOf(board) {
  if (!board.lags.length) return null;
  const line = ({ text, count, names }) => {
    const listed = names.flatMap((name, place) => [place ? ", " : "", named(name)]);
    const start = `${text[0].toUpperCase()}${text.slice(1)}: `;
    if (names.length <= FEW_NAMES) return make("li", {}, make("b", {}, start), listed);
    return make("li", {}, make("details", {}, make("summary", {}, make("b", {}, start), count), make("p", {}, listed)));
  };
  return make("ul", { class: "lags" }, board.lags.map(line));
}

function categoryOf({ name, cards }, place, board, choice) {
  const section = make("section", { class: "category", "aria-labelledby": `category-${place}` });
  section.style.setProperty("--cards", cards.length);
  section.append(make("h2", { id: `category-${place}`, class: name ? null : "heard" }, named(name || "KPIs")));
  section.append(...cards.map((card) => cardOf(card, board, choice)));
  return section;
}

function cardOf(card, board, choice) {
  const cell = card.windows[board.windows.indexOf(choice.window)];
  const days = daysUntil(board.as_of, card.points.length);
  const range = own(card.ranges, choice.window);
  return make(
    "article",
    { class: "card", "data-code": card.code },
    make("h3", {}, make("a", { href: addressOf({ ...choice, code: card.code }), id: `card-${card.code}` }, named(card.name))),
    cell ? valueOf(cell, card.unit) : make("p", { class: "value" }, ABSENT),
    cell ? againstOf(cell) : null,
    range ? make("p", { class: "own-range" }, rangeSentence(choice.window, range)) : null,
    make("div", { class: "trend" }, sparkline(card.points, card.texts, days, `${card.name} by day`), card.behind ? make("p", { class: "behind" }, card.behind) : null),
  );
}

function valueOf(cell, unit) {
  const [text, status] = cell;
  const size = text.length > 22 ? "long" : text.length > 11 ? "middling" : text.length > 8 ? "wide" : null;
  return make("p", { class: "value", "data-size": size }, numberOf(text), unit ? make("span", { class: "unit" }, named(unit)) : null, tag(status));
}

/** The change, and what it is a change from. */
function againstOf(cell) {
  const [value, , prior, status] = cell;
  const hasPrior = prior !== ABSENT;
  const from = hasPrior ? ["from ", numberOf(prior), tag(status)] : `${STATUS_TAGS[status] ?? "no value"} the year before`;
  return make("p", { class: "against" }, value !== ABSENT && hasPrior ? changeOf(cell) : null, make("span", { class: "prior" }, from));
}

/** The days that end with a day. */
const daysUntil = (last, count) => head.days.long.slice(dayNumber(last) - count + 1, dayNumber(last) + 1);

// ---- a KPI's own page ----

function kpiView(kpi, board, choice) {
  const card = board?.categories.flatMap(({ cards }) => cards).find(({ code }) => code === kpi.code);
  const window = board?.windows.includes(choice.window) ? choice.window : board?.windows[0];
  const cell = card?.windows[board.windows.indexOf(window)];
  const entity = own(Object.fromEntries(head.entities.map(([code, name]) => [code, name])), choice.entity) ?? choice.entity;
  return [
    make("p", { class: "way-back" }, make("a", { href: addressOf({ ...choice, code: null }) }, "← All KPIs")),
    make(
      "header",
      { class: "title" },
      make("h1", {}, named(kpi.name)),
      make("p", { class: "facts" }, kpi.category ? [named(kpi.category), " · "] : null, named(entity), board ? ` · as of ${board.as_of_text}` : null, card?.behind ? ` · ${card.behind}` : null),
    ),
    make(
      "div",
      { class: "lead" },
      cell
        ? make("section", { class: "panel hero", "aria-label": labelOf(window)[2] }, make("h2", {}, labelOf(window)[2]), valueOf(cell, kpi.unit), againstOf(cell), daysCompared(own(card.ranges, window) ?? board.ranges[window]), descriptionOf(kpi))
        : make("section", { class: "panel hero" }, make("h2", {}, "Not on this board"), make("p", {}, "Nothing was reported for this KPI as of that day."), descriptionOf(kpi)),
      card ? make("section", { class: "panel windows" }, windowsTable(card, board, window)) : null,
    ),
    daysPanel(kpi, choice),
    make("div", { class: "columns" }, monthsPanel(kpi, choice), aboutPanel(kpi)),
  ];
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
    const row = (day, place) => make("tr", {}, make("th", { scope: "row" }, day), make("td", {}, now.texts[place] ?? ABSENT), make("td", { class: "quiet" }, priorDays[place]), make("td", { class: "quiet" }, before.texts[place] ?? ABSENT));
    const rows = days.map(row).reverse();
    event.target.append(make("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Day by day" }, table("Day by day, the latest first", ["Day", "Value", "Day of the year before", "Value then"], rows)));
  };
  return make("details", { ontoggle: fill }, make("summary", {}, "As a table"));
}

function spanPicker(choice) {
  return radios("span", "Days shown", head.spans.map(([days, text]) => [String(days), text]), choice.span);
}

function monthsPanel(kpi, choice) {
  const months = kpi.months.filter(({ first }) => first <= choice.as_of).reverse();
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
  const shown = rows.length
    ? table("Whole months against the same months a year before, as known now", ["Month", "Value", "Year before", "Change", heard("Value and year before, drawn")], rows, { class: "compared months" })
    : make("p", { class: "empty" }, "No month has begun.");
  return make("section", { class: "panel", "aria-labelledby": "months-title" }, make("h2", { id: "months-title" }, "Months"), shown);
}

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

// ---- pickers ----

function radios(name, legend, options, value) {
  const option = ([key, text]) => {
    const input = make("input", { type: "radio", name, value: key, id: `${name}-${key}`, checked: key === value, onchange: () => choose({ [name]: key }) });
    return make("label", {}, input, make("span", {}, text));
  };
  return make("fieldset", { class: "choice" }, make("legend", { class: "heard" }, legend), options.map(option));
}

function picker(name, label, options) {
  const list = make("select", { id: `pick-${name}`, onchange: (event) => choose({ [name]: event.target.value }) }, options.map(([value, text]) => make("option", { value }, text)));
  return make("label", { class: "pick", for: `pick-${name}` }, make("span", {}, label), list);
}

function pickers() {
  const entities = head.entities.map(([code, name, level]) => [code, `${"\u2003".repeat(level)}${name}`]);
  return make(
    "div",
    { class: "pickers", role: "search", "aria-label": "What is shown" },
    radios("window", "Window", head.windows.map(([name, label]) => [name, label]), chosen().window),
    entities.length > 1 ? picker("entity", "Entity", entities) : null,
    picker("as_of", "As of", head.dates),
  );
}

function showChosen(choice) {
  for (const name of ["as_of", "entity"]) {
    const list = document.getElementById(`pick-${name}`);
    if (list) list.value = choice[name];
  }
  for (const input of document.querySelectorAll(".top input[name=window]")) input.checked = input.value === choice.window;
}

// ---- light and dark ----

const remembered = {
  get: () => {
    try {
      return localStorage.getItem("kpictl-theme");
    } catch {
      return null;
    }
  },
  set: (theme) => {
    try {
      localStorage.setItem("kpictl-theme", theme);
    } catch {
      // A file may not be allowed to remember.
    }
  },
};
const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function themeSwitch() {
  const button = make("button", { type: "button", class: "theme", onclick: () => turn(isDark() ? "light" : "dark") }, seen("◐"), heard("Dark colours"));
  const say = () => button.setAttribute("aria-pressed", String(isDark()));
  const turn = (theme) => {
    document.documentElement.dataset.theme = theme;
    remembered.set(theme);
    say();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", say);
  say();
  return button;
}

// ---- the whole ----

const main = make("main", { id: "main", tabindex: -1 });
const news = make("p", { class: "news", role: "status" });

function frame() {
  const skip = make("button", { type: "button", class: "skip", onclick: () => main.focus() }, "Skip to the numbers");
  return [
    skip,
    make("header", { class: "top" }, make("a", { class: "brand", href: "#/" }, named(head.project)), pickers(), themeSwitch()),
    news,
    main,
    make("footer", {}, make("p", {}, "Boards stay as they were reported; days and months are as known now. "), make("p", {}, `Run ${head.edition} · kpictl ${head.version}`)),
  ];
}

function sorry(title, ...sentences) {
  return [make("header", { class: "title" }, make("h1", {}, title)), make("p", { class: "sorry" }, ...sentences), make("p", {}, make("a", { href: "#/" }, "The latest board"))];
}

async function view(choice) {
  const [board, kpi] = await Promise.all([documents.board(choice), choice.code === null ? null : documents.kpi(choice)]);
  if (kpi) return kpiView(kpi, board, choice);
  if (choice.code !== null) return sorry("No such KPI here", "There is no KPI with the code ", make("code", {}, named(choice.code)), " for this entity.");
  if (!board) return sorry("No such board here", "Nothing is shown here for the entity ", make("code", {}, named(choice.entity)), " as of ", make("code", {}, named(choice.as_of)), ".");
  return boardView(board, choice);
}

let drawing = 0;
let shown = null;
const scrolled = new Map();

/** Draws what the address says; what was asked for earlier and comes later is dropped. */
async function show() {
  const mine = ++drawing;
  const choice = chosen();
  showChosen(choice);
  let parts;
  try {
    parts = await view(choice);
  } catch (error) {
    parts = sorry("The numbers cannot be read", `${error.message}. It is tried again when something else is chosen.`);
  }
  if (mine !== drawing) return;
  const focused = document.activeElement?.id;
  main.replaceChildren(...parts.filter((part) => part !== null));
  const title = main.querySelector("h1").textContent;
  document.title = `${title} · ${head.project}`;
  arrive(choice, focused);
}

/** Where reader and focus are after a change: where they were, or at the top of another page. */
function arrive(choice, focused) {
  const isSame = shown !== null && shown.code === choice.code;
  const left = shown?.code;
  shown = choice;
  if (isSame) return document.getElementById(focused)?.focus({ preventScroll: true });
  if (left === undefined) return undefined;
  const came = choice.code === null ? document.getElementById(`card-${left}`) : null;
  (came ?? main).focus({ preventScroll: true });
  return scrollTo(0, scrolled.get(choice.code) ?? 0);
}

async function poll() {
  try {
    const latest = await fetchJson("page/head.json");
    news.textContent = "";
    if (!latest || latest.edition === head.edition) return;
    head = latest;
    fetched = new Map();
    document.getElementById("page").replaceChildren(...frame());
    news.textContent = "New numbers were published; this page shows them now.";
    await show();
  } catch {
    news.textContent = "The server cannot be reached; these numbers are the last ones.";
  }
}

const theme = remembered.get();
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
document.getElementById("page").append(...frame());
history.scrollRestoration = "manual";
addEventListener("scroll", () => shown && scrolled.set(shown.code, scrollY), { passive: true });
addEventListener("hashchange", show);
show();
if (!carried) setInterval(poll, POLL_SECONDS * 1000);
