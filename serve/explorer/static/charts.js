// Draws each chart of a page with plotly.js, in the colours of the style sheet, and draws it again
// when the theme changes. The data are in a <script type="application/json"> of the chart.
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function variable(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function coloured({ data, layout }) {
  const [ink, line, panel] = ["--ink", "--line", "--panel"].map(variable);
  for (const trace of data) {
    const colour = variable(`--series-${(trace.meta?.series ?? 0) % 7}`);
    if (trace.meta?.band) trace.fillcolor = `${colour}22`;
    trace.marker = { ...trace.marker, color: colour };
    if (trace.type !== "bar") trace.line = { ...trace.line, color: colour };
  }
  for (const name of ["xaxis", "yaxis"]) {
    layout[name] = { gridcolor: line, linecolor: line, tickcolor: line, ...layout[name] };
  }
  for (const shape of layout.shapes ?? []) shape.line.color = ink;
  const font = { color: ink, family: "system-ui, sans-serif", size: 13 };
  const clear = { paper_bgcolor: "transparent", plot_bgcolor: "transparent" };
  const hoverlabel = { bgcolor: panel, bordercolor: line, font, align: "left" };
  return { data, layout: { ...layout, ...clear, font, hoverlabel } };
}

function draw(chart) {
  const stored = JSON.parse(chart.querySelector("script").textContent);
  const { data, layout } = coloured(stored);
  const options = { displayModeBar: false, responsive: true, showTips: false };
  return window.Plotly.react(chart.querySelector(".plot"), data, layout, options);
}

async function drawAll() {
  for (const chart of document.querySelectorAll("[data-chart]")) {
    await draw(chart);
    chart.dataset.ready = "";
  }
}

if (window.Plotly) {
  await drawAll();
  dark.addEventListener("change", drawAll);
} else {
  // without plotly.js the tables below the charts say the same
  for (const chart of document.querySelectorAll("[data-chart]")) chart.hidden = true;
}
