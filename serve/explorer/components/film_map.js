// The map of films: WebGL dots, names of micro-genres that do not overlap, and a search that highlights
// films. It runs in the browser without requests to the server. Texts of the data are set as text only.
const COLOURS = ["blue", "red", "green", "orange", "yellow", "violet", "gray"];
const CELLS = 160; // along each side of the grid used to find the dot under the pointer
const NEAR = 14; // maximum distance of the pointer to a dot, in pixels
const MAX_ZOOM = 60;
const VERTEX = `#version 300 es
in vec2 position; in uint family; in uint state;
uniform vec2 scale, shift; uniform float size, ratio; uniform vec3 colours[8]; uniform vec3 highlight;
uniform float fade; out vec4 colour; out float ring;
void main() {
  gl_Position = vec4(position * scale + shift, 0.0, 1.0);
  bool highlighted = state == 2u;
  gl_PointSize = (highlighted ? max(size * 1.9, 9.0) : size) * ratio;
  gl_Position.z = highlighted ? -0.5 : 0.0;
  ring = highlighted ? 1.0 : 0.0;
  colour = vec4(highlighted ? highlight : colours[family], state == 0u ? fade : highlighted ? 1.0 : 0.78);
}`;
const FRAGMENT = `#version 300 es
precision mediump float; in vec4 colour; in float ring; out vec4 ink;
void main() {
  float far = length(gl_PointCoord - 0.5) * 2.0;
  float inside = 1.0 - smoothstep(0.82, 1.0, far);
  if (inside < 0.02) discard;
  ink = vec4(colour.rgb, 1.0) * colour.a * inside;
}`;

const unpack = (text, Kind) => new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const createElement = (tag, attributes = {}, text = "") => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
};

function createProgram(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const compiled = gl.createShader(kind);
    gl.shaderSource(compiled, source);
    gl.compileShader(compiled);
    gl.attachShader(program, compiled);
  }
  ["position", "family", "state"].forEach((name, at) => gl.bindAttribLocation(program, at, name));
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  return program;
}

class FilmMap {
  constructor(root, data, open) {
    Object.assign(this, { root, open, zoom: 1, x: 0.5, y: 0.5, family: null, query: "", highlighted: [], hovered: -1, frame: 0 });
    this.part = (name) => root.querySelector(`.${name}`);
    this.canvas = this.part("dots");
    this.load(data);
    this.prepare();
    this.listen();
    this.drawLegend();
    if (data.film) this.highlightFilm(data.film);
    else this.updateHighlights();
  }

  load(data) {
    this.genres = data.genres;
    this.families = data.families;
    this.positions = unpack(data.positions, Uint16Array); // x, y of each film, 0 to 65535
    this.clusters = unpack(data.clusters, Uint16Array); // index in `genres`
    this.ids = data.ids.split("\n");
    this.titles = data.titles.split("\n"); // "Title (Year)"
    this.count = this.ids.length;
    this.state = new Uint8Array(this.count).fill(1); // 0 faded, 1 normal, 2 highlighted
    this.cells = new Map();
    for (let i = 0; i < this.count; i++) {
      const cell = this.cell(this.positions[2 * i] / 65535, this.positions[2 * i + 1] / 65535);
      if (!this.cells.has(cell)) this.cells.set(cell, []);
      this.cells.get(cell).push(i);
    }
  }

  cell(x, y) {
    const at = (value) => Math.min(CELLS - 1, Math.max(0, Math.floor(value * CELLS)));
    return at(y) * CELLS + at(x);
  }

  prepare() {
    const gl = (this.gl = this.canvas.getContext("webgl2", { antialias: false, preserveDrawingBuffer: true }));
    if (!gl) return void (this.flat = this.canvas.getContext("2d"));
    this.program = createProgram(gl);
    gl.useProgram(this.program);
    this.at = (name) => gl.getUniformLocation(this.program, name);
    const families = Uint8Array.from(this.clusters, (genre) => this.genres[genre].family % COLOURS.length);
    const fill = (slot, values, size, kind, integer) => {
      const buffer = gl.createBuffer();
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
      gl.enableVertexAttribArray(slot);
      if (integer) gl.vertexAttribIPointer(slot, size, kind, 0, 0);
      else gl.vertexAttribPointer(slot, size, kind, true, 0, 0);
      return buffer;
    };
    fill(0, this.positions, 2, gl.UNSIGNED_SHORT, false);
    fill(1, families, 1, gl.UNSIGNED_BYTE, true);
    this.states = fill(2, this.state, 1, gl.UNSIGNED_BYTE, true);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  colour(name) {
    const pen = (this.pen ||= document.createElement("canvas").getContext("2d"));
    pen.fillStyle = getComputedStyle(this.root).getPropertyValue(name).trim() || "#888";
    return [1, 3, 5].map((at) => parseInt(pen.fillStyle.slice(at, at + 2), 16) / 255);
  }

  listen() {
    const { canvas } = this;
    const pointers = new Map();
    const positionOf = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    let moved = 0;
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), ...positionOf(event));
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, positionOf(event));
      if (pointers.size === 1) moved = 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      const now = positionOf(event);
      const was = pointers.get(event.pointerId);
      if (!was) return void this.hover(...now);
      moved += Math.abs(now[0] - was[0]) + Math.abs(now[1] - was[1]);
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const span = (spot) => Math.hypot(spot[0] - other[0], spot[1] - other[1]) || 1;
        this.zoomBy(span(now) / span(was), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
      } else this.move((was[0] - now[0]) / this.span, (now[1] - was[1]) / this.span);
      pointers.set(event.pointerId, now);
    });
    const release = (event) => pointers.delete(event.pointerId);
    canvas.addEventListener("pointerup", (event) => {
      const single = pointers.size === 1;
      release(event);
      if (moved > 6 || !single) return;
      const film = this.filmAt(...positionOf(event));
      const isHovered = this.hovered === film; // on a touch screen, the first tap shows the tip
      if (film >= 0 && (event.pointerType === "mouse" || isHovered)) this.open(`film?id=${encodeURIComponent(this.ids[film])}`);
      else this.showTip(film);
    });
    canvas.addEventListener("pointercancel", release);
    canvas.addEventListener("pointerleave", () => this.showTip(-1));
    canvas.addEventListener("dblclick", (event) => this.zoomBy(2, ...positionOf(event)));
    canvas.addEventListener("keydown", (event) => {
      const step = 60 / this.span;
      const keys = {
        ArrowLeft: () => this.move(-step, 0), ArrowRight: () => this.move(step, 0),
        ArrowUp: () => this.move(0, step), ArrowDown: () => this.move(0, -step),
        "+": () => this.zoomBy(1.4), "=": () => this.zoomBy(1.4), "-": () => this.zoomBy(1 / 1.4), 0: () => this.showAll(),
      };
      if (!keys[event.key] || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      keys[event.key]();
    });
    this.part("in").addEventListener("click", () => this.zoomBy(1.6));
    this.part("out").addEventListener("click", () => this.zoomBy(1 / 1.6));
    this.part("whole").addEventListener("click", () => this.showAll());
    this.part("find").addEventListener("input", (event) => {
      this.query = event.target.value;
      this.updateHighlights();
    });
    this.part("ink").addEventListener("transitionend", () => this.draw()); // the theme changed
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(canvas);
  }

  drawLegend() {
    this.part("families").replaceChildren(
      ...this.families.map((name, index) => {
        const button = createElement("button", { type: "button", "aria-pressed": "false", class: `family-${index % COLOURS.length}`, dir: "auto" }, name);
        button.addEventListener("click", () => {
          this.family = this.family === index ? null : index;
          [...this.part("families").children].forEach((other, at) => other.setAttribute("aria-pressed", String(at === this.family)));
          this.updateHighlights();
        });
        return button;
      }),
    );
  }

  highlightFilm(film) { // one film, named by a link
    const at = this.ids.indexOf(film);
    if (at < 0) return void this.updateHighlights();
    this.state.fill(0);
    this.state[at] = 2;
    this.highlighted = [at];
    this.centre(at);
    this.report();
  }

  updateHighlights() { // by the search and the chosen family
    const words = fold(this.query).split(/\s+/).filter(Boolean);
    this.folded ||= words.length ? this.titles.map(fold) : null;
    this.highlighted = [];
    for (let i = 0; i < this.count; i++) {
      const own = this.family === null || this.genres[this.clusters[i]].family === this.family;
      const matches = own && words.length && words.every((word) => this.folded[i].includes(word));
      this.state[i] = matches ? 2 : words.length || !own ? 0 : 1;
      if (matches) this.highlighted.push(i);
    }
    if (words.length && this.highlighted.length === 1) this.centre(this.highlighted[0]);
    this.report(words.length > 0);
  }

  report(searched = true) {
    const found = this.highlighted.length;
    this.part("found").textContent = !searched ? "" : found ? `${found.toLocaleString("en")} ${found === 1 ? "film" : "films"} highlighted` : "No title contains these words";
    this.part("hits").replaceChildren(
      ...this.highlighted.slice(0, 8).map((film) => {
        const item = createElement("li");
        const link = createElement("a", { href: `film?id=${encodeURIComponent(this.ids[film])}`, dir: "auto" }, this.titles[film]);
        link.addEventListener("focus", () => this.showTip(film));
        link.addEventListener("mouseenter", () => this.showTip(film));
        link.addEventListener("click", (event) => this.follow(event, link));
        item.append(link);
        return item;
      }),
    );
    this.draw();
  }

  follow(event, link) {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.open(link.getAttribute("href"));
  }

  get span() { // width of the whole map at this zoom, in pixels
    return Math.min(this.canvas.clientWidth, this.canvas.clientHeight * 1.25) * 0.96 * this.zoom;
  }
  pixel(x, y) {
    return [this.canvas.clientWidth / 2 + (x - this.x) * this.span, this.canvas.clientHeight / 2 - (y - this.y) * this.span * this.squash];
  }
  get squash() { return 0.8; }

  zoomBy(times, left = this.canvas.clientWidth / 2, top = this.canvas.clientHeight / 2) {
    const before = this.span;
    this.zoom = Math.min(MAX_ZOOM, Math.max(0.8, this.zoom * times));
    const gain = 1 / before - 1 / this.span;
    this.x += (left - this.canvas.clientWidth / 2) * gain;
    this.y -= ((top - this.canvas.clientHeight / 2) * gain) / this.squash;
    this.move(0, 0);
  }
  move(x, y) {
    this.x = Math.min(1.05, Math.max(-0.05, this.x + x));
    this.y = Math.min(1.05, Math.max(-0.05, this.y + y / this.squash));
    this.draw();
  }
  showAll() {
    Object.assign(this, { zoom: 1, x: 0.5, y: 0.5 });
    this.draw();
  }
  centre(film) {
    Object.assign(this, { zoom: Math.max(this.zoom, 3), x: this.positions[2 * film] / 65535, y: this.positions[2 * film + 1] / 65535 });
    this.draw();
    requestAnimationFrame(() => this.showTip(film));
  }

  filmAt(left, top) {
    const x = this.x + (left - this.canvas.clientWidth / 2) / this.span;
    const y = this.y - (top - this.canvas.clientHeight / 2) / (this.span * this.squash);
    const reach = Math.min(6, Math.ceil((NEAR / this.span) * CELLS) + 1);
    let best = -1, least = NEAR;
    for (let dy = -reach; dy <= reach; dy++)
      for (let dx = -reach; dx <= reach; dx++)
        for (const film of this.cells.get(this.cell(x + dx / CELLS, y + dy / CELLS)) || []) {
          const [px, py] = this.pixel(this.positions[2 * film] / 65535, this.positions[2 * film + 1] / 65535);
          const far = Math.hypot(px - left, py - top) - (this.state[film] === 2 ? 5 : 0);
          if (this.state[film] && far < least) [best, least] = [film, far];
        }
    return best;
  }
  hover(left, top) {
    const film = this.filmAt(left, top);
    if (film !== this.hovered) this.showTip(film);
  }
  showTip(film) {
    this.hovered = film;
    const tip = this.part("tip");
    tip.hidden = film < 0;
    this.canvas.style.cursor = film < 0 ? "grab" : "pointer";
    if (film < 0) return;
    const [left, top] = this.pixel(this.positions[2 * film] / 65535, this.positions[2 * film + 1] / 65535);
    tip.replaceChildren(createElement("b", { dir: "auto" }, this.titles[film]), createElement("span", { dir: "auto" }, this.genres[this.clusters[film]].name));
    const right = left > this.canvas.clientWidth / 2;
    tip.style.transform = `translate(${right ? left - 14 : left + 14}px, ${top}px) translate(${right ? "-100%" : "0"}, -50%)`;
  }

  draw() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      if (this.canvas.isConnected) {
        this.paint();
        this.drawNames();
      }
    });
  }
  paint() {
    const { canvas, gl } = this;
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [wide, high] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(wide * ratio)) canvas.width = Math.round(wide * ratio);
    if (canvas.height !== Math.round(high * ratio)) canvas.height = Math.round(high * ratio);
    const scale = Math.min(1, 0.35 + wide / 1500); // smaller dots on a phone
    const size = Math.min(14, Math.max(2.2, (420 * scale) / Math.sqrt(this.count + 3000)) * this.zoom ** 0.38);
    const colours = COLOURS.map((name) => this.colour(`--st-${name}-color`));
    if (!gl) return this.paintFlat(colours, size, ratio);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.states);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, this.state);
    const across = (2 * this.span) / wide, up = (2 * this.span * this.squash) / high;
    gl.uniform2f(this.at("scale"), across, up);
    gl.uniform2f(this.at("shift"), -this.x * across, -this.y * up);
    gl.uniform1f(this.at("size"), size);
    gl.uniform1f(this.at("ratio"), ratio);
    gl.uniform1f(this.at("fade"), 0.13);
    gl.uniform3fv(this.at("colours"), new Float32Array([...colours.flat(), 0.5, 0.5, 0.5]));
    gl.uniform3fv(this.at("highlight"), this.colour("--st-text-color"));
    gl.drawArrays(gl.POINTS, 0, this.count);
    if (this.highlighted.length && this.highlighted.length < 500) for (const film of this.highlighted) gl.drawArrays(gl.POINTS, film, 1); // again, on top
  }
  paintFlat(colours, size, ratio) { // without WebGL
    const pen = this.flat;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, this.canvas.clientWidth, this.canvas.clientHeight);
    const ink = (rgb) => `rgb(${rgb.map((part) => Math.round(part * 255)).join(" ")})`;
    const inks = colours.map(ink);
    for (const wanted of [0, 1, 2])
      for (let i = 0; i < this.count; i++) {
        if (this.state[i] !== wanted) continue;
        const [left, top] = this.pixel(this.positions[2 * i] / 65535, this.positions[2 * i + 1] / 65535);
        const side = wanted === 2 ? Math.max(9, size * 1.9) : size;
        pen.globalAlpha = [0.13, 0.78, 1][wanted];
        pen.fillStyle = wanted === 2 ? ink(this.colour("--st-text-color")) : inks[this.genres[this.clusters[i]].family % COLOURS.length];
        pen.fillRect(left - side / 2, top - side / 2, side, side);
      }
  }

  drawNames() { // largest micro-genres first; a name that would overlap another appears after zooming in
    const layer = this.part("names");
    const [wide, high] = [this.canvas.clientWidth, this.canvas.clientHeight];
    const taken = [], shown = [];
    const most = Math.round(Math.min(70, (wide * high) / 16000));
    this.genres.forEach((genre, index) => {
      if (shown.length >= most || (this.family !== null && genre.family !== this.family)) return;
      const [left, top] = this.pixel(genre.x / 65535, genre.y / 65535);
      if (left < 40 || top < 14 || left > wide - 40 || top > high - 14) return;
      const half = [Math.min(genre.name.length, 20) * 3.6 + 6, genre.name.length > 20 ? 19 : 11];
      const near = (other) => Math.abs(other[0] - left) < other[2] + half[0] && Math.abs(other[1] - top) < other[3] + half[1];
      if (left - half[0] < 0 || left + half[0] > wide || taken.some(near)) return;
      taken.push([left, top, ...half]);
      shown.push([index, left, top]);
    });
    this.labels ||= new Map();
    const visible = new Set(shown.map(([index]) => index));
    for (const [index, label] of this.labels) if (!visible.has(index)) (label.remove(), this.labels.delete(index));
    for (const [index, left, top] of shown) {
      let label = this.labels.get(index);
      if (!label) {
        const genre = this.genres[index];
        label = createElement("a", { href: `micro-genre?id=${encodeURIComponent(genre.id)}`, dir: "auto" }, genre.name);
        label.addEventListener("click", (event) => this.follow(event, label));
        layer.append(label);
        this.labels.set(index, label);
      }
      label.style.transform = `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px) translate(-50%, -50%)`;
    }
    if (this.hovered >= 0) this.showTip(this.hovered);
  }

  stop() {
    this.watch.disconnect();
    cancelAnimationFrame(this.frame);
  }
}

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  const root = parentElement.querySelector(".film-map");
  if (root.map && root.map.release === data.release_id) return; // the same release: keep the view
  root.map?.stop();
  root.map = new FilmMap(root, data, (to) => setTriggerValue("open", to));
  root.map.release = data.release_id;
  root.dataset.ready = "yes";
  return () => root.map.stop();
}
