// The table of the values of the moment, and the editor of inputs.

function valuesTable(tape, step, hidden, choose) {
  const rows = DATA.boxes.map((box) => {
    const { value } = seen(box, step.place);
    const isHidden = hidden?.box === box;
    const g = isHidden ? null : gradientSoFar(tape, box, step.place);
    const { gradient, arrived, uses } = seen(box, step.place);
    const notes = box.gradient === null ? "no gradient" : isHidden ? "?"
      : !g ? "" : gradient ? "" : ` (${arrived} of ${uses})`;
    const name = make("button", { type: "button", title: box.label, onclick: () => choose({ box }) },
      make("bdi", {}, shortened(box.label, 22)));
    return make("tr", { class: step.box === box ? (isBack(step) ? "now back" : "now") : "" },
      make("th", { scope: "row" }, name),
      make("td", {}, make("span", { class: "math value" },
        box.value === null ? "several" : value ? matrix(tape.value(box)) : "…")),
      make("td", {}, make("span", { class: "math gradient" }, g ? matrix(g) : "", notes)));
  });
  const head = ["Name", "Value", "Gradient"].map((text) => make("th", { scope: "col" }, text));
  return make("table", {}, make("caption", { class: "hidden" }, "Values of this step"),
    make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
}

class Editor {
  constructor(panel, player) {
    Object.assign(this, { panel, player, box: null, cell: 0 });
    this.box = this.boxes().find((box) => box.kind === "variable") ?? this.boxes()[0];
  }
  boxes() { return DATA.boxes.filter((box) => box.editable); }

  show() {
    if (!DATA.computes || !this.box) {
      this.panel.replaceChildren(make("p", {}, "Nothing can be changed on this page. " + DATA.why));
      return;
    }
    const { tape } = this.player;
    const choices = this.boxes().map((box) =>
      make("option", { value: box.id, selected: box === this.box }, shortened(box.label)));
    const select = make("select", { id: "edit-box", onchange: () => {
      this.box = DATA.boxes[select.value];
      this.cell = 0;
      this.show();
    } }, ...choices);
    const reset = make("button", { type: "button", id: "reset", onclick: () => {
      tape.reset();
      this.player.changed();
      this.show();
    } }, "All as recorded");
    this.panel.replaceChildren(
      make("div", { class: "row" }, make("label", {}, "Change ", select), reset),
      this.cells(), this.slider(),
      make("p", {}, "Everything follows: values, gradients, and the formulas with their numbers."),
      this.box.kind === "constant" && DATA.untracked.length ? make("p", { id: "untracked" },
        "But an array that was made of it before it met a variable is not on the tape: the one in ",
        make("bdi", {}, shortened(DATA.untracked[0])), " stays as it was.") : "");
  }

  cells() {
    const x = this.player.tape.inputs[this.box.input], before = this.player.tape.recorded[this.box.input];
    const columns = x.shape.length ? x.shape[x.shape.length - 1] : 1;
    const shown = Math.min(x.data.length, 60);
    const cells = Array.from({ length: shown }, (_, i) => make("input", {
      type: "number", step: "any", value: String(+x.data[i].toPrecision(8)),
      class: x.data[i] === before.data[i] ? "" : "changed", "data-cell": i,
      "aria-label": `${shortened(this.box.label)} [${indexOf(i, x.shape).join(", ")}]`,
      onfocus: () => this.choose(i),
      onchange: (event) => this.set(i, event.target.valueAsNumber),
    }));
    const grid = make("div", { class: "cells" }, ...cells);
    grid.style.gridTemplateColumns = `repeat(${Math.min(columns, 6)}, auto)`;
    if (shown < x.data.length)
      return make("div", {}, grid, make("p", {}, `the first ${shown} of ${x.data.length}`));
    return grid;
  }

  slider() {
    const x = this.player.tape.inputs[this.box.input], value = x.data[this.cell];
    const reach = Math.max(3, 2 * Math.abs(value));
    this.range = make("input", { type: "range", id: "slider", min: -reach, max: reach,
      step: reach / 500, value: value, oninput: () => this.set(this.cell, +this.range.value, false) });
    this.caption = make("span", {}, this.cellName());
    return make("label", { class: "row" }, "Slide ", this.caption, this.range);
  }
  cellName() {
    const x = this.player.tape.inputs[this.box.input];
    return `${shortened(this.box.label)} [${indexOf(this.cell, x.shape).join(", ")}]`;
  }

  choose(i) {
    this.cell = i;
    const value = this.player.tape.inputs[this.box.input].data[i];
    this.range.max = Math.max(3, 2 * Math.abs(value));
    this.range.min = -this.range.max;
    this.range.value = value;
    this.caption.textContent = this.cellName();
  }

  set(i, value, isTyped = true) {
    if (!Number.isFinite(value)) return;
    this.player.tape.change(this.box.input, i, value);
    this.player.changed();
    const field = this.panel.querySelector(`[data-cell="${i}"]`);
    field?.classList.add("changed");
    if (isTyped) this.choose(i);
    else if (field) field.value = String(+value.toPrecision(8));
  }
}
