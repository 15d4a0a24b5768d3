// The picture: boxes and arrows where the layout put them, and a camera over it.

const SVG = "http://www.w3.org/2000/svg";
const ROW = 16, PAD = 9; // as in layout sizes: of a line of text, and around the text
const reduced_motion = matchMedia("(prefers-reduced-motion: reduce)");

function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

class Graph {
  constructor(svg, choose) {
    this.svg = svg;
    this.world = draw("g");
    svg.append(this.world);
    this.arrows = DATA.arrows.map((arrow) => this.drawnArrow(arrow, choose));
    this.boxes = DATA.boxes.map((box) => this.drawnBox(box, choose));
    this.dot = draw("circle", { id: "dot", r: 6, visibility: "hidden" });
    this.world.append(...this.arrows.map((a) => a.group), ...this.boxes.map((b) => b.group),
      this.dot);
    this.camera = new Camera(svg, this.world);
  }

  drawnArrow(arrow, choose) {
    const way = wayThrough(arrow.points);
    const [x, y] = arrow.points[arrow.points.length - 1];
    const path = draw("path", { class: "way", d: way });
    const head = draw("path", { class: "head", d: `M${x - 5},${y - 9}L${x + 5},${y - 9}L${x},${y}Z` });
    const group = draw("g", { class: "arrow" }, path, head, draw("path", { class: "hit", d: way }));
    group.addEventListener("click", () => choose({ arrow }));
    return { arrow, group, path };
  }

  drawnBox(box, choose) {
    const group = draw("g", { class: `box ${box.kind}`, tabindex: 0, role: "button",
      transform: `translate(${box.x - box.width / 2},${box.y})` });
    const whole = draw("title");
    whole.textContent = box.label;
    const rect = draw("rect", { width: box.width, height: box.height });
    const texts = draw("g");
    group.append(whole, rect, texts);
    group.addEventListener("click", () => choose({ box }));
    group.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        event.stopPropagation();
        choose({ box });
      }
    });
    return { box, group, texts };
  }

  show(tape, step, hidden) {
    for (const { box, group, texts } of this.boxes) {
      const lines = boxLines(tape, box, step, hidden);
      texts.replaceChildren(...lines.map(([kind, text], i) => {
        const line = draw("text", { class: kind, x: PAD, y: PAD + 11 + i * ROW });
        line.textContent = text;
        return line;
      }));
      const now = step.box === box, from = step.from === box
        || (step.kind === FORWARD && sourcesOf(step.box).includes(box));
      group.classList.toggle("now", now || (step.kind === UPDATE && variables().includes(box)));
      group.classList.toggle("from", from);
      group.classList.toggle("back", isBack(step));
      group.setAttribute("aria-label", spoken(tape, box, step, hidden));
    }
    for (const { arrow, group } of this.arrows) {
      const to = DATA.boxes[arrow.target], from = DATA.boxes[arrow.source];
      const flowed = stepsOf(from).arrivals.some((s) => s.place <= step.place && s.from === to);
      const now = step.kind === FORWARD ? to === step.box
        : step.kind === BACK && step.from === to && step.box === from;
      group.setAttribute("class", ["arrow", seen(to, step.place).value ? "done" : "",
        flowed ? "back" : "", now ? "now" : ""].join(" "));
    }
  }

  // A dot along the arrows of a step, and the camera to where it happens.
  async animate(step, duration) {
    const active = this.arrows.filter(({ group }) => group.classList.contains("now"));
    const boxes = [step.box, step.from].filter(Boolean);
    if (boxes.length) this.camera.follow(boxes, duration / 2);
    const token = (this.token = {});
    this.dot.setAttribute("visibility", "hidden");
    if (!active.length || reduced_motion.matches || duration < 60) return;
    this.dot.setAttribute("class", isBack(step) ? "back" : "");
    const { path } = active[active.length - 1], length = path.getTotalLength();
    await frames(duration, (part) => {
      if (this.token !== token) return false;
      const at = path.getPointAtLength(length * (isBack(step) ? 1 - part : part));
      this.dot.setAttribute("cx", at.x);
      this.dot.setAttribute("cy", at.y);
      this.dot.setAttribute("visibility", "visible");
    });
    if (this.token === token) this.dot.setAttribute("visibility", "hidden");
  }
}

// Calls f with 0 ... 1 in every frame of a duration; it ends early where f returns false.
function frames(duration, f) {
  return new Promise((done) => {
    const start = performance.now();
    const frame = (now) => {
      const part = Math.min(1, Math.max(0, (now - start) / duration));
      if (f(part * (2 - part)) === false || part === 1) done();
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

const sourcesOf = (box) =>
  DATA.arrows.filter((a) => a.target === box.id).map((a) => DATA.boxes[a.source]);

function wayThrough(points) {
  let way = `M${points[0]}`;
  for (let i = 1; i < points.length; i++) {
    const [x, y] = points[i - 1], [u, v] = points[i], middle = (y + v) / 2;
    way += x === u ? `L${u},${v}` : `C${x},${middle} ${u},${middle} ${u},${v}`;
  }
  return way;
}

function boxRows(x) {
  if (isSmall(x)) return rowsOf(x);
  return [`${shapeText(x.shape)}  mean ${number(factsOf(x).mean)}`];
}

// Pairs (class, text): what a box says at a step.
function boxLines(tape, box, step, hidden) {
  const { value } = seen(box, step.place);
  const lines = [["title", box.title]];
  const width = Math.max(1, Math.floor((box.width - 2 * PAD) / 7.23));
  const rows = (kind, x, lead) => {
    boxRows(x).forEach((row, i) =>
      lines.push([kind, ((i ? " ".repeat(lead.length) : lead) + row).slice(0, width + 1)]));
  };
  if (box.value === null) return lines;
  const x = tape.value(box);
  if (value) rows("value", x, "  ");
  else boxRows(x).forEach(() => lines.push(["waiting", ""]));
  if (box.gradient === null) return lines;
  const g = hidden?.box === box ? null : gradientSoFar(tape, box, step.place);
  if (g) rows("gradient", g, "∂ ");
  else if (hidden?.box === box) lines.push(["gradient", "∂ ?"]);
  return lines;
}

function spoken(tape, box, step, hidden) {
  const { value, gradient } = seen(box, step.place);
  const parts = [`${box.kind} ${shortened(box.label, 80)}`];
  if (box.value !== null && value) parts.push(`value ${rowsOf(tape.value(box)).join("; ")}`);
  if (gradient && hidden?.box !== box && tape.gradient(box))
    parts.push(`gradient ${rowsOf(tape.gradient(box)).join("; ")}`);
  return parts.join(", ");
}

class Camera {
  constructor(svg, world) {
    Object.assign(this, { svg, world, x: 0, y: 0, scale: 1, pointers: new Map() });
    svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoomAt(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
    }, { passive: false });
    svg.addEventListener("pointerdown", (event) => {
      this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
      this.moved = 0;
    });
    svg.addEventListener("pointermove", (event) => this.drag(event));
    for (const kind of ["pointerup", "pointercancel", "pointerleave"])
      svg.addEventListener(kind, (event) => this.pointers.delete(event.pointerId));
    svg.addEventListener("click", (event) => { // the end of a drag is no choice
      if (this.moved > 6) event.stopPropagation();
    }, true);
    new ResizeObserver(() => this.fitted ? this.fit() : this.apply()).observe(svg);
  }

  get size() { const r = this.svg.getBoundingClientRect(); return [r.width, r.height]; }

  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY], others = [...this.pointers.values()];
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    this.moved += Math.abs(dx) + Math.abs(dy);
    this.pointers.set(event.pointerId, now);
    this.fitted = false;
    if (others.length === 2) {
      const other = others.find((p) => p !== before);
      const distance = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]);
      const r = this.svg.getBoundingClientRect();
      this.zoomAt(distance(now) / (distance(before) || 1),
        (now[0] + other[0]) / 2 - r.left, (now[1] + other[1]) / 2 - r.top);
    } else {
      this.x += dx;
      this.y += dy;
      this.apply();
    }
  }

  zoomAt(factor, x, y) {
    const scale = Math.min(4, Math.max(0.05, this.scale * factor)), ratio = scale / this.scale;
    this.x = x - (x - this.x) * ratio;
    this.y = y - (y - this.y) * ratio;
    this.scale = scale;
    this.fitted = false;
    this.apply();
  }
  zoom(factor) { const [w, h] = this.size; this.zoomAt(factor, w / 2, h / 2); }

  fit(least = 0) {
    const [w, h] = this.size, room = 18;
    const whole = Math.min((w - 2 * room) / DATA.width, (h - 2 * room) / DATA.height, 1.5);
    this.scale = Math.max(whole, least, 0.02);
    this.x = (w - DATA.width * this.scale) / 2;
    this.y = this.scale > whole ? room : (h - DATA.height * this.scale) / 2;
    this.fitted = this.scale === whole;
    this.apply();
  }

  // Bring boxes into view where they are not.
  follow(boxes, duration) {
    const [w, h] = this.size, room = 24, k = this.scale;
    const left = Math.min(...boxes.map((b) => b.x - b.width / 2)) * k;
    const right = Math.max(...boxes.map((b) => b.x + b.width / 2)) * k;
    const top = Math.min(...boxes.map((b) => b.y)) * k;
    const bottom = Math.max(...boxes.map((b) => b.y + b.height)) * k;
    const x = shifted(this.x, left, right, w, room), y = shifted(this.y, top, bottom, h, room);
    if (x === this.x && y === this.y) return;
    const [fromX, fromY] = [this.x, this.y];
    const token = (this.token = {});
    frames(reduced_motion.matches ? 1 : Math.max(1, duration), (part) => {
      if (this.token !== token) return false;
      this.x = fromX + (x - fromX) * part;
      this.y = fromY + (y - fromY) * part;
      this.apply();
    });
  }

  apply() {
    this.world.setAttribute("transform", `translate(${this.x},${this.y}) scale(${this.scale})`);
  }
}

// Where to move to, so that low ... high is inside of a length: to the middle if it is not.
function shifted(at, low, high, length, room) {
  const isInside = at + low >= room && at + high <= length - room;
  return isInside ? at : length / 2 - (low + high) / 2;
}
