// The map of films: reads the data and the address, draws, and writes each state to the address.
import { Dots } from "./dots.js";
import { Labels } from "./labels.js";
import { drawLegend, looks } from "./legend.js";
import { listen } from "./pointer.js";
import { readState, writeState } from "./state.js";
import { View } from "./view.js";

const CELLS = 160; // along each side of the grid in which the film under the pointer is looked up
const NEAR = 14; // most pixels between the pointer and a film
const MANY = 100; // above it, highlighted films keep their colour and size, and the others fade
const CORNERS = 60; // of a drawn area
const dark = matchMedia("(prefers-color-scheme: dark)");
const unpack = (text, Kind) => new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const filmAddress = (id) => `film?${new URLSearchParams({ id })}`;

class FilmMap {
  constructor(root, data) {
    this.root = root;
    this.part = (name) => root.querySelector(name);
    this.canvas = this.part(".dots");
    this.data = data;
    this.positions = unpack(data.positions, Uint16Array);
    this.clusters = unpack(data.clusters, Uint16Array);
    this.count = data.ids.length;
    this.place = new Map([...unpack(data.rows, Uint32Array)].map((row, film) => [row, film]));
    this.view = new View(this.canvas);
    this.dots = new Dots(this.canvas, this.positions);
    this.labels = new Labels(this.part(".names"), data.genres, data.families);
    this.highlighted = [];
    this.hovered = -1;
    this.selecting = false;
    this.cells = new Map();
    for (let film = 0; film < this.count; film++) {
      const cell = this.cell(...this.at(film));
      if (!this.cells.has(cell)) this.cells.set(cell, []);
      this.cells.get(cell).push(film);
    }
    this.state = readState(location.search);
    this.listen();
  }

  at(film) {
    return [this.positions[2 * film] / 65535, this.positions[2 * film + 1] / 65535];
  }
  cell(x, y) {
    const part = (value) => Math.min(CELLS - 1, Math.max(0, Math.floor(value * CELLS)));
    return part(y) * CELLS + part(x);
  }

  listen() {
    listen(this.canvas, this);
    const form = this.part("form");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.show({ q: form.elements.q.value.trim() });
    });
    form.elements.colour.addEventListener("change", () => this.colour(form.elements.colour.value));
    this.part(".lasso").addEventListener("click", () => this.select(!this.selecting));
    this.part(".clear").addEventListener("click", () => this.clear());
    this.part(".in").addEventListener("click", () => this.zoomBy(1.6));
    this.part(".out").addEventListener("click", () => this.zoomBy(1 / 1.6));
    this.part(".whole").addEventListener("click", () => this.showAll());
    dark.addEventListener("change", () => this.colour(this.state.colour));
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  async start() {
    const { view, colour, only } = this.state;
    this.colour(Object.hasOwn(this.data.colourings, colour) ? colour : "family", only);
    this.part("form").elements.q.value = this.state.q;
    await this.mark(!view);
    if (view) [this.view.x, this.view.y, this.view.zoom] = view;
    this.draw();
  }

  // --- colours and legend

  colour(name, only = "") {
    this.state.colour = name === "family" ? "" : name;
    this.part("form").elements.colour.value = name || "family";
    const colouring = (this.colouring = this.data.colourings[name || "family"]);
    this.numbers = unpack(colouring.films, Uint8Array);
    this.styles = looks(colouring, dark.matches);
    for (let film = 0; film < this.count; film++) {
      const { colour, shape } = this.styles[this.numbers[film]];
      this.dots.inks.set(colour, 3 * film);
      this.dots.shapes[film] = shape;
    }
    const place = colouring.values.indexOf(only);
    this.showOnly(place < 0 ? null : place);
  }

  showOnly(place) {
    this.only = place;
    this.state.only = place === null ? "" : this.colouring.values[place];
    drawLegend(this.part(".legend"), this.colouring, this.numbers, this.styles, place, (chosen) => this.showOnly(chosen));
    this.restate();
  }

  restate() {
    const { states } = this.dots;
    const marked = this.searched || this.highlighted.length > 0;
    for (let film = 0; film < this.count; film++) {
      const own = this.only === null || this.numbers[film] === this.only;
      states[film] = marked || !own ? 0 : 1;
    }
    for (const film of this.highlighted) if (this.only === null || this.numbers[film] === this.only) states[film] = this.highlighted.length > MANY ? 1 : 2;
    this.draw();
  }

  // --- what is highlighted: a search, a film, a micro-genre or an area

  show(wanted) {
    Object.assign(this.state, { q: "", film: "", micro_genre: "", lasso: "" }, wanted);
    this.part("form").elements.q.value = this.state.q;
    return this.mark(!wanted.lasso);
  }

  clear() {
    this.select(false);
    this.show({});
  }

  async mark(move) {
    const turn = (this.turn = (this.turn ?? 0) + 1); // an answer that comes after a later request is dropped
    const { q, film, micro_genre, lasso } = this.state;
    const asked = lasso ? { lasso } : micro_genre ? { micro_genre } : q ? { q } : null;
    this.searched = Boolean(asked || film);
    this.part(".clear").hidden = !this.searched;
    this.outline(lasso);
    if (film && !asked) {
      const place = this.data.ids.indexOf(film);
      this.highlight(place < 0 ? [] : [place], move);
      this.tell(place < 0 ? "This film is not on the map." : "", place < 0 ? [] : [{ movie_id: film, title: this.data.titles[place] }]);
      return;
    }
    if (!asked) {
      this.highlight([], false);
      this.tell("", []);
      return;
    }
    const query = new URLSearchParams(asked);
    const answer = await fetch(`map-search?${query}`);
    const found = answer.ok ? await answer.json() : null;
    if (turn !== this.turn) return;
    if (!found) {
      this.highlight([], false);
      this.tell("This search failed. Reload the page, or use other words.", []);
      return;
    }
    this.highlight(found.rows.map((row) => this.place.get(row)).filter((place) => place !== undefined), move);
    const count = found.rows.length;
    const what = `${count.toLocaleString("en")} ${count === 1 ? "film" : "films"}`;
    const genre = this.data.genres.find((label) => label.id === micro_genre)?.name;
    this.tell(!count ? (q ? "Nothing close." : "No film is inside.") : genre ? `${what} of ${genre}` : lasso ? `${what} selected` : `${what} highlighted`, found.films, count ? query : null);
  }

  highlight(places, move) {
    this.highlighted = places;
    if (move && places.length) this.view.fit(places.slice(0, 400).map((film) => this.at(film)));
    this.restate();
    if (places.length === 1) requestAnimationFrame(() => this.showTip(places[0]));
  }

  tell(message, films, query) {
    const status = this.part(".found");
    status.textContent = message;
    if (query) {
      const links = [["CSV", `map-selection.csv?${query}`]];
      if (query.has("q")) links.push(["As a list", `films?${new URLSearchParams({ q: query.get("q") })}`]);
      if (query.has("micro_genre")) links.push(["The micro-genre", `micro-genre?${new URLSearchParams({ id: query.get("micro_genre") })}`]);
      for (const [label, to] of links) {
        const link = document.createElement("a");
        link.href = to;
        link.textContent = label;
        status.append(" · ", link);
      }
    }
    this.part(".hits").replaceChildren(
      ...films.map((film) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = filmAddress(film.movie_id);
        link.dir = "auto";
        link.textContent = film.year ? `${film.title} (${film.year})` : film.title;
        const place = this.data.ids.indexOf(film.movie_id);
        for (const event of ["focus", "mouseenter"]) link.addEventListener(event, () => this.showTip(place));
        item.append(link);
        return item;
      }),
    );
  }

  // --- an area drawn by hand

  select(on) {
    this.selecting = on;
    this.root.classList.toggle("selecting", on);
    this.part(".lasso").setAttribute("aria-pressed", String(on));
    if (on) this.part(".found").textContent = "Draw around films on the map.";
  }
  beginArea(spot) {
    this.area = [spot];
  }
  extendArea(spot) {
    if (!this.area) return;
    this.area.push(spot);
    this.part("polygon").setAttribute("points", this.area.map((one) => one.join(",")).join(" "));
  }
  endArea() {
    const drawn = this.area ?? [];
    this.area = null;
    this.select(false);
    const step = Math.max(1, drawn.length / CORNERS);
    const corners = [];
    for (let at = 0; at < drawn.length; at += step) corners.push(drawn[Math.floor(at)]);
    if (corners.length < 3) return this.outline(this.state.lasso);
    const thousandths = (value) => Math.round(Math.min(9, Math.max(-9, value)) * 1000);
    this.show({ lasso: corners.map((spot) => this.view.place(...spot).map(thousandths).join(",")).join(" ") });
  }
  outline(lasso) {
    this.corners = lasso ? lasso.split(" ").map((corner) => corner.split(",").map((part) => part / 1000)) : [];
    this.drawOutline();
  }
  drawOutline() {
    if (this.area) return;
    this.part("polygon").setAttribute("points", this.corners.map((corner) => this.view.pixel(...corner).join(",")).join(" "));
  }

  // --- moving and pointing

  moveBy(left, top) {
    this.view.moveBy(left, top);
    this.draw();
  }
  zoomBy(times, left, top) {
    this.view.zoomBy(times, left, top);
    this.draw();
  }
  showAll() {
    this.view.showAll();
    this.draw();
  }

  filmAt(left, top) {
    const [x, y] = this.view.place(left, top);
    const reach = Math.min(6, Math.ceil((NEAR / this.view.across) * CELLS) + 1);
    let [best, least] = [-1, NEAR];
    for (let dy = -reach; dy <= reach; dy++)
      for (let dx = -reach; dx <= reach; dx++)
        for (const film of this.cells.get(this.cell(x + dx / CELLS, y + dy / CELLS)) ?? []) {
          const [px, py] = this.view.pixel(...this.at(film));
          const far = Math.hypot(px - left, py - top) - (this.dots.states[film] === 2 ? 5 : 0);
          if (this.dots.states[film] && far < least) [best, least] = [film, far];
        }
    return best;
  }
  pointAt(left, top) {
    const film = this.selecting ? -1 : this.filmAt(left, top);
    if (film !== this.hovered) this.showTip(film);
  }
  click(left, top, mouse) {
    const film = this.filmAt(left, top);
    const shown = this.hovered === film; // on a touch screen the first tap shows the tip
    if (film >= 0 && (mouse || shown)) {
      this.remember();
      location.assign(filmAddress(this.data.ids[film]));
    } else this.showTip(film);
  }
  showTip(film) {
    this.hovered = film;
    const tip = this.part(".tip");
    tip.hidden = film < 0;
    this.canvas.classList.toggle("over", film >= 0);
    if (film < 0) return;
    const [left, top] = this.view.pixel(...this.at(film));
    const lines = [["b", this.data.titles[film]], ["span", this.data.genres[this.clusters[film]].name]];
    const value = this.colouring.values[this.numbers[film]];
    if (this.colouring.label !== "Family") lines.push(["span", `${this.colouring.label}: ${value}`]);
    tip.replaceChildren(
      ...lines.map(([tag, text]) => {
        const line = document.createElement(tag);
        line.dir = "auto";
        line.textContent = text;
        return line;
      }),
    );
    const right = left > this.canvas.clientWidth / 2;
    tip.style.transform = `translate(${right ? left - 14 : left + 14}px, ${top}px) translate(${right ? "-100%" : "0"}, -50%)`;
  }

  draw() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      const ink = dark.matches ? [255, 255, 255] : [0, 0, 0];
      this.dots.paint(this.view, ink, this.highlighted);
      this.labels.draw(this.view, this.canvas.clientWidth, this.canvas.clientHeight);
      this.drawOutline();
      if (this.hovered >= 0) this.showTip(this.hovered);
    });
    clearTimeout(this.later);
    this.later = setTimeout(() => this.remember(), 300); // browsers allow few changes of the address per second
  }
  remember() {
    const { x, y, zoom } = this.view;
    const whole = x === 0.5 && y === 0.5 && zoom === 1;
    writeState({ ...this.state, view: whole ? null : [x, y, zoom] });
  }
}

const root = document.querySelector("[data-map]");
if (root) {
  addEventListener("pagehide", () => root.map?.remember());
  const answer = await fetch(root.dataset.map);
  root.map = new FilmMap(root, await answer.json());
  await root.map.start();
  root.dataset.ready = "";
}
