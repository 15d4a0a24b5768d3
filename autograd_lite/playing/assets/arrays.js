// Arrays for the program of the tape: {shape, data}, elements in C order, in double precision.
// Functions carry NumPy's names and broadcast as NumPy does.
"use strict";

function array(shape, data) {
  return { shape, data: data instanceof Float64Array ? data : Float64Array.from(data) };
}

const sizeOf = (shape) => shape.reduce((n, m) => n * m, 1);
const empty = (shape) => ({ shape, data: new Float64Array(sizeOf(shape)) });
const sameShape = (a, b) => a.length === b.length && a.every((n, i) => n === b[i]);

class OtherBranch extends Error {}

// What follows holds only for inputs that take the branch that was recorded.
function follow(x, expected) {
  if (x.data[0] !== expected.data[0]) throw new OtherBranch();
}

// --- element by element -----------------------------------------------------------------------

const unary = (f) => (x) => {
  const out = empty(x.shape), from = x.data, to = out.data;
  for (let i = 0; i < to.length; i++) to[i] = f(from[i]);
  return out;
};

function broadcastShape(a, b) {
  const n = Math.max(a.length, b.length), shape = [];
  for (let i = 0; i < n; i++) {
    const p = a[a.length - n + i] ?? 1, q = b[b.length - n + i] ?? 1;
    shape.push(p === 1 ? q : p);
  }
  return shape;
}

// For each element of a result of a shape, the position in x of what is repeated there.
const positionsKnown = new Map();
function positions(shape, larger) {
  const key = shape + "|" + larger;
  let found = positionsKnown.get(key);
  if (!found) {
    found = new Int32Array(sizeOf(larger));
    for (let i = 0; i < found.length; i++) {
      let rest = i, at = 0, stride = 1;
      for (let axis = larger.length - 1; axis >= 0; axis--) {
        const k = rest % larger[axis], n = shape[shape.length - larger.length + axis] ?? 1;
        rest = (rest - k) / larger[axis];
        if (n > 1) at += k * stride;
        stride *= n;
      }
      found[i] = at;
    }
    positionsKnown.set(key, found);
  }
  return found;
}

const binary = (f) => (x, y) => {
  const a = x.data, b = y.data;
  if (sameShape(x.shape, y.shape)) {
    const out = empty(x.shape), to = out.data;
    for (let i = 0; i < to.length; i++) to[i] = f(a[i], b[i]);
    return out;
  }
  const out = empty(broadcastShape(x.shape, y.shape)), to = out.data;
  if (a.length === 1) for (let i = 0, c = a[0]; i < to.length; i++) to[i] = f(c, b[i]);
  else if (b.length === 1) for (let i = 0, c = b[0]; i < to.length; i++) to[i] = f(a[i], c);
  else {
    const p = positions(x.shape, out.shape), q = positions(y.shape, out.shape);
    for (let i = 0; i < to.length; i++) to[i] = f(a[p[i]], b[q[i]]);
  }
  return out;
};

const add = binary((x, y) => x + y), subtract = binary((x, y) => x - y);
const multiply = binary((x, y) => x * y), divide = binary((x, y) => x / y);
const equal = binary((x, y) => +(x === y));
const maximum = binary((x, y) => (x !== x || y !== y ? NaN : x > y ? x : y));
const minimum = binary((x, y) => (x !== x || y !== y ? NaN : x < y ? x : y));
const clip = (x, low, high) => minimum(maximum(x, low), high);
const exp = unary(Math.exp), log = unary(Math.log), sqrt = unary(Math.sqrt);
const negative = unary((x) => -x), square = unary((x) => x * x), trunc = unary(Math.trunc);
const to_bool = unary((x) => +(x !== 0)), copy = unary((x) => x);

// Of numbers: what formulas of the program call.
const logistic = (x) => 1 / (1 + Math.exp(-x));
const logOfSum = (x, y) =>
  x === y ? x + Math.LN2 : Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y)));

function where(condition, x, y) {
  const shape = broadcastShape(broadcastShape(condition.shape, x.shape), y.shape);
  const out = empty(shape);
  const [c, p, q] = [condition, x, y].map((part) => positions(part.shape, shape));
  for (let i = 0; i < out.data.length; i++)
    out.data[i] = condition.data[c[i]] ? x.data[p[i]] : y.data[q[i]];
  return out;
}

// The error function by W. J. Cody's rational approximations (1969), as in the engine.
const ratio = ([p, q], x) =>
  p.reduce((sum, c) => sum * x + c, 0) / q.reduce((sum, c) => sum * x + c, 0);
const CODY = /*CODY*/ null;
function complement(x) { // erfc for 0.46875 <= x
  const head = Math.trunc(x * 16) / 16; // exp(-x^2) without the rounding of x^2
  const bell = Math.exp(-head * head) * Math.exp((head - x) * (head + x));
  if (x <= 4) return bell * ratio(CODY[1], x);
  const y = 1 / (x * x);
  return (bell / x) * (1 / Math.sqrt(Math.PI) - y * ratio(CODY[2], y));
}
const core = (x) => x * ratio(CODY[0], x * x);
const errorFunction = (x) =>
  Math.abs(x) <= 0.46875 ? core(x) : Math.sign(x) * (1 - complement(Math.abs(x)));
const complementary = (x) => {
  const size = Math.abs(x);
  return size <= 0.46875 ? 1 - core(x) : x < 0 ? 2 - complement(size) : complement(size);
};
// --- products ---------------------------------------------------------------------------------

function matmul(x, y) {
  const a = x.shape.length === 1 ? [1, ...x.shape] : x.shape;
  const b = y.shape.length === 1 ? [...y.shape, 1] : y.shape;
  const [n, k] = a.slice(-2), m = b[b.length - 1];
  const stack = broadcastShape(a.slice(0, -2), b.slice(0, -2));
  const out = empty([...stack, n, m]);
  const p = positions(a.slice(0, -2), stack), q = positions(b.slice(0, -2), stack);
  const left = x.data, right = y.data, result = out.data;
  for (let s = 0; s < p.length; s++) {
    const from = p[s] * n * k, other = q[s] * k * m, to = s * n * m;
    for (let i = 0; i < n; i++)
      for (let l = 0; l < k; l++) {
        const c = left[from + i * k + l], row = to + i * m, column = other + l * m;
        for (let j = 0; j < m; j++) result[row + j] += c * right[column + j];
      }
  }
  const ends = [...(x.shape.length === 1 ? [] : [n]), ...(y.shape.length === 1 ? [] : [m])];
  out.shape = [...stack, ...ends];
  return out;
}

const dot = (x, y) => (x.shape.length && y.shape.length ? matmul(x, y) : multiply(x, y));
const vdot = (x, y) => matmul(reshape(x, [x.data.length]), reshape(y, [y.data.length]));
const outer = (x, y) =>
  multiply(reshape(x, [x.data.length, 1]), reshape(y, [1, y.data.length]));

// --- over axes --------------------------------------------------------------------------------

function keptShape(shape, axes) {
  return shape.map((n, i) => (axes === null || axes.includes(i) ? 1 : n));
}

function sum(x, axes, keepdims) {
  const kept = keptShape(x.shape, axes), out = empty(kept), from = x.data, to = out.data;
  if (to.length === 1) {
    let total = 0;
    for (let i = 0; i < from.length; i++) total += from[i];
    to[0] = total;
  } else {
    const at = positions(kept, x.shape);
    for (let i = 0; i < at.length; i++) to[at[i]] += from[i];
  }
  if (!keepdims) out.shape = x.shape.filter((_, i) => axes !== null && !axes.includes(i));
  return out;
}

function reduced(x, axes, keepdims, start, f) {
  const kept = keptShape(x.shape, axes), out = empty(kept);
  out.data.fill(start);
  const at = positions(kept, x.shape);
  for (let i = 0; i < at.length; i++) out.data[at[i]] = f(out.data[at[i]], x.data[i]);
  if (!keepdims) out.shape = x.shape.filter((_, i) => axes !== null && !axes.includes(i));
  return out;
}

const prod = (x, axes, keepdims) => reduced(x, axes, keepdims, 1, (p, q) => p * q);
const largest = (p, q) => (p !== p || q !== q ? NaN : q > p ? q : p);
const smallest = (p, q) => (p !== p || q !== q ? NaN : q < p ? q : p);
const max = (x, axes, keepdims) => reduced(x, axes, keepdims, -Infinity, largest);
const min = (x, axes, keepdims) => reduced(x, axes, keepdims, Infinity, smallest);
const any = (x, axes, keepdims) => reduced(x, axes, keepdims, 0, (p, q) => +(p || q !== 0));
const all = (x, axes, keepdims) => reduced(x, axes, keepdims, 1, (p, q) => +(p && q !== 0));
function mean(x, axes, keepdims) {
  const out = sum(x, axes, keepdims), n = x.data.length / out.data.length;
  for (let i = 0; i < out.data.length; i++) out.data[i] /= n;
  return out;
}
function variance(x, axes, keepdims, ddof) {
  const out = sum(square(subtract(x, mean(x, axes, true))), axes, keepdims);
  const n = x.data.length / out.data.length - ddof;
  for (let i = 0; i < out.data.length; i++) out.data[i] /= n;
  return out;
}
const std = (x, axes, keepdims, ddof) => sqrt(variance(x, axes, keepdims, ddof));

const norm = (x, axes, keepdims) => sqrt(sum(square(x), axes, keepdims));
// a * x / r, 0 where r is 0: the gradient of a length.
const along = (a, x, r) =>
  divide(multiply(a, x), where(equal(r, array([], [0])), array([], [1]), r));

// The sum over all labels that the result lacks, of the products of the elements.
function einsum(subscripts, arrays, shape) {
  const [terms, result] = subscripts.split("->"), inputs = terms.split(",");
  const labels = [...new Set(result + inputs.join(""))], lengths = {};
  inputs.forEach((term, k) => [...term].forEach((label, axis) => {
    lengths[label] = Math.max(lengths[label] ?? 1, arrays[k].shape[axis]);
  }));
  const whole = labels.map((label) => lengths[label]);
  const strides = (term, dims) => {
    const found = labels.map(() => 0);
    for (let axis = dims.length - 1, stride = 1; axis >= 0; stride *= dims[axis--])
      if (dims[axis] > 1) found[labels.indexOf(term[axis])] += stride;
    return found;
  };
  const steps = inputs.map((term, k) => strides(term, arrays[k].shape));
  const out = empty(shape), to = strides(result, shape), index = labels.map(() => 0);
  for (let i = 0, n = sizeOf(whole); i < n; i++) {
    const at = (stride) => stride.reduce((sum, step, axis) => sum + step * index[axis], 0);
    out.data[at(to)] += arrays.reduce((product, x, k) => product * x.data[at(steps[k])], 1);
    for (let axis = labels.length - 1; axis >= 0 && ++index[axis] === whole[axis]; axis--)
      index[axis] = 0;
  }
  return out;
}

function below(x, axes) {
  const top = max(x, axes, true);
  return [where(equal(x, top), array([], [0]), subtract(x, top)), top];
}
function softmax(x, axes) {
  const e = exp(below(x, axes)[0]);
  return divide(e, sum(e, axes, true));
}
function log_softmax(x, axes) {
  const [rest] = below(x, axes);
  return subtract(rest, log(sum(exp(rest), axes, true)));
}
function logsumexp(x, axes, keepdims) {
  const [rest, top] = below(x, axes);
  const out = add(log(sum(exp(rest), axes, true)), top);
  return keepdims ? out : reshape(out, sum(x, axes, false).shape);
}
function cross_entropy(logits, labels, axis) {
  const logs = log_softmax(logits, [axis]);
  const weighted = multiply(labels, where(labels, logs, array([], [0])));
  return negative(sum(weighted, [axis], false));
}

// --- where elements are -----------------------------------------------------------------------

const reshape = (x, shape) => ({ shape, data: x.data });
const filled = (x, shape) => ({ shape, data: empty(shape).data.fill(x.data[0]) });
function gather(x, places, shape) {
  const out = empty(shape);
  for (let i = 0; i < places.length; i++) out.data[i] = x.data[places[i]];
  return out;
}
function scatter(g, places, shape) {
  const out = empty(shape);
  for (let i = 0; i < places.length; i++) out.data[places[i]] += g.data[i];
  return out;
}
function store(x, places, shape, value) {
  const out = { shape: x.shape, data: x.data.slice() }, at = positions(value.shape, shape);
  for (let i = 0; i < places.length; i++) out.data[places[i]] = value.data[at[i]];
  return out;
}
function add_at(x, places, shape, value) {
  const out = { shape: x.shape, data: x.data.slice() }, at = positions(value.shape, shape);
  for (let i = 0; i < places.length; i++) out.data[places[i]] += value.data[at[i]];
  return out;
}
function concatenate(arrays, axis) {
  const shape = arrays[0].shape.slice();
  shape[axis] = arrays.reduce((n, x) => n + x.shape[axis], 0);
  const out = empty(shape), inner = sizeOf(shape.slice(axis + 1));
  const rows = sizeOf(shape.slice(0, axis)), row = shape[axis] * inner;
  let start = 0;
  for (const x of arrays) {
    const n = x.shape[axis] * inner;
    for (let i = 0; i < rows; i++)
      out.data.set(x.data.subarray(i * n, (i + 1) * n), i * row + start);
    start += n;
  }
  return out;
}
const stack = (arrays, axis) =>
  concatenate(arrays.map((x) => reshape(x, x.shape.toSpliced(axis, 0, 1))), axis);
