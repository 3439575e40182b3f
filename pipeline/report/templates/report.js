(() => {
  "use strict";
  const root = document.documentElement;
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const element = (name) => document.getElementById(`chart-${name}`);
  const config = { displayModeBar: false, displaylogo: false, responsive: true, showTips: false };

  // Colours. "@name" in a figure is the custom property --name of the light or dark colour scheme.
  const WORDS = new Set(["text", "customdata", "labels", "ids", "parents", "meta"]);
  function themed(value, style) {
    if (typeof value === "string") {
      return value[0] === "@" ? style.getPropertyValue(`--${value.slice(1)}`).trim() : value;
    }
    if (Array.isArray(value)) {
      return typeof value[0] === "number" ? value : value.map((item) => themed(item, style));
    }
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, WORDS.has(key) ? item : themed(item, style)])
    );
  }

  function canDrawGl() {
    try {
      return Boolean(document.createElement("canvas").getContext("webgl"));
    } catch {
      return false;
    }
  }
  if (figures.map && !canDrawGl()) {
    for (const trace of figures.map.data) trace.type = "scatter";
  }

  const NARROW = 520; // pixels: a phone; dots and names are smaller
  const narrowed = {
    map: (data) => data.forEach((trace) => { trace.marker.size *= 0.7; }),
    treemap: ([trace]) => {
      trace.text = trace.text.map((words, index) => // one word per line, except for families
        (trace.textfont.weight[index] > 400 ? words : words.replaceAll(" ", "<br>")));
    },
  };
  function drawAll() {
    const style = getComputedStyle(root);
    for (const [name, figure] of Object.entries(figures)) {
      const layout = themed(figure.layout, style);
      if (name === "map" && zoomed()) Object.assign(layout, view());
      const data = themed(figure.data, style);
      if (element(name).clientWidth < NARROW) narrowed[name]?.(data);
      Plotly.react(element(name), data, layout, config);
    }
    if (figures.map) restyleMap();
  }

  // A name too small to read in its tile appears only on hover.
  const SMALLEST = 6; // pixels
  function hideSmallNames() {
    for (const words of element("treemap").querySelectorAll(".slicetext")) {
      if (words.style.fontWeight === "600") continue; // a family
      const scale = words.getBoundingClientRect().height / (words.getBBox().height || 1);
      words.style.opacity = scale * parseFloat(words.style.fontSize) < SMALLEST ? 0 : 1;
    }
  }

  // The map: highlighted families, zoom, and names that do not overlap.
  const map = element("map");
  const home = figures.map ? figures.map.layout.xaxis.range : [0, 1];
  const coarse = matchMedia("(pointer: coarse)").matches;
  const chips = [...document.querySelectorAll("[data-family]")];
  const chosen = () =>
    new Set(chips.filter((chip) => chip.getAttribute("aria-pressed") === "true")
      .map((chip) => Number(chip.dataset.family)));
  const ranges = () => [map.layout.xaxis.range, map.layout.yaxis.range].map((r) => r.map(Number));
  const zoomed = () =>
    Boolean(map && map.layout) && ranges().some((r) => r[1] - r[0] < 0.99 * (home[1] - home[0]));
  const mode = () => (zoomed() ? "pan" : coarse ? false : "zoom");
  function view() {
    const [x, y] = ranges();
    const { xaxis, yaxis } = figures.map.layout;
    const style = getComputedStyle(root);
    return {
      xaxis: { ...themed(xaxis, style), range: x },
      yaxis: { ...themed(yaxis, style), range: y },
    };
  }

  const MAX_LABELS = 40;
  const pen = document.createElement("canvas").getContext("2d");
  let lastKey = "";
  function labels() {
    const { w, h } = map._fullLayout._size;
    const [x, y] = ranges();
    const picked = chosen();
    const size = w < NARROW ? 11 : 13;
    const style = getComputedStyle(root);
    const key = JSON.stringify([w, h, x, y, [...picked], style.getPropertyValue("--ink")]);
    if (key === lastKey) return;
    lastKey = key;
    pen.font = `600 ${size}px ${style.getPropertyValue("--sans")}`;
    const boxes = [];
    const shown = [];
    for (const label of figures.map.layout.meta.labels) {
      if (shown.length === MAX_LABELS) break;
      if (picked.size && !picked.has(label.family)) continue;
      const px = ((label.x - x[0]) / (x[1] - x[0])) * w;
      const py = h - ((label.y - y[0]) / (y[1] - y[0])) * h;
      if (px < 0 || px > w || py < 0 || py > h) continue;
      const lines = label.text.split("<br>").map((line) => line.replace(/&(amp|lt|gt);/g, "m"));
      const wide = Math.max(...lines.map((line) => pen.measureText(line).width)) + 8;
      const high = lines.length * size * 1.3 + 4;
      const cx = Math.min(Math.max(px, wide / 2 + 2), w - wide / 2 - 2);
      const spot = [0, -high * 0.7, high * 0.7].map((step) => ({
        cx, cy: Math.min(Math.max(py + step, high / 2 + 2), h - high / 2 - 2), wide, high,
      })).find((box) => boxes.every((other) =>
        Math.abs(box.cx - other.cx) * 2 > box.wide + other.wide ||
        Math.abs(box.cy - other.cy) * 2 > box.high + other.high));
      if (!spot) continue;
      boxes.push(spot);
      shown.push({
        x: label.x, y: label.y, text: `<b>${label.text}</b>`, showarrow: false, captureevents: false,
        xshift: spot.cx - px, yshift: py - spot.cy, borderpad: 0,
        font: { size, color: style.getPropertyValue("--ink").trim() },
      });
    }
    Plotly.relayout(map, { annotations: shown, dragmode: mode() });
  }

  function restyleMap() {
    const picked = chosen();
    const highlighted = figures.map.data.map((_, index) => !picked.size || picked.has(index));
    Plotly.restyle(map, {
      "marker.opacity": highlighted.map((on) => (on ? 0.75 : 0.05)),
      hoverinfo: highlighted.map((on) => (on ? "all" : "skip")),
    });
    lastKey = "";
    labels();
  }

  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      if (figures.map) restyleMap();
    });
  }
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => {
      if (!figures.map) return;
      const factor = Number(button.dataset.zoom);
      const [x, y] = ranges().map((range) => {
        const middle = (range[0] + range[1]) / 2;
        const half = ((range[1] - range[0]) / 2) * factor;
        return half && half * 2 < home[1] - home[0] ? [middle - half, middle + half] : [...home];
      });
      Plotly.relayout(map, { "xaxis.range": x, "yaxis.range": y });
    });
  }

  // The table: filter by all typed words, sort by any column heading.
  const table = document.getElementById("genre-table");
  if (table) {
    const body = table.tBodies[0];
    const fold = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    const rows = [...body.rows].map((row) => ({ row, words: fold(row.textContent) }));
    const shown = document.getElementById("shown");
    const filter = document.getElementById("filter");
    const more = document.getElementById("more");
    const FIRST = 25; // rows shown until the reader filters the table or shows all rows
    let open = false;
    const apply = () => {
      const wanted = fold(filter.value).split(/\s+/).filter(Boolean);
      const most = wanted.length || open ? Infinity : FIRST;
      let count = 0;
      for (const { row, words } of rows) {
        row.hidden = count >= most || !wanted.every((word) => words.includes(word));
        if (!row.hidden) count += 1;
      }
      more.hidden = wanted.length > 0 || open || rows.length <= FIRST;
      const format = new Intl.NumberFormat("en").format;
      shown.value = `${format(count)} of ${format(rows.length)}`;
    };
    filter.addEventListener("input", apply);
    more.addEventListener("click", () => {
      open = true;
      apply();
      rows[FIRST].row.scrollIntoView({ block: "nearest" });
    });
    apply(); // a browser may restore the typed words when the page reloads
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const number = head.dataset.sort === "number";
      const compare = number
        ? (a, b) => a.cells[column].dataset.value - b.cells[column].dataset.value
        : (a, b) => a.cells[column].textContent.localeCompare(b.cells[column].textContent, "en");
      head.querySelector("button").addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        const first = column === 1 ? "descending" : "ascending"; // the column of films starts with the largest
        const other = first === "ascending" ? "descending" : "ascending";
        const next = now === first ? other : first;
        for (const each of heads) each.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", next);
        const sign = next === "ascending" ? 1 : -1;
        rows.sort((a, b) => sign * compare(a.row, b.row));
        body.append(...rows.map(({ row }) => row));
        apply();
      });
    });
  }

  drawAll();
  if (figures.treemap) {
    const tree = element("treemap");
    hideSmallNames();
    tree.on("plotly_afterplot", hideSmallNames);
    tree.on("plotly_treemapclick", () => setTimeout(hideSmallNames, 900)); // after the animation
  }
  if (figures.map) {
    map.on("plotly_relayout", labels);
    map.on("plotly_afterplot", labels);
  }
  let printing = false; // print uses the light scheme; a browser may report this as a change
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    if (!printing) drawAll();
  });
  addEventListener("beforeprint", () => {
    printing = true;
    root.dataset.theme = "light";
    drawAll();
    for (const name of Object.keys(figures)) {
      const { clientWidth, clientHeight } = element(name);
      // This size fits on A4 and Letter paper.
      Plotly.relayout(element(name), {
        width: Math.min(clientWidth, 660), height: Math.min(clientHeight, 560),
      });
    }
  });
  addEventListener("afterprint", () => {
    printing = false;
    delete root.dataset.theme;
    drawAll();
  });
})();
