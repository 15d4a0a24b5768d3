// The tape of the page: its inputs, and all values and gradients that follow from them.

class Tape {
  constructor() {
    this.recorded = DATA.inputs.map(decoded);
    this.inputs = this.recorded.slice();
    this.results = DATA.results ? DATA.results.map((x) => x && decoded(x)) : null;
    this.error = "";
    if (DATA.computes) this.compute();
  }

  // All results of the inputs as they are; where they take another branch, those before stay.
  compute() {
    this.wrongAnswers = null;
    try {
      this.results = PROGRAM.run(this.inputs);
      this.error = "";
    } catch (error) {
      if (!(error instanceof OtherBranch)) throw error;
      this.error = "With these numbers the function would take another branch than the one that "
        + "was recorded, so the page cannot follow: what you see is from before.";
    }
  }

  at(place) { return place === null ? null : this.results[place]; }
  value(box) { return this.at(box.value); }
  gradient(box) { return this.at(box.gradient); }
  wrong(answer) {
    if (answer.value === null || !DATA.computes) return null;
    this.wrongAnswers ??= PROGRAM.wrong(this.inputs);
    return this.wrongAnswers[answer.value];
  }

  change(input, element, number) {
    const old = this.inputs[input], data = old.data.slice();
    data[element] = number;
    this.inputs[input] = { shape: old.shape, data };
    this.compute();
  }
  replace(input, data) { this.inputs[input] = { shape: this.inputs[input].shape, data }; }
  reset() {
    this.inputs = this.recorded.slice();
    this.compute();
  }

  // [input, element, number] of every number that was changed.
  edits() {
    const found = [];
    this.inputs.forEach((x, input) => {
      const before = this.recorded[input].data;
      if (x.data !== before)
        x.data.forEach((v, i) => Object.is(v, before[i]) || found.push([input, i, v]));
    });
    return found;
  }
}

function decoded(x) {
  if (x.data) return array(x.shape, x.data);
  const bytes = Uint8Array.from(atob(x.base64), (letter) => letter.charCodeAt(0));
  return array(x.shape, new Float64Array(bytes.buffer));
}
