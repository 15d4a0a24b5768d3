// Numbers and formulas as the page shows them.

const LONGEST = 26; // characters of a label in a formula

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") element.className = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

// How the numbers of an array are written: with an exponent where one would else read 0.
function formatOf(data, precision = DATA.precision) {
  let low = Infinity, high = 0, whole = true;
  for (const x of data) {
    const size = Math.abs(x);
    if (size && isFinite(size)) {
      low = Math.min(low, size);
      high = Math.max(high, size);
    }
    whole = whole && (Number.isInteger(x) || !isFinite(x));
  }
  if (whole && high < 1e6) return String;
  const fits = (low === Infinity || low >= 0.5 * 10 ** -precision) && high < 1e5;
  return (x) => (!isFinite(x) ? shortName(x)
    : fits ? x.toFixed(precision) : x === 0 ? "0" : x.toExponential(precision - 1));
}
const shortName = (x) => (Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf");
const number = (x) => formatOf([x])(x);

const isSmall = (x) => x.shape.length <= 2 && x.data.length <= DATA.max_elements;
const shapeText = (shape) => (shape.length ? shape.join(" × ") : "number");

// In a few facts; of an array they are found once.
const factsKnown = new WeakMap();
function factsOf(x) {
  if (!factsKnown.has(x)) {
    let low = Infinity, high = -Infinity, total = 0, strange = 0;
    for (const v of x.data) {
      if (!isFinite(v)) { strange++; continue; }
      low = Math.min(low, v);
      high = Math.max(high, v);
      total += v;
    }
    factsKnown.set(x, { low, high, mean: total / (x.data.length - strange), strange });
  }
  return factsKnown.get(x);
}
function summary(x) {
  const { low, high, mean, strange } = factsOf(x);
  const facts = low <= high
    ? [`min ${number(low)}`, `mean ${number(mean)}`, `max ${number(high)}`] : [];
  if (strange) facts.push(`${strange} not finite`);
  return facts.join("  ");
}

// The rows of an array as text, aligned.
function rowsOf(x) {
  if (!isSmall(x)) return [shapeText(x.shape), summary(x)];
  const texts = Array.from(x.data, formatOf(x.data));
  const width = Math.max(0, ...texts.map((text) => text.length));
  const columns = x.shape.length ? x.shape[x.shape.length - 1] : 1;
  const rows = [];
  for (let i = 0; i < texts.length; i += Math.max(1, columns))
    rows.push(texts.slice(i, i + columns).map((text) => text.padStart(width)).join("  "));
  return rows;
}

function matrix(x) {
  if (!x) return make("span", {}, "not recorded");
  if (!isSmall(x))
    return make("span", { class: "badge", title: summary(x) }, shapeText(x.shape));
  const write = formatOf(x.data);
  if (!x.shape.length)
    return make("span", { title: String(x.data[0]) }, write(x.data[0]));
  const columns = x.shape[x.shape.length - 1];
  const cells = Array.from(x.data, (v) => make("span", { title: String(v) }, write(v)));
  const element = make("span", { class: "matrix" }, ...cells);
  element.style.gridTemplateColumns = `repeat(${columns}, auto)`;
  return element;
}

// --- names --------------------------------------------------------------------------------------

function shortened(label, longest = LONGEST) {
  const letters = Array.from(label);
  if (letters.length <= longest) return label;
  const half = Math.floor((longest - 1) / 2);
  return letters.slice(0, half).join("") + "…" + letters.slice(-half).join("");
}
const isName = (label) => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(label);
const differential = (label) => (isName(label) ? `d${label}` : `d(${label})`);
const lossLabel = () => DATA.boxes[DATA.root].label;
const gradientLabel = (box, longest) =>
  `${differential(shortened(lossLabel(), longest))}/${differential(shortened(box.label, longest))}`;
const localLabel = (from, to) =>
  `${differential(shortened(from.label))}/${differential(shortened(to.label))}`;

function named(box, text, kind) {
  return make("bdi", { class: kind, title: box.label }, text);
}

// The pieces of a formula: names, or the numbers of the moment in their place.
function formula(pieces, numbers = null) {
  const parts = pieces.map(([kind, what], i) => {
    if (kind === "text") return document.createTextNode(what);
    const box = DATA.boxes[what];
    if (numbers) {
      const element = matrix(kind === "value" ? numbers.value(box) : numbers.gradient(box));
      element.classList.add(kind);
      return element;
    }
    if (kind === "gradient") return named(box, gradientLabel(box), kind);
    const label = shortened(box.label);
    return named(box, isInside(pieces, i) || isWhole(box) ? label : `(${label})`, kind);
  });
  return make("span", { class: "math" }, ...parts);
}
// Whether what stands around a piece encloses it already.
const isInside = (pieces, i) => pieces.length === 1
  || (pieces[i - 1]?.[1].endsWith?.("(") && pieces[i + 1]?.[1].startsWith?.(")"));
const isWhole = (box) => box.named || /^[\p{L}_][\p{L}\p{N}_.]*(\([^()]*\))?$/u.test(box.label);
