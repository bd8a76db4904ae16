// Pieces that cards and tables share. No number and no day is written here: their texts come with the documents.

const ARROWS = { up: "▲", down: "▼", about: "≈", unchanged: "=", no: "" };
const JUDGED = { good: "better", bad: "worse", neutral: "" };
const STATUS_TAGS = { partial: "partial", undefined: "undefined", stale: "stale", no_data: "no data" };
const ABSENT = "–";
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

function changeOf(cell, { inTable = false } = {}) {
  const [, , , , change, way, goodness, sentence] = cell;
  if (way === "no") return make("span", { class: "change", "data-goodness": "neutral" }, inTable ? [seen(ABSENT), heard(sentence)] : sentence);
  return make(
    "span",
    { class: "change", "data-goodness": goodness, title: sentence },
    seen(make("i", {}, ARROWS[way]), make("b", {}, change), JUDGED[goodness] ? make("span", { class: "judged" }, JUDGED[goodness]) : null),
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
  make("td", {}, changeOf(cell, { inTable: true })),
];
