/** What the host says about an engine. */
import type { Seat } from './engines.ts';
import type { EngineReport } from './protocol.ts';

export function reportEngine({ engine, why }: Pick<Seat, 'engine' | 'why'>): EngineReport {
  const { facts, counters } = engine;
  return { kind: facts.engine, why, facts, bytesAllocated: counters.bytesAllocated };
}
