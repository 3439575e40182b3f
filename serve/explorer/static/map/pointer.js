// Mouse, touch and keys on the map: moving, zooming, pointing at films, and drawing an area.
const CLICK = 6; // pixels that a click may move

export function listen(canvas, map) {
  const pointers = new Map();
  let moved = 0;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.parentElement.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault(); // also over names, tip and buttons
      map.zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), ...at(event));
    },
    { passive: false },
  );
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    if (pointers.size === 1) moved = 0;
    if (map.selecting) map.beginArea(at(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    const [now, was] = [at(event), pointers.get(event.pointerId)];
    if (!was) return map.pointAt(...now);
    if (map.selecting) return map.extendArea(now);
    moved += Math.abs(now[0] - was[0]) + Math.abs(now[1] - was[1]);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const apart = (spot) => Math.hypot(spot[0] - other[0], spot[1] - other[1]) || 1;
      map.zoomBy(apart(now) / apart(was), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    } else map.moveBy(was[0] - now[0], was[1] - now[1]);
    pointers.set(event.pointerId, now);
  });
  const end = (event) => {
    const alone = pointers.size === 1;
    pointers.delete(event.pointerId);
    if (map.selecting) return map.endArea();
    if (event.type === "pointerup" && moved <= CLICK && alone) map.click(...at(event), event.pointerType === "mouse");
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("pointerleave", () => map.showTip(-1));
  canvas.addEventListener("dblclick", (event) => map.zoomBy(2, ...at(event)));
  canvas.addEventListener("keydown", (event) => {
    const keys = {
      ArrowLeft: () => map.moveBy(-60, 0),
      ArrowRight: () => map.moveBy(60, 0),
      ArrowUp: () => map.moveBy(0, -60),
      ArrowDown: () => map.moveBy(0, 60),
      "+": () => map.zoomBy(1.4),
      "=": () => map.zoomBy(1.4),
      "-": () => map.zoomBy(1 / 1.4),
      0: () => map.showAll(),
      Escape: () => map.clear(),
    };
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });
}
