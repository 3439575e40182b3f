// The legend: a colour and shape for each value of a colouring. A value can be shown alone.
const HUES = [215, 25, 140, 330, 50, 275, 175, 0, 95, 245]; // as for families on other pages
export const SHAPES = ["circle", "square", "diamond", "triangle", "cross"];
const SVG = "http://www.w3.org/2000/svg";

function rgb(hue, saturation, lightness) {
  const strength = saturation * Math.min(lightness, 1 - lightness);
  const part = (n) => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (lightness - strength * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [part(0), part(8), part(4)];
}

// The look of each value: [red, green, blue], and the number of a shape.
export function looks(colouring, dark) {
  const named = colouring.values.filter((value) => value !== "other" && value !== "unknown").length;
  return colouring.values.map((value, place) => {
    if (place >= named) return { colour: dark ? [120, 126, 138] : [150, 155, 165], shape: 0 };
    if (colouring.ordered) {
      const share = named > 1 ? place / (named - 1) : 1; // from light violet-blue to orange, as in plasma
      return { colour: rgb(260 + 140 * share, 0.75, dark ? 0.45 + 0.25 * share : 0.3 + 0.25 * share), shape: 0 };
    }
    const turn = Math.floor(place / HUES.length);
    return { colour: rgb(HUES[place % HUES.length], 0.6, dark ? 0.62 : 0.42), shape: turn % SHAPES.length };
  });
}

function glyph({ colour, shape }) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of [["width", 16], ["height", 16], ["viewBox", "-8 -8 16 16"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ["M-6,0a6,6 0 1,0 12,0a6,6 0 1,0 -12,0", "M-5,-5H5V5H-5Z", "M0,-7L7,0L0,7L-7,0Z", "M0,-6L6,5H-6Z", "M-2,-6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z"][shape]);
  path.setAttribute("fill", `rgb(${colour})`);
  svg.append(path);
  return svg;
}

export function drawLegend(root, colouring, numbers, styles, only, choose) {
  const counts = new Array(colouring.values.length).fill(0);
  for (const number of numbers) counts[number]++;
  root.replaceChildren(
    ...colouring.values.map((value, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", String(only === place));
      const name = document.createElement("bdi");
      name.textContent = value;
      const films = document.createElement("small");
      films.textContent = counts[place].toLocaleString("en");
      button.append(glyph(styles[place]), name, films);
      button.addEventListener("click", () => choose(only === place ? null : place));
      return button;
    }),
  );
}
