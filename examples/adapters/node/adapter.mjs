// The training rules of the lecture deck in plain JavaScript, for: gradspec judge --exec "node adapter.mjs"
import { createInterface } from "node:readline";

const { sqrt, exp, expm1, tanh, cosh, min, max } = Math;
const sum = (values) => values.reduce((a, b) => a + b, 0);

// One step of one coordinate: parameter w, its gradient g as a function, learning rate, hyperparameters h, memory s.
const optimizers = {
  gradient_descent: (w, g, rate) => w - rate * g(w),
  momentum: (w, g, rate, h, s) => w - (s.m = h.momentum * s.m + rate * g(w)),
  nesterov: (w, g, rate, h, s) => w - (s.m = h.momentum * s.m + rate * g(w - h.momentum * s.m)),
  adagrad: (w, g, rate, h, s) => w - (rate * g(w)) / sqrt((s.s += g(w) ** 2) + h.epsilon),
  rmsprop: (w, g, rate, h, s) => w - (rate * g(w)) / sqrt((s.s += (1 - h.rho) * (g(w) ** 2 - s.s)) + h.epsilon),
  adam(w, g, rate, h, s) {
    s.m = h.beta1 * s.m + (1 - h.beta1) * g(w);
    s.s = h.beta2 * s.s + (1 - h.beta2) * g(w) ** 2;
    return w - (rate * (s.m / (1 - h.beta1 ** s.t))) / sqrt(s.s / (1 - h.beta2 ** s.t) + h.epsilon);
  },
};

// Arrays by name, hyperparameters and the number of rows give a list of outputs.
const each = (f) => ({ x }, h) => [x.map((v) => f(v, h))];
const logistic = (v) => 1 / (1 + exp(-v));
const norm = (values) => sqrt(sum([...values].map((v) => v * v)));
const bounded = (v, c, size) => (size <= c ? v : (c * v) / size);
const rows = (x, n) => Array.from({ length: n }, (_, i) => [...x.slice((i * x.length) / n, ((i + 1) * x.length) / n)]);
const column = (x, n, i) => rows(x, n).map((row) => row[i % row.length]);
const shares = (row, powers = row.map((v) => exp(v - max(...row)))) => powers.map((p) => p / sum(powers));
const functions = {
  sigmoid: each(logistic),
  tanh: each(tanh),
  relu: each((v) => max(0, v)),
  leaky_relu: each((v, h) => max(h.negative_slope * v, v)),
  elu: each((v, h) => (v >= 0 ? v : h.alpha * expm1(v))),
  prelu: ({ x, alpha }) => [x.map((v) => max(0, v) + alpha[0] * min(0, v))],
  softmax: ({ x }, h, n) => [rows(x, n).flatMap((row) => shares(row))],
  max_norm: ({ w }, h, n) => [w.map((v, i) => bounded(v, h.maximum, norm(column(w, n, i))))],
  clip_by_value: ({ g }, h) => [g.map((v) => max(-h.clip_value, min(h.clip_value, v)))],
  clip_by_norm: ({ g }, h) => [g.map((v) => bounded(v, h.clip_norm, norm(g)))],
  clip_by_global_norm: ({ first, second }, h, n, size = norm([...first, ...second])) =>
    [first, second].map((g) => g.map((v) => bounded(v, h.clip_norm, size))),
};
const slope = (f) => ({ x, upstream }, h) => [x.map((v, i) => upstream[i] * f(v, h))];
const derivatives = {
  sigmoid: slope((v) => logistic(v) * logistic(-v)),
  tanh: slope((v) => 1 / cosh(v) ** 2),
  relu: slope((v) => (v > 0 ? 1 : 0)),
  elu: slope((v, h) => (v >= 0 ? 1 : h.alpha * exp(v))),
};
const TYPE = { float64: Float64Array, float32: Float32Array };
const turn = (bytes, dtype) => (dtype === "float64" ? bytes.swap64() : bytes.swap32()); // to or from the wire's order
const read = ({ dtype, data }) => new TYPE[dtype](Uint8Array.from(turn(Buffer.from(data, "hex"), dtype)).buffer);
const wire = (values, dtype, { shape }) =>
  ({ dtype, shape, data: turn(Buffer.from(TYPE[dtype].from(values).buffer), dtype).toString("hex") });
const real = (bits) => Buffer.from(bits, "hex").readDoubleBE();
const mapped = (table, f) => Object.fromEntries(Object.entries(table).map(([key, value]) => [key, f(value, key)]));

function run({ rule, mode, dtype, hyperparameters, w, steps, arrays }) {
  const h = mapped(hyperparameters, real);
  if (mode !== "update") {
    const [given, table] = [Object.values(arrays), mode === "function" ? functions : derivatives];
    return table[rule](mapped(arrays, read), h, given[0].shape[0]).map((values, k) => wire(values, dtype, given[k]));
  }
  let [now, memory] = [read(w), Array.from(read(w), () => ({ m: 0, s: 0, t: 0 }))];
  return steps.map(({ learning_rate, slope, offset }) => {
    const [rate, a, b] = [real(learning_rate), slope && read(slope), read(offset)];
    const moved = (v, i, s) => optimizers[rule](v, (x) => (a ? a[i] * x + b[i] : b[i]), rate, h, s, (s.t += 1));
    return wire((now = now.map((v, i) => moved(v, i, memory[i]))), dtype, w);
  });
}

const rules = mapped({ ...optimizers, ...functions }, (_, rule) =>
  ({ options: rule in derivatives ? ["derivative"] : [], claim: rule === "clip_by_global_norm" ? "optax" : "deck" }));
const about = { protocol: 1, name: "javascript", version: process.version, dtypes: Object.keys(TYPE), rules };
for await (const line of createInterface({ input: process.stdin })) {
  const { type, id, session, ...asked } = JSON.parse(line.slice("@gs1 ".length));
  if (type === "stop") break;
  const answer = id ? { type: "result", id, outputs: run(asked) } : { type: "capabilities", session, ...about };
  process.stdout.write(`@gs1 ${JSON.stringify(answer)}\n`);
}
