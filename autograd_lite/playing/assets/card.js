// The explanation of a step: in words, as a formula, with the numbers put in, and as a sum.

const TITLES = {
  [START]: "Start", [FORWARD]: "Forward", [SEED]: "Backward", [BACK]: "Backward", [UPDATE]: "Update",
};

function line(what, ...content) {
  return make("div", { class: "line" }, make("span", { class: "what" }, what), ...content);
}
function mathLine(what, ...content) {
  return line(what, make("span", { class: "math" }, ...content));
}
const nameOf = (box) => named(box, shortened(box.label), "value");
const gradientOf = (box) => named(box, gradientLabel(box), "gradient");

function heading(step) {
  const same = STEPS.filter((s) => s.kind === step.kind);
  const of = same.length > 1 ? ` ${same.indexOf(step) + 1} of ${same.length}` : "";
  return make("span", { class: isBack(step) ? "phase back" : "phase" }, TITLES[step.kind] + of);
}

function cardOf(step, tape, rate) {
  const content = { [START]: startCard, [FORWARD]: forwardCard, [SEED]: seedCard,
    [BACK]: backCard, [UPDATE]: updateCard }[step.kind](step, tape, rate);
  return [heading(step), ...content];
}

function startCard() {
  const calls = DATA.boxes.filter((box) => box.op).length;
  return [
    make("h2", {}, "Backpropagation of ", nameOf(DATA.boxes[DATA.root])),
    make("p", {}, `${calls} calls made this number. First each value is computed from those above `
      + "it. Then the gradient flows back from the loss: each call passes on its own gradient "
      + "times its local derivative, which is the chain rule, and where several calls used one "
      + "value, what they pass back is added up."),
    make("p", {}, "Press Play, or Step. Every box can be chosen."),
  ];
}

function forwardCard(step, tape) {
  const { box } = step, x = tape.value(box);
  const lines = [make("h2", {}, nameOf(box))];
  lines.push(mathLine("Formula", nameOf(box), " = ", formula(box.formula)));
  if (box.formula.some(([kind]) => kind !== "text"))
    lines.push(mathLine("With the numbers put in", "= ", formula(box.formula, tape)));
  lines.push(mathLine("Value", "= ", matrix(x), make("span", { class: "hidden" }, " ")));
  lines.push(elementLine(box.formula, x, tape));
  const users = DATA.arrows.filter((a) => a.source === box.id).length;
  if (users > 1) lines.push(make("p", {}, `It is used ${users} times: its gradient will be a sum.`));
  return lines;
}

function seedCard(step, tape) {
  return [
    make("h2", {}, gradientOf(step.box), " = 1"),
    make("p", {}, "The way back starts here: when the loss grows by 1, the loss grows by 1."),
    mathLine("Value", "= ", matrix(tape.gradient(step.box) ?? array([], [1]))),
  ];
}

// Whether a formula is a number: it needs no line with its value.
const isNumber = (pieces) => pieces.length === 1 && pieces[0][0] === "text"
  && /^-?[\d.]+$/.test(pieces[0][1]);

function backCard(step, tape) {
  const { flow, box, from } = step, share = tape.at(flow.value);
  const total = flowsTo(box).length;
  const lines = [make("h2", {}, gradientOf(box), total > 1 ? ", by way of " : "",
    total > 1 ? nameOf(from) : ""), make("p", {}, flow.rule)];
  if (flow.local.length) {
    lines.push(mathLine("Local derivative", named(from, localLabel(from, box), "local"), " = ",
      formula(flow.local)));
    if (tape.at(flow.slope) && !isNumber(flow.local)) lines.push(mathLine("", "= ", matrix(tape.at(flow.slope))));
  }
  if (flow.formula.length) {
    const left = total > 1 ? [make("span", {}, "contribution")] : [gradientOf(box)];
    lines.push(mathLine("Chain rule", ...left, " = ", formula(flow.formula)));
    if (flow.formula.some(([kind]) => kind !== "text"))
      lines.push(mathLine("With the numbers put in", "= ", formula(flow.formula, tape)));
  }
  lines.push(mathLine(total > 1 ? "Contribution" : "Gradient", "= ", matrix(share)));
  if (share) lines.push(elementLine(flow.formula, share, tape));
  lines.push(sumOf(step, tape));
  return lines;
}

// What the gradient is the sum of.
function sumOf(step, tape) {
  const arrivals = STEPS.filter((s) => s.kind === BACK && s.box === step.box);
  if (arrivals.length < 2)
    return make("p", {}, nameOf(step.box), " is used once: this is its whole gradient.");
  const items = arrivals.map((s) => {
    const kind = s === step ? "here" : s.place < step.place ? "" : "later";
    const what = s.place > step.place ? "still to come" : matrix(tape.at(s.flow.value));
    return make("li", { class: kind },
      make("span", { class: "math" }, "from ", nameOf(s.from), ": ", what));
  });
  const sum = gradientSoFar(tape, step.box, step.place);
  const isWhole = step === arrivals[arrivals.length - 1];
  return line(`${gradientLabel(step.box)} is the sum of ${arrivals.length} contributions`,
    make("ul", { class: "sum" }, ...items),
    make("span", { class: "math" }, isWhole ? "sum = " : "so far = ", matrix(sum)));
}

function updateCard(step, tape, rate) {
  const lines = [make("h2", {}, "One step downhill"),
    make("p", {}, "Gradient descent: each variable moves against its gradient, by the learning "
      + `rate ${rate} times it. A star marks the new numbers.`)];
  for (const box of variables()) {
    const [x, g] = [tape.value(box), tape.gradient(box)];
    lines.push(mathLine("", nameOf(box), `* = `, nameOf(box), ` - ${rate} * `, gradientOf(box)));
    if (x && g) lines.push(mathLine("", "= ", matrix(subtract(x, multiply(array([], [rate]), g)))));
  }
  return lines;
}

// --- one element -------------------------------------------------------------------------------

// The arithmetic of one element of a result, where a formula is a product of matrices, a sum, or
// works element by element; the element is chosen in a list.
const LISTED = 60; // elements to choose from
function elementLine(pieces, result, tape) {
  if (pieces.length < 2 || !elementText(pieces, result, 0, tape)) return null;
  const output = make("span", { class: "math" });
  const show = (i) => output.replaceChildren(elementText(pieces, result, i, tape));
  show(0);
  if (result.data.length === 1) return line("The arithmetic", output);
  const options = Array.from(result.data.slice(0, LISTED), (_, i) =>
    make("option", { value: i }, `[${indexOf(i, result.shape).join(", ")}]`));
  const select = make("select", { "aria-label": "Element", onchange: () => show(+select.value) },
    ...options);
  return line("One element of it: ", select, output);
}

function indexOf(i, shape) {
  const index = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index.unshift(i % shape[axis]);
    i = Math.floor(i / shape[axis]);
  }
  return index;
}

function elementText(pieces, result, i, tape) {
  const operand = ([kind, what]) =>
    kind === "value" ? tape.value(DATA.boxes[what]) : tape.gradient(DATA.boxes[what]);
  const terms = productTerms(pieces, result, i, operand) ?? sumTerms(pieces, operand);
  if (terms) return `${withEnds(terms).join(" + ")} = ${number(result.data[i])}`;
  return elementwiseText(pieces, result, i, operand);
}

// a @ b, a.T @ b, a @ b.T: the products that an element is the sum of.
function productTerms(pieces, result, i, operand) {
  const texts = pieces.map(([kind, what]) => (kind === "text" ? what : "x"));
  const shape = texts.join("").match(/^x(\.T)? @ x(\.T)?$/);
  if (!shape) return null;
  const [a, b] = pieces.filter(([kind]) => kind !== "text").map(operand);
  if (a.shape.length !== 2 || b.shape.length !== 2) return null;
  const [row, column] = indexOf(i, result.shape), inner = a.shape[shape[1] ? 0 : 1];
  const at = (x, p, q, turned) => x.data[turned ? q * x.shape[1] + p : p * x.shape[1] + q];
  return Array.from({ length: inner }, (_, k) =>
    `${signed(at(a, row, k, shape[1]))} × ${signed(at(b, k, column, shape[2]))}`);
}

function sumTerms(pieces, operand) {
  const texts = pieces.map(([kind, what]) => (kind === "text" ? what : "x")).join("");
  if (texts !== "sum(x)") return null;
  return Array.from(operand(pieces.find(([kind]) => kind !== "text")).data, signed);
}

const signed = (x) => (x < 0 ? `(${number(x)})` : number(x));
const withEnds = (terms) => terms.length > 6
  ? [...terms.slice(0, 3), `… ${terms.length - 4} more …`, terms[terms.length - 1]] : terms;

const PLAIN = /^([-+*/() .\d]|e-?\d|sigmoid|tanh|relu|exp|log|sqrt|softplus|sign|absolute)*$/;
function elementwiseText(pieces, result, i, operand) {
  const shapes = [];
  const text = pieces.map((piece) => {
    if (piece[0] === "text") return PLAIN.test(piece[1]) ? piece[1].replaceAll(" * ", " × ") : null;
    const x = operand(piece);
    if (!x) return null;
    shapes.push(x.shape);
    const fits = x.shape.length <= result.shape.length;
    return fits ? signed(x.data[positions(x.shape, result.shape)[i]]) : null;
  });
  if (text.includes(null) || !shapes.some((shape) => sameShape(shape, result.shape))) return null;
  return `${text.join("")} = ${number(result.data[i])}`;
}
