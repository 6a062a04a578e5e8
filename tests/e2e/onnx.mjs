// SPDX-License-Identifier: MIT
// onnx.mjs -- small networks made in a test: enough of protobuf and of ONNX to
// write a graph of nodes with float weights drawn from a seed.

const bytes = (n) => {
  const out = [];
  for (let v = BigInt.asUintN(64, BigInt(n)); ; v >>= 7n) {
    const low = Number(v & 127n);
    if (v < 128n) return Buffer.from([...out, low]);
    out.push(low | 128);
  }
};
const number = (field, n) => Buffer.concat([bytes(field << 3), bytes(n)]);
const block = (field, body) => Buffer.concat(
  [bytes((field << 3) | 2), bytes(body.length), body]);
const text = (field, s) => block(field, Buffer.from(s));
const join = (...parts) => Buffer.concat(parts.flat());

const FLOAT = 1;
const shape = (dims) => join(dims.map((d) => block(1, number(1, d))));
const valueInfo = (name, dims) => join(text(1, name), block(2,
  block(1, join(number(1, FLOAT), block(2, shape(dims))))));

// An attribute is an integer or a list of integers.
const attribute = ([name, v]) => block(5, Array.isArray(v)
  ? join(text(1, name), v.map((x) => number(8, x)), number(20, 7))
  : join(text(1, name), number(3, v), number(20, 2)));

// node("Conv", "conv1", ["x", "w"], ["y"], { pads: [1, 1, 1, 1] })
export const node = (type, name, inputs, outputs, attributes = {}) => join(
  inputs.map((s) => text(1, s)), outputs.map((s) => text(2, s)),
  text(3, name), text(4, type), Object.entries(attributes).map(attribute));

// Weights within +-1 over the root of `fan`, the same for a name every time.
export function weights(name, dims, fan) {
  const n = dims.reduce((a, b) => a * b, 1);
  const data = Buffer.alloc(4 * n);
  let state = [...name].reduce((a, c) => (a * 31 + c.charCodeAt(0)) >>> 0, 7);
  for (let i = 0; i < n; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data.writeFloatLE((state / 2 ** 31 - 1) / Math.sqrt(fan), 4 * i);
  }
  return join(dims.map((d) => number(1, d)), number(2, FLOAT), text(8, name),
    block(9, data));
}

// `inputs` and `outputs` are {name: dims}.
export const model = (nodes, initializers, inputs, outputs) => join(
  number(1, 8), text(2, "offramp tests"), block(8, join(number(2, 13))),
  block(7, join(
    nodes.map((n) => block(1, n)), text(2, "test"),
    initializers.map((w) => block(5, w)),
    Object.entries(inputs).map(([n, d]) => block(11, valueInfo(n, d))),
    Object.entries(outputs).map(([n, d]) => block(12, valueInfo(n, d))))));
