// Training on the page: gradient descent on the tape's program, the boundary, and the loss curve.

const AREA_PACE = 100; // milliseconds between pictures of the boundary while training runs
const GRID = 48; // points along each side of the boundary's picture

class Training {
  constructor(panel, player) {
    Object.assign(this, { panel, player, steps: 0, losses: [], stride: 1, running: false });
    this.rate = DATA.learning_rate;
  }
  get plan() { return DATA.training; }

  build() {
    if (!this.plan) {
      this.panel.replaceChildren(make("p", {}, "Nothing can be trained on this page. " + DATA.why));
      return;
    }
    const button = (id, text, f) => make("button", { type: "button", id, onclick: f }, text);
    const rate = make("input", { class: "number", id: "rate", type: "number", step: "any", min: 0,
      value: this.rate, onchange: () => {
        if (rate.valueAsNumber > 0) this.rate = rate.valueAsNumber;
        this.player.render();
      } });
    this.run = button("run", "Run", () => this.toggle());
    this.facts = make("p", { id: "facts" });
    this.curve = make("canvas", { id: "curve", role: "img", "aria-label": "Loss by step" });
    const plots = [make("figure", {}, this.curve, make("figcaption", {}, "Loss by step"))];
    if (this.plan.points) {
      this.area = make("canvas", { id: "boundary", role: "img", "aria-label": "Decision boundary" });
      plots.unshift(make("figure", {}, this.area,
        make("figcaption", {}, "Classes: ○ 0, × 1; colours: what the network says")));
    }
    this.panel.replaceChildren(
      make("div", { class: "row" }, make("label", {}, "Learning rate ", rate),
        button("train-1", "One step", () => this.train(1)),
        button("train-100", "100 steps", () => this.train(100)), this.run,
        button("restart", "Start again", () => this.restart())),
      this.facts, make("div", { class: "plots" }, ...plots));
    this.note();
  }

  // Some steps at once, then everything on the page follows.
  train(count) {
    this.advance(count);
    this.player.changed();
  }

  advance(count) {
    const { tape } = this.player;
    for (let i = 0; i < count; i++) {
      const [loss, ...gradients] = PROGRAM.train(tape.inputs);
      if (this.steps % this.stride === 0) this.losses.push(loss.data[0]);
      this.plan.variables.forEach(([input], k) => {
        const x = tape.inputs[input].data, g = gradients[k].data, data = new Float64Array(x.length);
        for (let j = 0; j < x.length; j++) data[j] = x[j] - this.rate * g[j];
        tape.replace(input, data);
      });
      this.steps++;
    }
    if (this.losses.length > 2000) {
      this.stride *= 2;
      this.losses = this.losses.filter((_, i) => i % 2 === 0);
    }
    tape.compute();
  }

  toggle() {
    this.running = !this.running;
    this.run.textContent = this.running ? "Pause" : "Run";
    if (!this.running) this.show();
    const frame = () => {
      if (!this.running) return;
      const end = performance.now() + 8; // half of a frame: the rest is for drawing
      do this.advance(1); while (performance.now() < end);
      this.player.changed();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  restart() {
    if (this.running) this.toggle();
    Object.assign(this, { steps: 0, losses: [], stride: 1 });
    this.player.tape.reset();
    this.player.changed();
  }

  // What is drawn after every change, where this panel is seen.
  show() {
    if (!this.plan || this.panel.hidden) return;
    this.note();
    this.drawCurve();
    const isDue = !this.running || performance.now() > (this.drawn ?? 0) + AREA_PACE;
    if (this.area && isDue) {
      this.drawArea();
      this.drawn = performance.now();
    }
  }

  note() {
    const loss = this.player.tape.value(DATA.boxes[DATA.root]).data[0];
    const accuracy = this.plan.points ? `, accuracy ${this.accuracy().toFixed(3)}` : "";
    this.facts.textContent = `Step ${this.steps}: loss ${loss.toPrecision(5)}${accuracy}`;
  }

  classOf(x, row) {
    const { threshold } = this.plan.points;
    if (threshold !== null) return +(x.data[row] > threshold);
    const columns = x.shape[1];
    let best = 0;
    for (let j = 1; j < columns; j++)
      if (x.data[row * columns + j] > x.data[row * columns + best]) best = j;
    return best;
  }

  accuracy() {
    const { classes, prediction } = this.plan.points;
    const x = this.player.tape.value(DATA.boxes[prediction]);
    return classes.filter((c, row) => this.classOf(x, row) === c).length / classes.length;
  }

  context(canvas) {
    const size = 200, ratio = window.devicePixelRatio || 1;
    if (canvas.width !== size * ratio) canvas.width = canvas.height = size * ratio;
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size, size);
    return [context, size, (name) => getComputedStyle(document.documentElement).getPropertyValue(name)];
  }

  drawCurve() {
    const [context, size, colour] = this.context(this.curve);
    const last = this.player.tape.value(DATA.boxes[DATA.root]).data[0];
    const found = [...this.losses, last].filter(Number.isFinite);
    if (found.length < 2) return;
    const high = Math.max(...found), low = Math.min(0, ...found), pad = 8;
    context.strokeStyle = colour("--forward");
    context.lineWidth = 2;
    context.beginPath();
    found.forEach((v, i) => context.lineTo(pad + ((size - 2 * pad) * i) / (found.length - 1),
      size - pad - ((size - 2 * pad) * (v - low)) / (high - low || 1)));
    context.stroke();
    context.fillStyle = colour("--soft");
    context.font = "11px system-ui, sans-serif";
    context.fillText(number(high), pad, 14);
    this.curve.setAttribute("aria-label",
      `Loss by step: from ${number(found[0])} to ${number(last)} in ${this.steps} steps`);
  }

  // The class that the network gives each point of a grid, in batches as long as the data.
  drawArea() {
    const [context, size, colour] = this.context(this.area);
    const { data, classes } = this.plan.points, { inputs } = this.player.tape;
    const points = inputs[data].data, n = classes.length;
    const reach = Math.max(...points.map(Math.abs)) * 1.05 || 1;
    const cell = size / GRID, fills = [colour("--one-area"), colour("--two-area")];
    const given = inputs.slice();
    for (let start = 0; start < GRID * GRID; start += n) {
      const rows = new Float64Array(2 * n);
      for (let i = 0; i < n; i++) {
        const k = Math.min(start + i, GRID * GRID - 1);
        rows[2 * i] = (((k % GRID) + 0.5) / GRID * 2 - 1) * reach;
        rows[2 * i + 1] = (1 - (Math.floor(k / GRID) + 0.5) / GRID * 2) * reach;
      }
      given[data] = { shape: [n, 2], data: rows };
      const [prediction] = PROGRAM.predict(given);
      for (let i = 0; i < n && start + i < GRID * GRID; i++) {
        const k = start + i;
        context.fillStyle = fills[this.classOf(prediction, i) % 2];
        context.fillRect((k % GRID) * cell, Math.floor(k / GRID) * cell, cell + 0.5, cell + 0.5);
      }
    }
    const place = (x, y) => [((x / reach + 1) * size) / 2, ((1 - y / reach) * size) / 2];
    context.lineWidth = 1.4;
    classes.forEach((c, i) => {
      const [x, y] = place(points[2 * i], points[2 * i + 1]);
      context.strokeStyle = colour(c % 2 ? "--two" : "--one");
      context.beginPath();
      if (c % 2) {
        context.moveTo(x - 3, y - 3); context.lineTo(x + 3, y + 3);
        context.moveTo(x - 3, y + 3); context.lineTo(x + 3, y - 3);
      } else context.arc(x, y, 3, 0, 2 * Math.PI);
      context.stroke();
    });
    this.area.setAttribute("aria-label",
      `Decision boundary: accuracy ${this.accuracy().toFixed(3)} on ${classes.length} points`);
  }
}
