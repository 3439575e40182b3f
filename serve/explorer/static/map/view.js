// What part of the map is seen: a centre, a zoom, and the way between places and pixels.
const MOST_ZOOM = 80;
const LEAST_ZOOM = 0.8;
const SQUASH = 0.8; // height of the map, beside its width

export class View {
  constructor(canvas) {
    this.canvas = canvas;
    this.showAll();
  }

  showAll() {
    Object.assign(this, { x: 0.5, y: 0.5, zoom: 1 });
  }

  get across() {
    // pixels of the whole map from left to right
    const { clientWidth, clientHeight } = this.canvas;
    return Math.min(clientWidth, clientHeight / SQUASH) * 0.96 * this.zoom;
  }

  get up() {
    return this.across * SQUASH;
  }

  pixel(x, y) {
    const { clientWidth, clientHeight } = this.canvas;
    return [clientWidth / 2 + (x - this.x) * this.across, clientHeight / 2 - (y - this.y) * this.up];
  }

  place(left, top) {
    const { clientWidth, clientHeight } = this.canvas;
    return [this.x + (left - clientWidth / 2) / this.across, this.y - (top - clientHeight / 2) / this.up];
  }

  moveBy(left, top) {
    this.x = Math.min(1.05, Math.max(-0.05, this.x + left / this.across));
    this.y = Math.min(1.05, Math.max(-0.05, this.y - top / this.up));
  }

  zoomBy(times, left = this.canvas.clientWidth / 2, top = this.canvas.clientHeight / 2) {
    const [x, y] = this.place(left, top);
    this.zoom = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, this.zoom * times));
    const [nowX, nowY] = this.place(left, top);
    this.x += x - nowX;
    this.y += y - nowY;
    this.moveBy(0, 0);
  }

  fit(places) {
    // shows all of some places, but not nearer than is useful
    const sorted = (axis) => places.map((place) => place[axis]).sort((a, b) => a - b);
    const edge = (values, share) => values[Math.round((values.length - 1) * share)];
    const [xs, ys] = [sorted(0), sorted(1)];
    const [left, right, low, high] = [edge(xs, 0.03), edge(xs, 0.97), edge(ys, 0.03), edge(ys, 0.97)];
    Object.assign(this, { zoom: 1, x: (left + right) / 2, y: (low + high) / 2 });
    const { clientWidth, clientHeight } = this.canvas;
    const fit = Math.min(clientWidth / ((right - left) * this.across || 1), clientHeight / ((high - low) * this.up || 1));
    this.zoom = Math.min(8, Math.max(1, fit * 0.7));
  }
}
