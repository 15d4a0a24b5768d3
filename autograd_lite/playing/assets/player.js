// The player: which step is shown, what moves it, and the address that leads back to it.

const TABS = ["values", "change", "train", "help"];
const PACE = 1100; // milliseconds a step at speed 1

class Player {
  constructor() {
    this.tape = new Tape();
    this.place = 0;
    this.tab = "values";
    this.card = document.getElementById("card");
    this.quiz = new Quiz(this);
    this.graph = new Graph(document.getElementById("graph"), (what) => this.choose(what));
    this.editor = new Editor(document.getElementById("panel-change"), this);
    this.training = new Training(document.getElementById("panel-train"), this);
    this.training.build();
    this.bind();
    this.readAddress();
    this.graph.camera.fit(matchMedia("(max-width: 860px)").matches ? 0.8 : 0.75);
    this.showTab(this.tab);
    this.render();
    this.graph.animate(this.step, 1);
  }

  get step() { return STEPS[this.place]; }

  // --- what moves it ------------------------------------------------------------------------

  bind() {
    const on = (id, f) => document.getElementById(id).addEventListener("click", f);
    on("first", () => this.jump(0));
    on("back", () => this.jump(this.place - 1));
    on("step", () => this.jump(this.place + 1));
    on("last", () => this.jump(STEPS.length - 1));
    on("play", () => this.toggle());
    on("quiz", () => this.toggleQuiz());
    on("theme", () => this.setTheme(this.theme === "dark" ? "light" : "dark"));
    on("zoom-in", () => this.graph.camera.zoom(1.3));
    on("zoom-out", () => this.graph.camera.zoom(1 / 1.3));
    on("zoom-fit", () => this.graph.camera.fit());
    const slider = document.getElementById("position");
    slider.max = STEPS.length - 1;
    slider.addEventListener("input", () => this.jump(+slider.value));
    document.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("hashchange", () => {
      if (location.hash !== this.written) { this.readAddress(); this.showTab(this.tab); this.render(); }
    });
    for (const tab of TABS) {
      const button = document.getElementById(`tab-${tab}`);
      button.addEventListener("click", () => { this.showTab(tab); this.write(); });
      button.addEventListener("keydown", (event) => this.tabKey(event, tab));
    }
    this.swipe();
  }

  key(event) {
    const isField = event.target.closest("input, select, textarea");
    if (isField || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.getAttribute("role") === "tab" && event.key.startsWith("Arrow")) return;
    const isButton = event.target.closest("button, [role=button]");
    const keys = {
      ArrowRight: () => this.jump(this.place + 1), ArrowLeft: () => this.jump(this.place - 1),
      Home: () => this.jump(0), End: () => this.jump(STEPS.length - 1),
      "+": () => this.graph.camera.zoom(1.3), "-": () => this.graph.camera.zoom(1 / 1.3),
      0: () => this.graph.camera.fit(), q: () => this.toggleQuiz(),
    };
    if (!isButton) keys[" "] = () => this.toggle();
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  tabKey(event, tab) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length];
    this.showTab(next);
    document.getElementById(`tab-${next}`).focus();
  }

  swipe() {
    let from = null;
    this.card.addEventListener("touchstart", (event) => {
      const t = event.changedTouches[0];
      from = [t.clientX, t.clientY];
    }, { passive: true });
    this.card.addEventListener("touchend", (event) => {
      const t = event.changedTouches[0];
      const [dx, dy] = [t.clientX - from[0], t.clientY - from[1]];
      if (Math.abs(dx) > 50 && Math.abs(dx) > 2 * Math.abs(dy)) this.jump(this.place - Math.sign(dx));
    }, { passive: true });
  }

  // A box or an arrow was chosen: to the next of its steps.
  choose({ box, arrow }) {
    const steps = STEPS.filter((s) => (box ? s.box === box
      : arrow.source === s.box?.id && s.from?.id === arrow.target)
      || (arrow && s.kind === FORWARD && s.box.id === arrow.target));
    if (box?.editable) { this.editor.box = box; this.editor.cell = 0; this.editor.show(); }
    if (!steps.length) return;
    const next = steps.find((s) => s.place > this.place) ?? steps[0];
    const current = steps.find((s) => s.place === this.place);
    const same = steps.find((s) => isBack(s) === isBack(this.step)) ?? steps[0];
    this.jump((current ? next : same).place);
  }

  jump(place, isPlaying = false) {
    if (!isPlaying && this.timer) this.toggle();
    const before = this.place;
    this.place = Math.min(STEPS.length - 1, Math.max(0, place));
    this.render();
    this.graph.animate(this.step, before === this.place ? 1 : this.pace() * 0.6);
  }

  pace() { return PACE / +document.getElementById("speed").value; }

  toggle() {
    if (this.timer) {
      clearTimeout(this.timer);
      this.timer = null;
    } else {
      if (this.place === STEPS.length - 1) this.place = -1;
      const next = () => {
        if (this.quiz.hidden(this.step ?? STEPS[0]) || this.place === STEPS.length - 1) {
          this.timer = null;
        } else {
          this.timer = setTimeout(next, this.pace());
          this.jump(this.place + 1, true);
        }
        this.showPlay();
      };
      this.timer = 1;
      next();
    }
    this.showPlay();
  }
  showPlay() {
    const button = document.getElementById("play");
    button.textContent = this.timer ? "❙❙ Pause" : "▶\uFE0E Play";
    button.setAttribute("aria-label", this.timer ? "Pause" : "Play");
  }

  toggleQuiz() {
    this.quiz.toggle();
    const first = STEPS.find((s) => s.kind === BACK && s.flow.value !== null);
    if (this.quiz.on && first && this.step.kind !== BACK) this.jump(first.place);
    else this.render();
  }

  // The numbers of the tape are others.
  changed() { this.render(); }

  // --- what is shown ------------------------------------------------------------------------

  render() {
    const step = this.step, hidden = this.quiz.hidden(step);
    this.graph.show(this.tape, step, hidden);
    const card = hidden ? this.quiz.card(step, this.tape)
      : cardOf(step, this.tape, this.training.rate);
    this.card.replaceChildren(...card.filter(Boolean));
    if (this.tab === "values") this.showValues(step, hidden);
    this.training.show();
    document.getElementById("position").value = this.place;
    document.getElementById("position").setAttribute("aria-valuetext",
      `${TITLES[step.kind]}, step ${this.place} of ${STEPS.length - 1}`);
    document.getElementById("count").textContent = `${this.place} / ${STEPS.length - 1}`;
    document.getElementById("quiz").setAttribute("aria-pressed", this.quiz.on);
    document.getElementById("back").disabled = this.place === 0;
    document.getElementById("step").disabled = this.place === STEPS.length - 1;
    const notice = document.getElementById("notice");
    notice.textContent = this.tape.error || DATA.notice;
    notice.hidden = !notice.textContent;
    this.write();
  }

  // The table; the focus stays on the name where it was.
  showValues(step, hidden) {
    const panel = document.getElementById("panel-values");
    const place = [...panel.querySelectorAll("button")].indexOf(document.activeElement);
    panel.replaceChildren(valuesTable(this.tape, step, hidden, (what) => this.choose(what)));
    if (place >= 0) panel.querySelectorAll("button")[place].focus({ preventScroll: true });
  }

  showTab(tab) {
    this.tab = tab;
    document.getElementById("side").dataset.tab = tab;
    for (const name of TABS) {
      const button = document.getElementById(`tab-${name}`);
      button.setAttribute("aria-selected", name === tab);
      button.tabIndex = name === tab ? 0 : -1;
      document.getElementById(`panel-${name}`).hidden = name !== tab;
    }
    if (tab === "change") this.editor.show();
    if (tab === "values" || tab === "train") this.render();
  }

  setTheme(theme) {
    this.theme = theme;
    document.documentElement.dataset.theme = theme;
    const button = document.getElementById("theme");
    button.setAttribute("aria-pressed", theme === "dark");
    this.training.show();
    this.write();
  }

  // --- the address --------------------------------------------------------------------------

  // #step=12&tab=train&quiz=1&theme=dark&set=1.0:0.5,1.3:-2
  readAddress() {
    const given = new URLSearchParams(location.hash.slice(1));
    const step = Number(given.get("step") ?? 0);
    this.place = Number.isInteger(step) ? Math.min(STEPS.length - 1, Math.max(0, step)) : 0;
    if (TABS.includes(given.get("tab"))) this.tab = given.get("tab");
    if ((given.get("quiz") === "1") !== this.quiz.on) this.quiz.toggle();
    const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
    this.setTheme(["dark", "light"].includes(given.get("theme")) ? given.get("theme")
      : isDark ? "dark" : "light");
    for (const edit of (given.get("set") ?? "").split(",")) {
      const found = edit.match(/^(\d+)\.(\d+):([-+.\de]+)$/);
      if (!found || !DATA.computes) continue;
      const [input, element, value] = found.slice(1).map(Number);
      const isKnown = DATA.boxes.some((box) => box.editable && box.input === input);
      if (isKnown && element < this.tape.inputs[input].data.length && Number.isFinite(value))
        this.tape.change(input, element, value);
    }
  }

  write() {
    if (!this.graph) return;
    const parts = [`step=${this.place}`];
    if (this.tab !== "values") parts.push(`tab=${this.tab}`);
    if (this.quiz.on) parts.push("quiz=1");
    parts.push(`theme=${this.theme}`);
    const edits = this.training.running ? [] : this.tape.edits();
    if (edits.length && edits.length <= 60)
      parts.push(`set=${edits.map(([i, j, v]) => `${i}.${j}:${v}`).join(",")}`);
    this.written = `#${parts.join("&")}`;
    clearTimeout(this.writing); // browsers allow few changes of the address a second
    this.writing = setTimeout(() => {
      try { history.replaceState(null, "", this.written); } catch { /* a page inside a notebook */ }
    }, 120);
  }
}

const STEPS = makeSteps(), SEEDED = STEPS.find((step) => step.kind === SEED);
window.player = new Player();
