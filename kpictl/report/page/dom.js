// Small words for making elements: texts become text nodes, never markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes (an absent one is left out), listeners (`onclick`) and children. */
function make(name, attributes = {}, ...children) {
  return dress(document.createElement(name), attributes, children);
}

function draw(name, attributes = {}, ...children) {
  return dress(document.createElementNS(SVG, name), attributes, children);
}

function dress(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** For eyes alone, and for ears alone. */
const seen = (...children) => make("span", { "aria-hidden": "true" }, ...children);
const heard = (text) => make("span", { class: "heard" }, text);

/** A text that somebody wrote, in whichever direction it runs. */
const named = (text) => make("bdi", {}, text);

/** A property of a document that is its own: `constructor` may be a KPI's code. */
const own = (object, key) => (object && Object.hasOwn(object, key) ? object[key] : undefined);

/** An element at a share of its parent's width or height. */
function placed(element, side, share) {
  element.style.setProperty(side, `${(share * 100).toFixed(3)}%`);
  return element;
}
