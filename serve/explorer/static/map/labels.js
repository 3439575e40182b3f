// Names on the map: families when the whole map is seen, micro-genres when it is nearer. The largest
// come first; a name that would overlap another appears after zooming in.
const NEAR_ZOOM = 1.7; // from here on, micro-genres are named

export class Labels {
  constructor(layer, genres, families) {
    Object.assign(this, { layer, genres, families, shown: new Map() });
  }

  draw(view, width, height) {
    const near = view.zoom >= NEAR_ZOOM;
    const wanted = near ? this.genres : this.families;
    const most = Math.round(Math.min(70, (width * height) / 14000));
    const taken = [];
    const visible = new Map();
    for (const label of wanted) {
      if (visible.size >= most) break;
      const [left, top] = view.pixel(label.x / 65535, label.y / 65535);
      const letters = near ? 20 : 26;
      const half = [Math.min(label.name.length, letters) * (near ? 3.9 : 4.8) + 8, label.name.length > letters ? 20 : 12];
      const outside = left - half[0] < 0 || left + half[0] > width || top - half[1] < 0 || top + half[1] > height;
      const overlaps = ([x, y, w, h]) => Math.abs(x - left) < w + half[0] && Math.abs(y - top) < h + half[1];
      if (outside || taken.some(overlaps)) continue;
      taken.push([left, top, ...half]);
      visible.set(`${near}${label.id}`, [label, left, top]);
    }
    for (const [key, element] of this.shown) {
      if (!visible.has(key)) {
        element.remove();
        this.shown.delete(key);
      }
    }
    for (const [key, [label, left, top]] of visible) {
      let element = this.shown.get(key);
      if (!element) {
        element = document.createElement("a");
        element.dir = "auto";
        element.textContent = label.name;
        const parameters = new URLSearchParams(near ? { id: label.id } : { family: label.id });
        element.href = `${near ? "micro-genre" : "films"}?${parameters}`;
        if (!near) element.className = "of-family";
        this.layer.append(element);
        this.shown.set(key, element);
      }
      element.style.transform = `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px) translate(-50%, -50%)`;
    }
  }
}
