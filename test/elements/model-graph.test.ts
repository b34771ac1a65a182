/** The picture of a plan: read from labels and kernels, and placed without overlaps. */
import { describe, expect, test } from 'vitest';
import {
  type GraphRow,
  labelParts,
  largest,
  norm,
  partsOf,
  shareOf,
  stagesOf,
  streamTaps,
} from '../../src/elements/model-graph/graph.ts';
import { type Layout, layoutOf, type Rect } from '../../src/elements/model-graph/layout.ts';
import type { Trace } from '../../src/run/types.ts';
import { planOf } from '../browser/elements/plan.ts';

const measure = { box: () => 110, line: () => 140 };

/** Do two rectangles share any area? */
const meet = (a: Rect, b: Rect): boolean => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

const overlaps = ({ boxes }: Layout): number => {
  const all = [...boxes.values()];
  return all.filter((a, i) => all.some((b, j) => j > i && meet(a, b))).length;
};

describe('stages', () => {
  test('labels in parts', () => {
    expect(labelParts('h.3.attn.qkv')).toEqual({ layer: 'h.3', scope: 'attn', name: 'qkv' });
    expect(labelParts('h.3.ln_1')).toEqual({ layer: 'h.3', scope: '', name: 'ln_1' });
    expect(labelParts('decoder.h.11.mlp.fc')).toEqual({ layer: 'decoder.h.11', scope: 'mlp', name: 'fc' });
    expect(labelParts('logits')).toEqual({ layer: '', scope: '', name: 'logits' });
  });

  test('a fused plan: two branches in each layer, steps before and after', () => {
    const stages = stagesOf(planOf(2));
    expect(stages.map(({ key }) => key)).toEqual(['embed', 'h.0', 'h.1', 'logits', 'sample']);
    const layer = stages[1];
    if (layer.kind !== 'layer') throw new Error('no layer');
    expect(layer.branches.map((b) => [b.name, b.boxes.map((x) => x.row.label.slice(4))])).toEqual([
      ['attn', ['attn.qkv', 'attn.attention', 'attn.proj']],
      ['mlp', ['mlp.fc', 'mlp.proj']],
    ]);
    expect(layer.branches.map((b) => b.boxes.at(-1)!.adds)).toEqual([true, true]);
    expect(layer.branches[0].boxes[0].parts.map((p) => [p.kind, p.name])).toEqual([
      ['norm', 'rmsnorm'],
      ['linear', 'qkv'],
    ]);
    expect(layer.branches[1].boxes[0].taps).toEqual(['h.0.ln_2', 'h.0.fc', 'h.0.mlp']);
    expect(streamTaps(stages)).toEqual(['embed', 'h.0.attn', 'h.0.out', 'h.1.attn', 'h.1.out']);
  });

  test('an unfused plan: norms belong to the branch that follows them', () => {
    const step = (index: number, label: string, op: string): GraphRow => ({
      index,
      label,
      op,
      variant: 'naive',
      dims: { C: 8, N: 8, K: 8, NH: 2, NKV: 1, HS: 4 },
      time: { median: 1, low: 1, high: 1 },
      flops: 1,
      bytes: 1,
    });
    const rows = [
      'ln_1',
      'attn.qkv',
      'attn.rope',
      'attn.attention',
      'attn.proj',
      'ln_2',
      'mlp.fc',
      'mlp.gelu',
      'mlp.proj',
    ];
    const ops = ['layernorm', 'matmul', 'rope', 'attention', 'matmul', 'layernorm', 'matmul', 'gelu', 'matmul'];
    const [layer] = stagesOf(rows.map((label, i) => step(i, `h.0.${label}`, ops[i])));
    if (layer.kind !== 'layer') throw new Error('no layer');
    expect(layer.branches.map((b) => b.boxes.length)).toEqual([5, 4]);
    expect(layer.branches[1].boxes.map((b) => b.parts[0].kind)).toEqual(['norm', 'linear', 'activation', 'linear']);
    expect(layer.branches[0].boxes[0].taps).toEqual(['h.0.ln_1']);
  });

  test('a kernel that no list knows is a box with its own name', () => {
    const row = { ...planOf(1)[1], op: 'hyena', label: 'h.0.mix.filter' };
    expect(partsOf(row)).toEqual([{ kind: 'other', name: 'filter', shape: { of: 'same', size: 48 } }]);
  });

  test('the share of several kernels is weighted by their time, and unknown when one is', () => {
    const [stage] = stagesOf(planOf(1)).slice(1);
    if (stage.kind !== 'layer') throw new Error('no layer');
    const { boxes } = stage.branches[1];
    const timed = (shares: readonly (number | undefined)[]): Trace => ({
      what: 'token',
      clock: 'wall',
      quantum: 0,
      total: { median: 1, low: 1, high: 1 },
      rows: boxes.map(({ row }, i) => ({
        ...row,
        time: { median: i + 1, low: 1, high: 1 },
        ofRoof: shares[i],
      })),
    });
    expect(shareOf(boxes, timed([0.3, 0.6]))).toBeCloseTo(0.5);
    expect(shareOf(boxes, timed([0.3, undefined]))).toBeUndefined();
    expect(shareOf(boxes, undefined)).toBeUndefined();
  });

  test('numbers of a vector', () => {
    expect(norm(Float32Array.of(3, 4))).toBe(5);
    expect(largest([Float32Array.of(1, -7), Float32Array.of(2)])).toBe(7);
  });
});

describe('layout', () => {
  test.each([320, 360, 560, 768, 980, 1440])('at %i px no box meets another and all are inside', (width) => {
    for (const values of [false, true]) {
      const layout = layoutOf(stagesOf(planOf(5)), 'h.3', width, measure, values);
      expect(overlaps(layout)).toBe(0);
      for (const { x, y, w, h } of layout.boxes.values()) {
        expect(x).toBeGreaterThanOrEqual(18);
        expect(x + w).toBeLessThanOrEqual(width);
        expect(y + h).toBeLessThanOrEqual(layout.height);
        expect(h).toBeGreaterThanOrEqual(23);
      }
    }
  });

  test('the height is 272 px and 34 for each layer that is not open, whichever that is', () => {
    for (const layers of [1, 4, 12])
      for (const width of [320, 768])
        for (const open of ['h.0', `h.${layers - 1}`])
          expect(layoutOf(stagesOf(planOf(layers)), open, width, measure, false).height).toBe(272 + 34 * (layers - 1));
  });

  test('one column when boxes do not fit beside each other', () => {
    const wide = layoutOf(stagesOf(planOf(2)), 'h.0', 768, measure, false);
    const narrow = layoutOf(stagesOf(planOf(2)), 'h.0', 320, { ...measure, box: () => 160 }, false);
    expect([wide.narrow, narrow.narrow]).toEqual([false, true]);
    expect(
      new Set([...narrow.boxes].filter(([key]) => Number(key) > 0 && Number(key) < 6).map(([, r]) => r.x)).size,
    ).toBe(1);
  });
});
