/** Every kind of graph that a course on language models needs, as a small Program with its inputs. */
import type { Tensor } from '../../src/graph/graph.ts';
import { addEmbedding, adapterParameters, loraParameters, softPromptParameters } from '../../src/model/adapters.ts';
import {
  attendWithin,
  type BlockOptions,
  blockOptions,
  crossParameters,
  type Sequences,
} from '../../src/model/block.ts';
import { makeConfig } from '../../src/model/config.ts';
import { constants, finalNorm, head, trunk } from '../../src/model/gpt.ts';
import { gptProgram } from '../../src/model/gpt_program.ts';
import {
  addLosses,
  classify,
  crossEntropy,
  headParameters,
  pairs,
  pool,
  probe,
  probeParameters,
  sideBySide,
  span,
  spanParameters,
} from '../../src/model/heads.ts';
import { embed, linear, norm } from '../../src/model/layers.ts';
import { parameters } from '../../src/model/layout.ts';
import { linearParameters, matrix, type Parameter, prefixed } from '../../src/model/parameter.ts';
import {
  type Build,
  type Input,
  input,
  type Program,
  shared,
  targetInputs,
  tokenInputs,
} from '../../src/model/program.ts';
import { IGNORE } from '../../src/plan/state.ts';
import { type Checked, sorted } from '../graph/differences.ts';

export const [B, T, C, V, S] = [4, 8, 8, 13, 5];
const gpt = makeConfig({ vocab: V, context: T, layers: 2, heads: 2, width: C });
const llama = makeConfig({ ...gpt, family: 'llama', kvHeads: 1, hidden: 12, ropeInterleaved: false, tied: false });
export const o = blockOptions(gpt);
const ids = (n: number, V: number, salt: number) =>
  Uint32Array.from({ length: n }, (_, i) => ((i + salt) * (i + 7) * 5 + salt) % V);
const targets = (n: number, V: number) =>
  Uint32Array.from({ length: n }, (_, i) => (i % 5 === 3 ? IGNORE : (3 * i + 1) % V));
/** Weights of either sign, as policy gradient has them. */
const weights = (n: number) => Float32Array.from({ length: n }, (_, i) => ((i % 5) - 1.5) / n);
/** Prefix lengths 1 … 4, valid lengths 8, 6, 4, 2. */
const spans = Uint32Array.from({ length: 2 * B }, (_, i) => (i % 2 ? T - (i - 1) : 1 + i / 2));
const spanInput: Input = { name: 'spans', shape: [B, 2], elem: 'u32' };
const poolInput: Input = { name: 'pool', shape: [B, 1, T], elem: 'f32' };

interface Task {
  readonly params?: readonly Parameter[];
  readonly trainable?: (name: string) => boolean;
  readonly inputs?: readonly Input[];
  readonly values?: Checked['values'];
  /** Rows and classes of the targets. */
  readonly rows?: number;
  readonly classes?: number;
  readonly build: (b: Build) => Tensor;
}

/** A program over B texts of T tokens and one set of targets. */
export function task({ params = parameters(gpt), rows = B * T, classes = V, build, ...more }: Task): Checked {
  const program: Program = {
    name: 'task',
    params,
    trainable: more.trainable ?? (() => true),
    inputs: [...tokenInputs('tokens', B * T, V), ...targetInputs(rows), ...(more.inputs ?? [])],
    build: (b) => ({ loss: build(b), keep: {} }),
  };
  return {
    program,
    values: {
      ...sorted('tokens', ids(B * T, V, 0), V),
      targets: targets(rows, classes),
      weights: weights(rows),
      ...more.values,
    },
  };
}

/** The trunk's normalised vectors (B·T C) under a mask. */
export function read(b: Build, mask: Sequences['mask'], padded = false): Tensor {
  const sequence = { B, T, mask, ...((padded || mask === 'prefix') && { spans: input(b, 'spans') }), padded };
  const x = trunk(b, embed(b, 'tokens', T, 'wte.weight', 'wpe.weight'), gpt.layers, o, attendWithin(o, sequence));
  return finalNorm(b, x, o.norm);
}

const all = parameters(gpt);
const withHead = (...more: Parameter[]) => all.concat(more);
const isNew = (name: string) => !all.some((p) => p.name === name);
/** What adds the same to every score has no gradient: only differences of scores count. */
const moves = (name: string) => name !== 'ln_f.bias';
export const languageModel = (b: Build, h: Tensor) => crossEntropy(b, head(b, h)).loss;

/** Encoder and decoder with one tied table, for the encoder, the decoder and the head. */
export function encoderDecoder(): Checked {
  const one = makeConfig({ ...gpt, layers: 1, context: T });
  const own = (c: typeof one) => parameters(c).filter((p) => p.name !== 'wte.weight');
  const params = [
    matrix('wte.weight', [V, C]),
    ...prefixed('encoder.', own(one)),
    ...prefixed('decoder.', own(one)),
    ...crossParameters('decoder.h.0', o),
  ];
  return task({
    params,
    inputs: [...tokenInputs('source', B * S, V), { name: 'spans', shape: [B, 2], elem: 'u32' }],
    values: {
      ...sorted('source', ids(B * S, V, 3), V),
      spans: Uint32Array.from({ length: 2 * B }, (_, i) => (i % 2 ? S - (i >> 1) : 0)),
    },
    build(b) {
      const valid = input(b, 'spans');
      const source = embed(b, 'source', S, 'wte.weight', 'encoder.wpe.weight');
      const seen = attendWithin(o, { B, T: S, mask: 'full', spans: valid, padded: true });
      const rows = norm(b, trunk(b, source, 1, o, seen, { prefix: 'encoder.' }), 'encoder.ln_f', o.norm);
      const target = embed(b, 'tokens', T, 'wte.weight', 'decoder.wpe.weight');
      const written = attendWithin(o, { B, T, mask: 'causal' });
      const memory = { rows, B, T, S, spans: valid };
      const x = trunk(b, target, 1, o, written, { prefix: 'decoder.', memory });
      return languageModel(b, norm(b, x, 'decoder.ln_f', o.norm));
    },
  });
}

const oneHot = (at: (b: number) => number) =>
  Float32Array.from({ length: B * T }, (_, i) => (i % T === at(Math.floor(i / T)) ? 1 : 0));

export const programs: Record<string, Checked> = {
  'causal GPT': {
    program: gptProgram(gpt, { B, T }),
    values: { ...sorted('tokens', ids(B * T, V, 0), V), targets: targets(B * T, V), weights: weights(B * T) },
  },
  'llama, rotary, grouped queries, whole sequences both ways': (() => {
    const options: BlockOptions = blockOptions(llama);
    const made = task({
      params: parameters(llama),
      build(b) {
        const attend = attendWithin(options, { B, T, mask: 'full' });
        return languageModel(
          b,
          finalNorm(b, trunk(b, embed(b, 'tokens', T, 'wte.weight'), 2, options, attend), options.norm),
        );
      },
    });
    return { ...made, program: { ...made.program, constants: constants(llama) } };
  })(),
  'masked model, both ways, padded': task({
    inputs: [spanInput],
    values: { spans },
    build: (b) => languageModel(b, read(b, 'full', true)),
  }),
  'prefix model, padded': task({
    inputs: [spanInput],
    values: { spans },
    build: (b) => languageModel(b, read(b, 'prefix', true)),
  }),
  'three masks, one model, three losses': task({
    inputs: [spanInput],
    values: { spans },
    build: (b) =>
      addLosses(
        b,
        (['causal', 'full', 'prefix'] as const).map((mask) => languageModel(b, read(b, mask))),
      ),
  }),
  'encoder and decoder, one tied table': encoderDecoder(),
  'class of a text, by its mean vector': task({
    params: withHead(...headParameters('class', 3, C)),
    trainable: (name) => name !== 'wpe.weight',
    inputs: [poolInput],
    values: { pool: new Float32Array(B * T).fill(1 / T) },
    rows: B,
    classes: 3,
    build: (b) => crossEntropy(b, classify(b, pool(b, read(b, 'full')), 'class')).loss,
  }),
  'class of a text, head alone': task({
    params: withHead(...headParameters('class', 3, C)),
    trainable: isNew,
    inputs: [poolInput],
    values: { pool: oneHot(() => 0) },
    rows: B,
    classes: 3,
    build: (b) => crossEntropy(b, classify(b, pool(b, read(b, 'full')), 'class')).loss,
  }),
  'a class per token': task({
    params: withHead(...headParameters('tag', 4, C)),
    classes: 4,
    build: (b) => crossEntropy(b, classify(b, read(b, 'full'), 'tag')).loss,
  }),
  'a span': task({
    params: withHead(...spanParameters('answer', C)),
    trainable: moves,
    inputs: [...targetInputs(B, 'end.')],
    values: { 'end.targets': targets(B, T), 'end.weights': weights(B) },
    rows: B,
    classes: T,
    build(b) {
      const { start, end } = span(b, read(b, 'full'), B, 'answer');
      return addLosses(b, [crossEntropy(b, start).loss, crossEntropy(b, end, 'end.').loss]);
    },
  }),
  'which of two is better': task({
    params: withHead(matrix('score.weight', [1, C])),
    trainable: moves,
    inputs: [poolInput],
    values: { pool: oneHot((b) => T - 1 - b), targets: new Uint32Array(B / 2) },
    rows: B / 2,
    build: (b) => crossEntropy(b, pairs(b, classify(b, pool(b, read(b, 'causal')), 'score'))).loss,
  }),
  'LoRA on q, k, v and on the MLP': task({
    params: withHead(...loraParameters(all, ['h.0.attn.qkv', 'h.1.attn.qkv', 'h.1.mlp.proj'], 2)),
    trainable: isNew,
    build: (b) => languageModel(b, read(b, 'causal')),
  }),
  adapters: task({
    params: withHead(...adapterParameters(['h.0', 'h.1'], C, 4)),
    trainable: isNew,
    build: (b) => languageModel(b, read(b, 'causal')),
  }),
  'biases alone': task({
    trainable: (name) => name.endsWith('.bias'),
    build: (b) => languageModel(b, read(b, 'causal')),
  }),
  'scales of norms alone': task({
    trainable: (name) => name.includes('ln_') && name.endsWith('.weight'),
    build: (b) => languageModel(b, read(b, 'causal')),
  }),
  'a soft prompt': task({
    params: withHead(...softPromptParameters('soft', 3, C)),
    trainable: isNew,
    inputs: tokenInputs('soft.ids', B * T, 4),
    values: sorted(
      'soft.ids',
      Uint32Array.from({ length: B * T }, (_, i) => Math.max(0, (i % T) - 4)),
      4,
      0,
    ),
    build(b) {
      const x = addEmbedding(b, embed(b, 'tokens', T, 'wte.weight', 'wpe.weight'), 'soft.ids', T, 'soft');
      return languageModel(b, finalNorm(b, trunk(b, x, 2, o, attendWithin(o, { B, T, mask: 'causal' })), o.norm));
    },
  }),
  'the previous token as a second input': task({
    params: withHead(matrix('previous.weight', [V, C])),
    inputs: tokenInputs('previous', B * T, V),
    values: sorted('previous', ids(B * T, V, 5), V),
    build(b) {
      const x = addEmbedding(b, embed(b, 'tokens', T, 'wte.weight', 'wpe.weight'), 'previous', T, 'previous.weight');
      return languageModel(b, finalNorm(b, trunk(b, x, 2, o, attendWithin(o, { B, T, mask: 'causal' })), o.norm));
    },
  }),
  'a probe on every layer, trunk frozen': task({
    params: withHead(...['embed', 'h.0.out', 'h.1.out'].flatMap((layer) => probeParameters(`probe.${layer}`, 3, C))),
    trainable: isNew,
    classes: 3,
    build(b) {
      read(b, 'full');
      const losses = ['embed', 'h.0.out', 'h.1.out'].map(
        (layer) => crossEntropy(b, probe(b, b.taps[layer], `probe.${layer}`)).loss,
      );
      return addLosses(b, losses);
    },
  }),
  'a probe on vectors that are an input': task({
    params: probeParameters('probe', 3, C),
    inputs: [{ name: 'vectors', shape: [B * T, C], elem: 'f32' }],
    classes: 3,
    build: (b) => crossEntropy(b, probe(b, input(b, 'vectors'), 'probe')).loss,
  }),
  'a window of tokens side by side': task({
    params: [matrix('wte.weight', [V, C]), ...linearParameters('hidden', 12, 4 * C), ...linearParameters('out', V, 12)],
    rows: (B * T) / 4,
    build: (b) =>
      crossEntropy(
        b,
        linear(b, b.g.gelu(linear(b, sideBySide(b, embed(b, 'tokens', 4, 'wte.weight'), 4), 'hidden')), 'out'),
      ).loss,
  }),
  'dropout on a branch and on a view': task({
    params: [matrix('wte.weight', [V, C]), ...linearParameters('hidden', C, C), ...linearParameters('out', V, C)],
    build(b) {
      const { g } = b;
      const state = shared(b, 'state', 'state');
      const x = embed(b, 'tokens', T, 'wte.weight');
      const y = g.dropout(linear(b, x, 'hidden'), x, 0.3, 1, state);
      const z = g.dropout(g.rows(y, 8, 24), g.rows(y, 0, 24), 0.3, 2, state);
      const part = (name: string) => g.rows(input(b, name), 0, 24);
      const losses = g.tensor('losses', [24]);
      g.crossEntropy(linear(b, z, 'out'), part('targets'), part('weights'), losses, b.training);
      return g.sum(losses);
    },
  }),
};
