// Draws a tree of nodes that Python made. Text is only ever set as text, tags and attributes come
// from the lists below, and a link leads only to a page of this app: nothing in a catalogue can
// become markup. A plain click tells Python where to go and keeps the session; any other click
// (new tab, copy the address) works because each link has a real address.
const TAGS = new Set(
  ("a article aside b blockquote button caption cite dd div dl dt em figcaption figure h1 h2 h3 h4 header i " +
   "img li nav ol p section small span strong table tbody td th thead time tr ul").split(" "),
);
const ATTRIBUTES = new Set(
  "alt aria-current aria-hidden aria-label class colspan dir href lang loading role scope src tabindex title".split(" "),
);
const VALUE = /^(--[a-z-]+: ?[\w.#%() -]+;? ?)+$/; // custom properties, nothing else
const INSIDE = /^[a-z-]*(\?[^#]*)?$/; // "film?id=5", "map", "?genre=Horror"
const PICTURE = /^(https?:\/\/|\/?media\/)/;

function build(node, go) {
  if (typeof node === "string") return document.createTextNode(node);
  if (!TAGS.has(node.t)) throw new Error(`no element ${node.t} in the explorer`);
  const element = document.createElement(node.t);
  for (const [name, value] of Object.entries(node.a || {})) {
    if (name === "style" && VALUE.test(value)) element.style.cssText = value;
    else if (name === "href" && INSIDE.test(value)) element.setAttribute("href", value || ".");
    else if (name === "src" && PICTURE.test(value)) element.setAttribute("src", value);
    else if (ATTRIBUTES.has(name) && name !== "href" && name !== "src") element.setAttribute(name, value);
  }
  if (node.t === "a")
    element.addEventListener("click", (event) => {
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      go(node.a.href);
    });
  if (node.t === "img") {
    element.referrerPolicy = "no-referrer";
    element.addEventListener("error", () => element.remove()); // the drawn cover stays
  }
  for (const child of node.c || []) element.appendChild(build(child, go));
  return element;
}

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  const root = parentElement.querySelector(".view");
  const drawn = JSON.stringify(data);
  if (root.dataset.drawn === drawn) return;
  root.dataset.drawn = drawn;
  root.replaceChildren(...data.map((node) => build(node, (to) => setTriggerValue("open", to))));
}
