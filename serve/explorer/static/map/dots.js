// Draws the films: WebGL if the browser has it, else a plain canvas. Each film has a colour and a
// shape, so that no two values of the legend look the same.
const VERTEX = `#version 300 es
in vec2 position; in vec3 ink; in uint shape; in uint state;
uniform vec2 scale, shift; uniform float size, ratio; uniform vec3 highlight;
out vec4 colour; flat out uint form;
void main() {
  bool highlighted = state == 2u;
  gl_Position = vec4(position * scale + shift, highlighted ? -0.5 : 0.0, 1.0);
  gl_PointSize = (highlighted ? max(size * 1.9, 9.0) : size) * ratio * (shape == 0u ? 1.0 : 1.25);
  form = shape;
  colour = vec4(highlighted ? highlight : ink, state == 0u ? 0.12 : highlighted ? 1.0 : 0.8);
}`;
const FRAGMENT = `#version 300 es
precision mediump float; in vec4 colour; flat in uint form; out vec4 drawn;
void main() {
  vec2 at = (gl_PointCoord - 0.5) * 2.0;
  float far = form == 1u ? max(abs(at.x), abs(at.y)) + 0.15
    : form == 2u ? abs(at.x) + abs(at.y)
    : form == 3u ? max(abs(at.x) * 1.4 + at.y * -0.7 + 0.3, at.y * 0.5 + 0.7 * max(at.y, 0.0) + 0.2)
    : form == 4u ? min(max(abs(at.x) * 3.0, abs(at.y)), max(abs(at.y) * 3.0, abs(at.x)))
    : length(at);
  float inside = 1.0 - smoothstep(0.82, 1.0, far);
  if (inside < 0.02) discard;
  drawn = vec4(colour.rgb, 1.0) * colour.a * inside;
}`;

function program(gl) {
  const made = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  ["position", "ink", "shape", "state"].forEach((name, slot) => gl.bindAttribLocation(made, slot, name));
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(made));
  return made;
}

export class Dots {
  constructor(canvas, positions) {
    this.canvas = canvas;
    this.positions = positions;
    this.count = positions.length / 2;
    this.inks = new Uint8Array(3 * this.count);
    this.shapes = new Uint8Array(this.count);
    this.states = new Uint8Array(this.count).fill(1); // 0 faded, 1 normal, 2 highlighted
    const gl = (this.gl = canvas.getContext("webgl2", { antialias: false, preserveDrawingBuffer: true }));
    if (!gl) {
      this.flat = canvas.getContext("2d");
      return;
    }
    this.program = program(gl);
    gl.useProgram(this.program);
    const fill = (slot, values, size, whole) => {
      const buffer = gl.createBuffer();
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
      gl.enableVertexAttribArray(slot);
      const kind = values instanceof Uint16Array ? gl.UNSIGNED_SHORT : gl.UNSIGNED_BYTE;
      if (whole) gl.vertexAttribIPointer(slot, size, kind, 0, 0);
      else gl.vertexAttribPointer(slot, size, kind, true, 0, 0);
      return buffer;
    };
    fill(0, positions, 2, false);
    this.buffers = [
      [fill(1, this.inks, 3, false), "inks"],
      [fill(2, this.shapes, 1, true), "shapes"],
      [fill(3, this.states, 1, true), "states"],
    ];
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  paint(view, highlight, highlighted) {
    const { canvas, gl } = this;
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [wide, high] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(wide * ratio)) canvas.width = Math.round(wide * ratio);
    if (canvas.height !== Math.round(high * ratio)) canvas.height = Math.round(high * ratio);
    const scale = Math.min(1, 0.35 + wide / 1500); // smaller dots on a phone
    const size = Math.min(14, Math.max(2.4, (420 * scale) / Math.sqrt(this.count + 3000)) * view.zoom ** 0.38);
    if (!gl) return this.paintFlat(view, size, ratio, highlight);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    for (const [buffer, name] of this.buffers) {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, this[name]);
    }
    const at = (name) => gl.getUniformLocation(this.program, name);
    const [across, up] = [(2 * view.across) / wide, (2 * view.up) / high];
    gl.uniform2f(at("scale"), across, up);
    gl.uniform2f(at("shift"), -view.x * across, -view.y * up);
    gl.uniform1f(at("size"), size);
    gl.uniform1f(at("ratio"), ratio);
    gl.uniform3fv(at("highlight"), highlight.map((part) => part / 255));
    gl.drawArrays(gl.POINTS, 0, this.count);
    if (highlighted.length < 700) for (const film of highlighted) gl.drawArrays(gl.POINTS, film, 1); // again, on top
  }

  paintFlat(view, size, ratio, highlight) {
    const pen = this.flat;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, this.canvas.clientWidth, this.canvas.clientHeight);
    for (const wanted of [0, 1, 2])
      for (let film = 0; film < this.count; film++) {
        if (this.states[film] !== wanted) continue;
        const [left, top] = view.pixel(this.positions[2 * film] / 65535, this.positions[2 * film + 1] / 65535);
        const side = wanted === 2 ? Math.max(9, size * 1.9) : size;
        pen.globalAlpha = [0.12, 0.8, 1][wanted];
        pen.fillStyle = `rgb(${wanted === 2 ? highlight : [...this.inks.subarray(3 * film, 3 * film + 3)]})`;
        pen.fillRect(left - side / 2, top - side / 2, side, side);
      }
  }
}
