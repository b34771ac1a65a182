/** The draw as it is told against the draw as the reference and an engine made it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CpuEngine, openCpuEngine } from '../../src/cpu/engine.ts';
import { makeConfig } from '../../src/model/config.ts';
import { placeWeights } from '../../src/model/placed_weights.ts';
import { pick } from '../../src/reference/sample.ts';
import { explainDraw } from '../../src/sample/draw.ts';
import { normals, randomStream } from '../../src/sample/random.ts';
import { decodeTokens } from '../../src/session/decode_loop.ts';
import { Session } from '../../src/session/session.ts';
import { livelyWeights } from '../isolation.ts';

describe('explainDraw', () => {
  test.each([
    { temperature: 1, topK: 0, topP: 1 },
    { temperature: 0.7, topK: 5, topP: 1 },
    { temperature: 1.3, topK: 0, topP: 0.8 },
    { temperature: 0.9, topK: 20, topP: 0.5 },
    { temperature: 0, topK: 3, topP: 0.9 },
  ])('%o: shares add up, and the interval that holds u is that of the token the reference draws', (s) => {
    for (let seed = 0; seed < 300; seed++) {
      const logits = normals(61, 2, randomStream(seed));
      const draw = explainDraw(logits, 61, { ...s, seed }, seed);
      for (const share of ['probability', 'tempered', 'final'] as const)
        expect(draw.candidates.reduce((n, c) => n + c[share], 0)).toBeCloseTo(1, 10);
      expect(draw.candidates.filter((c) => c.interval)).toHaveLength(draw.kept);
      const temperature = Math.fround(s.temperature);
      const want = pick(Float64Array.from(logits), { ...s, temperature, topP: Math.fround(s.topP), u: draw.u });
      const taken = draw.candidates.find((c) => c.interval && c.interval[0] <= draw.u && draw.u < c.interval[1]);
      if (want.margin > 1e-6) expect(taken!.token).toBe(want.token);
      for (const { interval, final } of draw.candidates)
        if (interval) expect(interval[1] - interval[0]).toBeCloseTo(final, 12);
    }
  });

  test('equal logits: the lowest ids stay; a masked token has nothing', () => {
    const draw = explainDraw(Float32Array.of(1, 1, 1, -Infinity), 4, { temperature: 1, topK: 2, topP: 1, seed: 1 }, 0);
    expect(draw.candidates.map((c) => [c.token, c.final])).toEqual([
      [0, 0.5],
      [1, 0.5],
      [2, 0],
      [3, 0],
    ]);
  });
});

describe('with the tokens of a session', () => {
  let engine: CpuEngine;
  beforeAll(async () => {
    engine = await openCpuEngine({ threads: 1 });
  });
  afterAll(() => engine.close());

  test('u lies in the interval of the token that was drawn, also after the context has slid on', async () => {
    const config = makeConfig({ vocab: 97, context: 24, layers: 2, heads: 2, width: 16 });
    const session = new Session(placeWeights(engine, config, livelyWeights(config, 3)), { ownsWeights: true });
    const options = { maxTokens: 60, temperature: 1, topK: 30, topP: 0.95, seed: 4, candidates: 97 };
    const plain: number[] = [];
    for await (const { token } of decodeTokens(session, [1, 2, 3], options)) plain.push(token);
    const told: number[] = [];
    for await (const { token, candidates, draw } of decodeTokens(session, [1, 2, 3], { ...options, draw: true })) {
      told.push(token);
      const { interval } = draw!.candidates.find((c) => c.token === token)!;
      expect(interval![0]).toBeLessThanOrEqual(draw!.u + 1e-6);
      expect(draw!.u).toBeLessThan(interval![1] + 1e-6);
      draw!.candidates.forEach((c, i) => expect(c.probability).toBeCloseTo(candidates[i].probability, 5));
    }
    expect(told).toEqual(plain);
    session.close();
  });
});
