// The steps of the play: values from the data down, then gradients from the loss up.

const FORWARD = "forward", SEED = "seed", BACK = "back", UPDATE = "update", START = "start";

function makeSteps() {
  const steps = [{ kind: START }];
  for (const box of DATA.boxes) if (box.op) steps.push({ kind: FORWARD, box });
  steps.push({ kind: SEED, box: DATA.boxes[DATA.root] });
  DATA.flows.forEach((flow, i) => steps.push({
    kind: BACK, flow, index: i, box: DATA.boxes[flow.target], from: DATA.boxes[flow.source],
  }));
  if (variables().length) steps.push({ kind: UPDATE });
  steps.forEach((step, i) => (step.place = i));
  return steps;
}

const variables = () => DATA.boxes.filter((box) => box.kind === "variable" && box.gradient !== null);
const isBack = (step) => step.kind === BACK || step.kind === SEED || step.kind === UPDATE;
const flowsTo = (box) => DATA.flows.filter((flow) => flow.target === box.id);

// The step that computes a box, and those in which contributions to its gradient arrive.
const stepsKnown = new Map();
function stepsOf(box) {
  if (!stepsKnown.has(box)) stepsKnown.set(box, {
    computed: STEPS.find((step) => step.kind === FORWARD && step.box === box),
    arrivals: STEPS.filter((step) => step.kind === BACK && step.box === box),
  });
  return stepsKnown.get(box);
}

// What of a box can be seen at a step.
function seen(box, place) {
  const { computed, arrivals } = stepsOf(box);
  const arrived = arrivals.filter((step) => step.place <= place).length;
  return {
    value: !computed || computed.place <= place,
    arrived, uses: arrivals.length,
    gradient: box.id === DATA.root ? place >= SEEDED.place
      : arrivals.length > 0 && arrived === arrivals.length,
  };
}

// The gradient of a box as far as it has arrived at a step; null before.
function gradientSoFar(tape, box, place) {
  const { gradient, arrived } = seen(box, place);
  if (gradient) return tape.gradient(box);
  if (!arrived) return null;
  const shares = stepsOf(box).arrivals.filter((s) => s.place <= place)
    .map((s) => tape.at(s.flow.value));
  return shares.includes(null) ? null : shares.reduce(add);
}
