/** ONNX models written field by field (protobuf), so that no converter comes between our weights and onnxruntime. */

const text = new TextEncoder();

/** A message is a list of pieces, joined once at the end: weights of 500 MB are not copied at every level. */
function varint(value) {
  const digits = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    digits.push(rest ? low | 0x80 : low);
  } while (rest);
  return [Uint8Array.from(digits)];
}

const join = (messages) => messages.flat();
const size = (message) => message.reduce((n, piece) => n + piece.length, 0);

const number = (field, value) => join([varint(field << 3), varint(value)]);
const bytes = (field, message) => join([varint((field << 3) | 2), varint(size(message)), message]);
const string = (field, value) => bytes(field, [text.encode(value)]);
const float = (field, value) => join([varint((field << 3) | 5), [new Uint8Array(Float32Array.of(value).buffer)]]);

const TYPES = { float: 1, int32: 6, int64: 7 };
const typeOf = (data) => (data instanceof Float32Array ? 'float' : data instanceof Int32Array ? 'int32' : 'int64');

/** @param {Record<string, number | string | number[]>} attributes whole numbers become INT, others FLOAT: write `{ float: x }` to force it */
function attribute(name, value) {
  const head = string(1, name);
  if (typeof value === 'string') return join([head, string(4, value), number(20, 3)]);
  if (Array.isArray(value)) return join([head, ...value.map((x) => number(8, x)), number(20, 7)]);
  if (typeof value === 'object') return join([head, float(2, value.float), number(20, 1)]);
  return join([head, number(3, value), number(20, 2)]);
}

export function node(type, inputs, outputs, attributes = {}, domain = '') {
  return join([
    ...inputs.map((name) => string(1, name)),
    ...outputs.map((name) => string(2, name)),
    string(4, type),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
    ...(domain ? [string(7, domain)] : []),
  ]);
}

/** A constant; Float32Array, Int32Array or BigInt64Array. */
export function tensor(name, dims, data) {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return join([...dims.map((d) => number(1, d)), number(2, TYPES[typeOf(data)]), string(8, name), bytes(9, [raw])]);
}

/** An input or output; a dim that is a string is free. */
export function value(name, dims, type = 'float') {
  const dim = (d) => bytes(1, typeof d === 'string' ? string(2, d) : number(1, d));
  const shape = bytes(2, join(dims.map(dim)));
  const tensorType = bytes(1, join([number(1, TYPES[type]), shape]));
  return join([string(1, name), bytes(2, tensorType)]);
}

export function model({ nodes, initializers = [], inputs, outputs }) {
  const graph = join([
    ...nodes.map((n) => bytes(1, n)),
    string(2, 'bench'),
    ...initializers.map((t) => bytes(5, t)),
    ...inputs.map((v) => bytes(11, v)),
    ...outputs.map((v) => bytes(12, v)),
  ]);
  const opset = (domain, version) => bytes(8, join([string(1, domain), number(2, version)]));
  const message = join([number(1, 8), bytes(7, graph), opset('', 17), opset('com.microsoft', 1)]);
  const out = new Uint8Array(size(message));
  let at = 0;
  for (const piece of message) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** b is a constant, as a weight is: onnxruntime packs it once. */
export const matmul = (M, N, K, b) =>
  model({
    nodes: [node('MatMul', ['a', 'b'], ['out'])],
    initializers: [tensor('b', [K, N], b)],
    inputs: [value('a', [M, K])],
    outputs: [value('out', [M, N])],
  });

export const softmax = (R, C) =>
  model({
    nodes: [node('Softmax', ['inp'], ['out'], { axis: -1 })],
    inputs: [value('inp', [R, C])],
    outputs: [value('out', [R, C])],
  });

export const layernorm = (R, C) =>
  model({
    nodes: [node('LayerNormalization', ['inp', 'weight', 'bias'], ['out'], { axis: -1, epsilon: { float: 1e-5 } })],
    inputs: [value('inp', [R, C]), value('weight', [C]), value('bias', [C])],
    outputs: [value('out', [R, C])],
  });

const whole = (...list) => BigInt64Array.from(list, BigInt);

/** q, k, v (1 T C) and the cache before them → out (1 T C), the cache with them. One op that knows the causal mask. */
const fusedAttention = (heads, [q, k, v], past, out, present) => [
  node(
    'GroupQueryAttention',
    [q, k, v, ...past, 'last', 'total'],
    [out, ...present],
    { num_heads: heads, kv_num_heads: heads },
    'com.microsoft',
  ),
];

/** The same with plain ops, and `mask` added to scores (heads T S). Needs the constants of `plainConstants`. */
function plainAttention([q, k, v], past, out, present) {
  const apart = (x) => [
    node('Reshape', [x, 'apart'], [`${x}.apart`]),
    node('Transpose', [`${x}.apart`], [`${x}.heads`], { perm: [0, 2, 1, 3] }),
  ];
  const grown = (x, before, after) =>
    before ? node('Concat', [before, `${x}.heads`], [after], { axis: 2 }) : node('Identity', [`${x}.heads`], [after]);
  return [
    ...[q, k, v].flatMap(apart),
    grown(k, past[0], present[0]),
    grown(v, past[1], present[1]),
    node('Transpose', [present[0]], [`${k}.turned`], { perm: [0, 1, 3, 2] }),
    node('MatMul', [`${q}.heads`, `${k}.turned`], [`${q}.scores`]),
    node('Mul', [`${q}.scores`, 'scale'], [`${q}.scaled`]),
    node('Add', [`${q}.scaled`, 'mask'], [`${q}.masked`]),
    node('Softmax', [`${q}.masked`], [`${q}.weights`], { axis: -1 }),
    node('MatMul', [`${q}.weights`, present[1]], [`${q}.mix`]),
    node('Transpose', [`${q}.mix`], [`${q}.rows`], { perm: [0, 2, 1, 3] }),
    node('Reshape', [`${q}.rows`, 'together'], [out]),
  ];
}

const plainConstants = (C, heads) => [
  tensor('apart', [4], whole(1, -1, heads, C / heads)),
  tensor('together', [3], whole(1, -1, C)),
  tensor('scale', [], Float32Array.of(1 / Math.sqrt(C / heads))),
];

/** (T T): 0 where a row may look, −1e30 where it may not. */
export const causal = (T) => Float32Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? -1e30 : 0));

/** Causal attention of one sequence: q, k, v (1 T C). */
export const attention = (T, C, heads, fused) =>
  model({
    nodes: fused
      ? fusedAttention(heads, ['q', 'k', 'v'], ['', ''], 'out', ['kept.k', 'kept.v'])
      : plainAttention(['q', 'k', 'v'], [], 'out', ['kept.k', 'kept.v']),
    initializers: fused
      ? [tensor('last', [1], Int32Array.of(T - 1)), tensor('total', [], Int32Array.of(T))]
      : [...plainConstants(C, heads), tensor('mask', [T, T], causal(T))],
    inputs: ['q', 'k', 'v'].map((name) => value(name, [1, T, C])),
    outputs: [value('out', [1, T, C])],
  });

/** (rows, columns) → (columns, rows): our linear weights are (out, in), ONNX wants (in, out). */
export function transpose(data, rows, columns) {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c];
  return out;
}

/**
 * The GPT-2 architecture with key/value cache: ids and positions (1 T), past.<layer>.k|v (1 NH P HS) → logits (1 V) of the last,
 * present.… Fused attention needs the number of positions (`total`, `last` = total − 1), plain ops a `mask`.
 */
export function decoder({ layers, heads, width, vocab, hidden, context, eps }, weights, fused) {
  const nodes = [];
  const initializers = [];
  const HS = width / heads;
  const constant = (name, dims, data) => {
    initializers.push(tensor(name, dims, data));
    return name;
  };
  const vector = (name) => constant(name, [weights.get(name).length], weights.get(name));
  const linear = (from, name, out, inp, bias = true) => {
    const w = constant(`${name}.w`, [inp, out], transpose(weights.get(`${name}.weight`), out, inp));
    nodes.push(node('MatMul', [from, w], [`${name}.product`]));
    if (!bias) return `${name}.product`;
    nodes.push(node('Add', [`${name}.product`, vector(`${name}.bias`)], [`${name}.out`]));
    return `${name}.out`;
  };
  const norm = (from, name) => {
    nodes.push(
      node('LayerNormalization', [from, vector(`${name}.weight`), vector(`${name}.bias`)], [`${name}.out`], {
        axis: -1,
        epsilon: { float: eps },
      }),
    );
    return `${name}.out`;
  };
  const add = (a, b, to) => {
    nodes.push(node('Add', [a, b], [to]));
    return to;
  };
  constant('wte', [vocab, width], weights.get('wte.weight'));
  constant('wpe', [context, width], weights.get('wpe.weight'));
  nodes.push(node('Gather', ['wte', 'ids'], ['tok']), node('Gather', ['wpe', 'positions'], ['pos']));
  let x = add('tok', 'pos', 'x');
  const inputs = [value('ids', [1, 'T'], 'int64'), value('positions', [1, 'T'], 'int64')];
  if (fused) inputs.push(value('last', [1], 'int32'), value('total', [], 'int32'));
  else {
    inputs.push(value('mask', ['M', 'N']));
    initializers.push(...plainConstants(width, heads));
  }
  const outputs = [value('logits', [1, vocab])];
  for (let i = 0; i < layers; i++) {
    const h = `h.${i}`;
    const qkv = linear(norm(x, `${h}.ln_1`), `${h}.attn.qkv`, 3 * width, width);
    nodes.push(
      node('Split', [qkv, constant(`${h}.thirds`, [3], whole(width, width, width))], [`${h}.q`, `${h}.k`, `${h}.v`], {
        axis: -1,
      }),
    );
    const past = [`past.${i}.k`, `past.${i}.v`];
    const present = [`present.${i}.k`, `present.${i}.v`];
    const parts = [`${h}.q`, `${h}.k`, `${h}.v`];
    nodes.push(
      ...(fused
        ? fusedAttention(heads, parts, past, `${h}.mix`, present)
        : plainAttention(parts, past, `${h}.mix`, present)),
    );
    inputs.push(...past.map((name) => value(name, [1, heads, 'P', HS])));
    outputs.push(...present.map((name) => value(name, [1, heads, 'S', HS])));
    x = add(x, linear(`${h}.mix`, `${h}.attn.proj`, width, width), `${h}.x`);
    const fc = linear(norm(x, `${h}.ln_2`), `${h}.mlp.fc`, hidden, width, false);
    nodes.push(node('FastGelu', [fc, vector(`${h}.mlp.fc.bias`)], [`${h}.mlp.gelu`], {}, 'com.microsoft'));
    x = add(x, linear(`${h}.mlp.gelu`, `${h}.mlp.proj`, width, hidden), `${h}.out`);
  }
  // the last row only, and the embedding as it is: (V C) is the head, transposed
  nodes.push(node('Gather', [x, constant('last.row', [], whole(-1))], ['x.last'], { axis: 1 }));
  nodes.push(node('Gemm', [norm('x.last', 'ln_f'), 'wte'], ['logits'], { transB: 1 }));
  return model({ nodes, initializers, inputs, outputs });
}
