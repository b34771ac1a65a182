/** What the host says about an engine. */
import type { ChosenEngine } from '../session/choose_engine.ts';
import type { EngineReport } from './protocol.ts';

export function reportEngine({ engine, why, reason }: ChosenEngine): EngineReport {
  const { facts, counters } = engine;
  return { kind: facts.engine, why, reason, facts, bytesAllocated: counters.bytesAllocated };
}
