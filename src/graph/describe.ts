/** A Plan as a table for people. */
import type { Plan } from '../plan/types.ts';

const short = (n: number): string => {
  const units = ['', 'k', 'M', 'G', 'T'];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return `${n >= 100 || Number.isInteger(n) ? Math.round(n) : n.toFixed(1)}${units[i]}`;
};

/**
 * One row per step: number, label, op/variant, dims and options, grid, flops, bytes; then totals and arenas.
 *
 * @example
 * console.log(describePlan(runner.plan));
 */
export function describePlan(plan: Plan): string {
  const head = ['#', 'step', 'op/variant', 'shape', 'grid', 'flop', 'byte'];
  const rows = plan.steps.map((s, i) => {
    const options = Object.entries(s.options).filter(([, v]) => v);
    const shape = [
      ...Object.entries(s.dims).map(([k, v]) => `${k}${v}`),
      ...options.map(([k, v]) => (v === 1 ? k.toLowerCase() : `${k.toLowerCase()}=${v}`)),
    ];
    return [
      String(i),
      s.label,
      `${s.op}/${s.variant}`,
      shape.join(' '),
      s.passes.map((p) => p.grid.join('×')).join(' ') || '–',
      short(s.flops),
      short(s.bytes),
    ];
  });
  const widths = head.map((h, c) => Math.max(h.length, ...rows.map((r) => r[c].length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, c) => (c >= 5 || c === 0 ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
      .join('  ')
      .trimEnd();
  const dispatches = plan.steps.reduce((n, s) => n + s.passes.length, 0);
  const total = (key: 'flops' | 'bytes') => short(plan.steps.reduce((n, s) => n + s[key], 0));
  const arenas = plan.arenas.map((a) => `${a.name} ${short(a.bytes)}`).join(', ');
  return [
    `${plan.name}: ${plan.steps.length} steps, ${dispatches} dispatches, ${total('flops')}flop, ${total('bytes')}byte`,
    line(head),
    ...rows.map(line),
    `arenas: ${arenas}`,
  ].join('\n');
}
