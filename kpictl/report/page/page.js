// The page: pickers, light and dark, and what the address says, shown.

const POLL_SECONDS = 30;

// ---- pickers ----

let picked = false;

/** What a reader picks is read out once it is shown. */
function pick(part) {
  picked = true;
  choose(part);
}

function radios(name, legend, options, value) {
  const option = ([key, text, title]) => {
    const spoken = title ? `${text}, ${title}` : null;
    const input = make("input", { type: "radio", name, value: key, id: `${name}-${key}`, checked: key === value, "aria-label": spoken, onchange: () => pick({ [name]: key }) });
    return make("label", { title }, input, make("span", {}, text));
  };
  return make("fieldset", { class: "choice" }, make("legend", { class: "heard" }, legend), options.map(option));
}

function picker(name, label, options) {
  const list = make("select", { id: `pick-${name}`, onchange: (event) => pick({ [name]: event.target.value }) }, make("option", { value: "", hidden: true }, "choose …"), options.map(([value, text]) => make("option", { value }, text)));
  return make("label", { class: "pick", for: `pick-${name}` }, make("span", {}, label), list);
}

function pickers() {
  const entities = head.entities.map(([code, name, level]) => [code, `${"\u2003".repeat(level)}${name}`]);
  return make(
    "div",
    { class: "pickers", role: "search", "aria-label": "What is shown" },
    radios("window", "Window", head.windows, chosen().window),
    entities.length > 1 ? picker("entity", "Entity", entities) : null,
    picker("as_of", "As of", head.dates),
  );
}

function showChosen(choice) {
  for (const name of ["as_of", "entity"]) {
    const list = document.getElementById(`pick-${name}`);
    if (!list) continue;
    list.value = choice[name];
    // Nothing that can be chosen: the address is of another time.
    if (list.selectedIndex < 0) list.selectedIndex = 0;
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
  const button = make("button", { type: "button", class: "theme", title: "Light or dark colours", onclick: () => turn(isDark() ? "light" : "dark") }, seen("◐"), heard("Dark colours"));
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
const spoken = make("p", { class: "heard", role: "status" });

function frame() {
  const skip = make("button", { type: "button", class: "skip", onclick: () => main.focus() }, "Skip to the numbers");
  return [
    skip,
    make("header", { class: "top" }, make("a", { class: "brand", href: "#/" }, named(head.project)), pickers(), themeSwitch()),
    news,
    spoken,
    main,
    make("footer", {}, make("p", {}, "Boards stay as they were reported; days and months are as known now. "), make("p", {}, `Run ${head.edition} · kpictl ${head.version}`)),
  ];
}

function sorry(title, ...sentences) {
  return [make("header", { class: "title" }, make("h1", {}, title)), make("p", { class: "sorry" }, ...sentences), make("p", {}, make("a", { href: "#/" }, "The latest board"))];
}

/** What is chosen, for ears: nothing else tells them that the numbers have changed. */
function choiceInWords(choice) {
  const spans = head.spans.filter(([days]) => choice.code !== null && String(days) === choice.span).map(([, text]) => text);
  return [entityName(choice.entity), labelOf(choice.window)[2], `as of ${dateText(choice.as_of)}`, ...spans].join(", ");
}

async function view(choice) {
  if (!head.entities.some(([code]) => code === choice.entity)) return sorry("No such entity here", "There is no entity with the code ", make("code", {}, named(choice.entity)), " here.");
  const noBoard = () => sorry("No such board here", "Nothing is shown here for the entity ", make("code", {}, named(choice.entity)), " as of ", make("code", {}, named(choice.as_of)), ".");
  // Of an earlier date than are offered, a running server may have a board, but this page has not its days.
  if (!head.dates.some(([date]) => date === choice.as_of)) return noBoard();
  const [board, kpi] = await Promise.all([documents.board(choice), choice.code === null ? null : documents.kpi(choice)]);
  if (board) fitWalls(board);
  if (kpi) return kpiView(kpi, board, choice);
  if (choice.code !== null) return sorry("No such KPI here", "There is no KPI with the code ", make("code", {}, named(choice.code)), " for this entity.");
  return board ? boardView(board, choice) : noBoard();
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
  if (picked) spoken.textContent = main.querySelector(".sorry")?.textContent ?? choiceInWords(choice);
  picked = false;
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
