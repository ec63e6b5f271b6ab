// Says which dialect of a rule an implementation follows, by vector files alone: node run.mjs adam.mjs DIR/adam.*.float32.json
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

function decoded({ data, dtype }) { // big-endian hexadecimal digits, one number after the other; labels are int64
  const bytes = new DataView(Uint8Array.from(data.match(/../g) ?? [], (pair) => parseInt(pair, 16)).buffer);
  const [Kind, width, get] = dtype === "float32" ? [Float32Array, 4, "getFloat32"] : [Float64Array, 8, "getFloat64"];
  const read = (i) => (dtype === "int64" ? Number(bytes.getBigInt64(8 * i)) : bytes[get](width * i));
  return Kind.from({ length: bytes.byteLength / width }, (_, i) => read(i));
}
const each = (map, change) => Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value)]));
const setting = (value) => (typeof value === "string" ? decoded({ data: value })[0] : value); // else a count, or true

function step({ learning_rate, offset, slope }) { // the gradient is a function of the point: slope * x + offset
  const [a, b] = [slope && decoded(slope), decoded(offset)];
  return { learning_rate: setting(learning_rate), gradient: (x) => b.map((c, i) => (a ? a[i] * x[i] + c : c)) };
}
const asked = (q) => ({ ...q, hyperparameters: each(q.hyperparameters, setting), options: each(q.options, setting),
  w: q.w && decoded(q.w), steps: q.steps?.map(step),
  arrays: each(q.arrays ?? {}, (array) => ({ shape: array.shape, numbers: decoded(array) })) });

function right({ lo, hi, dtype, either = {}, nan = [] }, got) { // NaN where it is listed, else a number in an interval
  const [low, high] = [lo, hi].map((data) => decoded({ data, dtype }));
  const within = (x, pairs) => pairs.map((pair) => pair.map((data) => decoded({ data, dtype })[0])).some(([a, b]) => a <= x && x <= b);
  return got.every((x, i) => isNaN(x) ? nan.includes(i) : i in either ? within(x, either[i]) : low[i] <= x && x <= high[i]);
}

const { options, run } = await import(pathToFileURL(process.argv[2]));
const shown = new Set(), offered = (name) => options.includes(name), agree = (d, part) => Object.keys(part).every((a) => d[a] === part[a]);
let left, count = 0; // the dialects that explain everything so far
for (const { vectors, dialects } of process.argv.slice(3).map((file) => JSON.parse(readFileSync(file)))) {
  left ??= dialects.filter(({ requires }) => requires.every(offered)).map(({ axes }) => axes);
  for (const { id, hunts, question, expect } of vectors.filter(({ question: q }) => Object.keys(q.options).every(offered))) {
    let got;
    try { got = run(asked(question)); } catch (error) { if (!expect.some((one) => one.refused)) throw error; }
    const passed = expect.filter(({ outputs }) => (got && outputs ? outputs.every((o, k) => right(o, got[k])) : !got && !outputs));
    const remain = left.filter((d) => passed.some((one) => one.dialects.some((part) => agree(d, part))));
    if (left.length && !remain.length) console.log(`${id} leaves no dialect; it hunts ${hunts.slice(0, 4).join("; ")}`);
    expect[0].dialects.forEach((part) => Object.keys(part).forEach((axis) => shown.add(axis)));
    [left, count] = [remain, count + 1];
  }
}
const named = left?.map((d) => [...shown].map((axis) => `${axis}=${d[axis]}`).join(" ")) ?? [];
console.log([`${count} vectors leave ${named.length ? "" : "no dialect"}`.trim(), ...new Set(named)].join("\n  "));
process.exit(named.length ? 0 : 1);
