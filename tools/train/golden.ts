/** Greedy steps of a model that ships, against which other engines are checked. */
import { decodeTokens } from '../../src/session/decode_loop.ts';
import type { Session } from '../../src/session/session.ts';

export interface GoldenStep {
  /** Best first. */
  readonly ids: readonly number[];
  readonly probabilities: readonly number[];
}

export interface GoldenCase {
  readonly prompt: string;
  readonly tokens: readonly number[];
  readonly steps: readonly GoldenStep[];
}

/** The `top` best tokens of each of the first `count` greedy steps after each prompt. */
export async function greedySteps(
  session: Session,
  prompts: readonly { readonly prompt: string; readonly tokens: readonly number[] }[],
  count: number,
  top: number,
): Promise<GoldenCase[]> {
  const cases: GoldenCase[] = [];
  for (const { prompt, tokens } of prompts) {
    const steps: GoldenStep[] = [];
    for await (const { candidates } of decodeTokens(session, tokens, { maxTokens: count, candidates: top }))
      steps.push({ ids: candidates.map((c) => c.token), probabilities: candidates.map((c) => c.probability) });
    cases.push({ prompt, tokens, steps });
  }
  return cases;
}
