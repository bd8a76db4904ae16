// The board: a card for each KPI, by category.

function boardView(board, choice) {
  const window = board.windows.includes(choice.window) ? choice.window : board.windows[0];
  const sections = board.categories.map((category, place) => categoryOf(category, place, board, { ...choice, window }));
  for (const most of WALLS) roomiest(board, most).spans.forEach((span, place) => sections[place].style.setProperty(`--span-${most}`, span));
  return [
    make(
      "header",
      { class: "title" },
      make("h1", {}, named(board.entity_name)),
      make("p", { class: "facts" }, `As of ${board.as_of_text}`, board.through ? ` · data through ${board.through}` : " · no data"),
      make("p", { class: "range" }, rangeSentence(window, board.ranges[window]), linesSentence(board)),
    ),
    make("div", { class: "board" }, sections),
    lagsOf(board),
  ];
}

function linesSentence(board) {
  const longest = Math.max(0, ...board.categories.flatMap(({ cards }) => cards.map(({ points }) => points.length)));
  return longest ? ` · lines show the last ${longest} days` : null;
}

const FEW_NAMES = 12;

/** Since when there are no rows: often as it should be, so it comes last and quietly. */
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
    { class: "card", "data-code": card.code, "aria-labelledby": `card-${card.code}` },
    make("h3", {}, make("a", { href: addressOf({ ...choice, code: card.code }), id: `card-${card.code}` }, named(card.name))),
    cell ? valueOf(cell, card.unit) : make("p", { class: "value" }, ABSENT),
    cell ? againstOf(cell) : null,
    range ? make("p", { class: "own-range" }, rangeSentence(choice.window, range)) : null,
    make("div", { class: "trend" }, sparkline(card.points, card.texts, days, `${card.name} by day`)),
    card.behind ? make("p", { class: "behind" }, card.behind) : null,
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

// ---- walls ----

/** The most columns that a wall has, by its size: the style knows which size it is. */
const WALLS = [7, 11];
const FEWEST_COLUMNS = 3;

/** Where categories stand among so many columns: how many each spans, and how many rows of cards there are. What is
 *  left of a row goes to a category that fits there in two. */
function packed(counts, columns) {
  const spans = [];
  let [left, rows, height] = [0, 0, 0];
  for (const count of counts) {
    if (count > 2 * left) [left, rows, height] = [columns, rows + height, 0];
    const deep = Math.ceil(count / left);
    spans.push(Math.ceil(count / deep));
    height = Math.max(height, deep);
    left -= spans.at(-1);
  }
  return { columns, rows: rows + height, spans };
}

/** The fewest rows, and of as few columns as make no more of them: so cards are large. */
function roomiest(board, most) {
  const counts = board.categories.map(({ cards }) => cards.length);
  let best = packed(counts, most);
  for (let columns = most - 1; columns >= FEWEST_COLUMNS; columns -= 1) {
    const other = packed(counts, columns);
    if (other.rows <= best.rows) best = other;
  }
  return best;
}

/** Tells the style how large everything may be on a wall. */
function fitWalls(board) {
  for (const most of WALLS) {
    const { columns, rows } = roomiest(board, most);
    document.documentElement.style.setProperty(`--columns-${most}`, columns);
    document.documentElement.style.setProperty(`--rows-${most}`, rows);
  }
}
