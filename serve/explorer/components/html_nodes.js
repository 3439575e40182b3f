// Builds the DOM of a tree of nodes from Python. Texts are set as text, tags and attributes are
// limited to the lists below, and links lead to pages of this app only, so nothing in a catalogue
// can become markup. A plain click sends the address to Python and keeps the session. Other clicks
// (new tab, copy the address) work because each link has a real address.
const TAGS = new Set(
  ("a article aside b blockquote button caption cite dd div dl dt em figcaption figure h1 h2 h3 h4 header i " +
   "img li nav ol p section small span strong table tbody td th thead time tr ul").split(" "),
);
const ATTRIBUTES = new Set(
  "alt aria-current aria-hidden aria-label class colspan dir href lang loading role scope src tabindex title".split(" "),
);
const STYLE = /^(--[a-z-]+: ?[\w.#%() -]+;? ?)+$/; // custom properties only
const PAGE = /^[a-z-]*(\?[^#]*)?$/; // "film?id=5", "map", "?genre=Horror"
const IMAGE = /^(https?:\/\/|\/?media\/)/;

function build(node, go) {
  if (typeof node === "string") return document.createTextNode(node);
  if (!TAGS.has(node.t)) throw new Error(`the explorer does not allow the element ${node.t}`);
  const element = document.createElement(node.t);
  for (const [name, value] of Object.entries(node.a || {})) {
    if (name === "style" && STYLE.test(value)) element.style.cssText = value;
    else if (name === "href" && PAGE.test(value)) element.setAttribute("href", value || ".");
    else if (name === "src" && IMAGE.test(value)) element.setAttribute("src", value);
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
    element.addEventListener("error", () => element.remove()); // the drawn cover below shows
  }
  for (const child of node.c || []) element.appendChild(build(child, go));
  return element;
}

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  const root = parentElement.querySelector(".view");
  const content = JSON.stringify(data);
  if (root.dataset.content === content) return;
  root.dataset.content = content;
  root.replaceChildren(...data.map((node) => build(node, (to) => setTriggerValue("open", to))));
}
