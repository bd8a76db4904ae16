// What the page knows: documents come from this file or from beside it, and what is chosen stands in the address.

const readJson = (id) => JSON.parse(document.getElementById(id).textContent);
let head = readJson("head");
const carried = readJson("documents");

// ---- where documents come from ----

let fetched = new Map();

/** Asked for at the page's address without a name and password in it: a browser refuses to fetch those. */
async function fetchJson(path) {
  const answer = await fetch(new URL(path, location.origin + location.pathname), { headers: { accept: "application/json" } });
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

const entityName = (code) => head.entities.find(([each]) => each === code)?.[1] ?? code;
const dateText = (date) => head.dates.find(([each]) => each === date)?.[1] ?? date;

const chosen = () => chosenIn(location.hash);
const choose = (part) => location.assign(addressOf({ ...chosen(), ...part }));
