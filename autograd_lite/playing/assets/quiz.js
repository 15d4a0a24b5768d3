// Questions: the next gradient is hidden; a wrong answer is told by the mistake that makes it.

class Quiz {
  constructor(player) {
    Object.assign(this, { player, on: false, right: 0, asked: 0 });
    this.answered = new Set();
  }

  // The step whose gradient is hidden, or null.
  hidden(step) {
    const isAsked = this.on && step.kind === BACK && step.flow.value !== null;
    return isAsked && !this.answered.has(step.index) ? step : null;
  }

  card(step, tape) {
    const { flow, box, from } = step, share = tape.at(flow.value);
    const several = flowsTo(box).length > 1;
    const verdict = make("div", { id: "verdict", role: "status" });
    const parts = [heading(step), make("h2", {}, "What is ", gradientOf(box), "?"),
      make("p", {}, nameOf(from), " passes back ", several ? "its contribution" : "the gradient",
        " of ", nameOf(box), ". Known: ", nameOf(from), " = ", formula(from.formula), " and ",
        gradientOf(from), " = ", matrix(tape.gradient(from)))];
    const choices = this.choices(step);
    if (choices.length > 1) parts.push(this.formulas(step, choices, verdict));
    parts.push(this.numberQuestion(step, share, verdict));
    parts.push(make("div", { class: "row" },
      make("button", { type: "button", id: "reveal", onclick: () => this.reveal(step) },
        "Show the answer"),
      make("span", { id: "score" }, this.score())), verdict);
    return parts;
  }

  // The right formula among wrong ones, in an order that depends on the step alone.
  choices(step) {
    const { flow } = step;
    if (!flow.formula.some(([kind]) => kind !== "text")) return [];
    const written = (pieces) => formula(pieces).textContent;
    const short = flow.wrong.filter((a) => written(a.formula).length <= 60
      && a.formula.some(([kind]) => kind !== "text"));
    const chosen = short.slice(0, 4).map((answer) => ({ pieces: answer.formula, answer }));
    const all = [{ pieces: flow.formula, answer: null }, ...chosen];
    const key = (c, i) => (Math.imul(step.index * 31 + i * 17 + 7, 2654435761) >>> 8) % 1009;
    return all.map((c, i) => [key(c, i), c]).sort((a, b) => a[0] - b[0]).map(([, c]) => c);
  }

  formulas(step, choices, verdict) {
    const fields = choices.map((choice, i) => make("label", { class: "choice" },
      make("input", { type: "radio", name: "formula", value: i,
        "data-right": choice.answer === null }), " ", formula(choice.pieces)));
    const check = make("button", { type: "button", class: "strong", id: "check-formula",
      onclick: () => {
        const chosen = this.player.card.querySelector("[name=formula]:checked");
        if (!chosen) return;
        const { answer } = choices[chosen.value];
        if (answer) this.wrong(verdict, [answer], step);
        else this.correct(step);
      } }, "Check the formula");
    const legend = make("legend", { class: "what" }, "Choose the formula");
    return make("fieldset", {}, legend, ...fields, check);
  }

  // A field for each element of a small array: one number answers, several are held together.
  numberQuestion(step, share, verdict) {
    const asked = this.element(step, share), all = share.data.length;
    const places = isSmall(share) ? Array.from({ length: all }, (_, i) => i) : [asked];
    const named = (i) => (share.shape.length ? `[${indexOf(i, share.shape).join(", ")}]` : "");
    const fields = places.map((i) => make("input", { class: "number", inputmode: "decimal",
      autocomplete: "off", "aria-label": `The number ${named(i)}`,
      ...(i === asked ? { id: "answer" } : {}) }));
    const check = () => this.checkNumbers(fields, places, step, share, verdict);
    fields.forEach((field) => field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") check();
    }));
    const grid = make("div", { class: "cells" }, ...fields);
    const columns = places.length > 1 ? share.shape[share.shape.length - 1] : 1;
    grid.style.gridTemplateColumns = `repeat(${columns}, auto)`;
    const lead = places.length > 1 ? `Element ${named(asked)}, or more of them:`
      : named(asked) ? `Element ${named(asked)}:` : "It is";
    return make("fieldset", {}, make("legend", { class: "what" }, "Or type its number"),
      make("label", { for: "answer" }, lead), " ", grid,
      make("button", { type: "button", id: "check-number", onclick: check }, "Check the number"));
  }

  // The element at which most wrong answers differ from the right one, the largest of these.
  element(step, share) {
    const others = step.flow.wrong.map((a) => this.player.tape.wrong(a)).filter(Boolean);
    let best = 0, most = -1;
    share.data.forEach((v, i) => {
      const apart = others.filter((x) => Math.abs(x.data[i] - v) > 0.02 * Math.abs(v)).length;
      const score = apart + Math.abs(v) / (1 + Math.abs(v));
      if (score > most && v !== 0) [best, most] = [i, score];
    });
    return best;
  }

  checkNumbers(fields, places, step, share, verdict) {
    const typed = fields.map((field, k) => ({ field, i: places[k], text: field.value.trim() }))
      .filter(({ text }) => text);
    typed.forEach((t) => { t.fits = fitting(t.text); });
    if (!typed.length || typed.some(({ fits }) => fits === null)) {
      verdict.replaceChildren(make("p", {}, "Type a number, such as -0.1467."));
      return;
    }
    const explains = (data) => typed.every(({ i, fits }) => fits(data[i]));
    if (explains(share.data)) { this.correct(step); return; }
    fields.forEach((field) => field.removeAttribute("aria-invalid"));
    const wrong = typed.filter(({ i, fits }) => !fits(share.data[i]));
    if (typed.length > 1) wrong.forEach(({ field }) => field.setAttribute("aria-invalid", "true"));
    const found = step.flow.wrong.filter((answer) => {
      const x = this.player.tape.wrong(answer);
      return x && explains(x.data);
    });
    const factors = step.flow.factors.filter(([c]) => explains(share.data.map((v) => c * v)))
      .map(([, mistake, words]) => ({ mistake, words, advice: "" }));
    const turned = typed.length > 1 && explains(transposed(share)) ? [{ words: "the numbers are "
      + "right, each in the place that it has in the transpose", advice: "" }] : [];
    const all = [...found, ...factors, ...turned];
    const isKnown = (a, k) => all.findIndex((b) => b.words === a.words) === k;
    const many = typed.length > 1 ? `${wrong.length} of these ${typed.length} numbers `
      + `${wrong.length > 1 ? "are" : "is"} wrong.` : "";
    this.wrong(verdict, all.filter(isKnown).slice(0, 3), step, many);
  }

  correct(step) {
    this.asked++;
    this.right++;
    this.answered.add(step.index);
    this.player.render();
    this.player.card.prepend(make("div", { class: "verdict right", id: "verdict", role: "status" },
      make("strong", {}, "Right.")));
  }

  wrong(verdict, answers, step, many = "") {
    this.asked++;
    const parts = [make("strong", {}, "Not yet."), many && make("p", {}, many)].filter(Boolean);
    if (!answers.length) parts.push(make("p", {}, "It is none of the mistakes known here. The chain "
      + "rule: what arrives at ", nameOf(step.from), ", times the derivative of ",
      nameOf(step.from), " with respect to ", nameOf(step.box), "."));
    answers.forEach((answer, i) => {
      const sentence = answer.words[0].toUpperCase() + answer.words.slice(1) + ".";
      parts.push(make("p", {}, i ? "Or: " : "", make("bdi", {}, sentence)));
      if (!i && answer.advice) parts.push(make("p", {}, "Remember: ", answer.advice, "."));
    });
    verdict.replaceChildren(make("div", { class: "verdict wrong" }, ...parts));
    document.getElementById("score").textContent = this.score();
    verdict.scrollIntoView({ block: "nearest" });
  }

  score() { return this.asked ? `${this.right} right of ${this.asked} answers` : ""; }

  reveal(step) {
    this.answered.add(step.index);
    this.player.render();
  }

  toggle() {
    this.on = !this.on;
    this.answered.clear();
    [this.right, this.asked] = [0, 0];
  }
}

// Whether a number is what was typed, to the digits that were; null of what is no number.
function fitting(text) {
  const typed = Number(text.replace(",", ".").replace("−", "-"));
  if (Number.isNaN(typed)) return null;
  const decimals = /e/i.test(text) ? 15 : (text.split(/[.,]/)[1] ?? "").trim().length;
  return (v) => Math.abs(typed - v) <= Math.max(5e-4 * Math.abs(v),
    Math.min(0.51 * 10 ** -decimals, 0.02 * Math.abs(v)), 1e-12);
}

// The numbers of a square matrix in the places of its transpose; of others none.
function transposed({ shape, data }) {
  const [n, m] = shape;
  if (shape.length !== 2 || n !== m) return [];
  return data.map((_, i) => data[(i % n) * n + Math.floor(i / n)]);
}
