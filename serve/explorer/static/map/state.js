// What the address says about the map, and back. Every state of the map is an address.
const NUMBER = /^-?\d{1,4}(\.\d{1,4})?$/;

export function readState(search) {
  const query = new URLSearchParams(search);
  const text = (name) => (query.get(name) ?? "").slice(0, 2000);
  const view = text("view").split(",");
  return {
    q: text("q").slice(0, 200),
    film: text("film"),
    micro_genre: text("micro_genre"),
    lasso: text("lasso"),
    colour: text("colour"),
    only: text("only"),
    view: view.length === 3 && view.every((part) => NUMBER.test(part)) ? view.map(Number) : null,
  };
}

export function writeState(state) {
  const query = new URLSearchParams();
  for (const name of ["q", "film", "micro_genre", "lasso", "colour", "only"]) if (state[name]) query.set(name, state[name]);
  if (state.view) query.set("view", state.view.map((part) => String(Math.round(part * 1e3) / 1e3)).join(","));
  const text = query.toString();
  // the page has a base element, so the whole path is needed
  history.replaceState(history.state, "", `${location.pathname}${text ? `?${text}` : ""}`);
}
