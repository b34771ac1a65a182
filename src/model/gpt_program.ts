/** A GPT as a Program: what trains it, and what its readings begin with. */
import { attendWithin, blockOptions } from './block.ts';
import type { ModelConfig } from './config.ts';
import { constants, finalNorm, head, trunk } from './gpt.ts';
import { chunkedLoss } from './heads.ts';
import { embed } from './layers.ts';
import { parameters } from './layout.ts';
import { type Input, type Program, targetInputs, tokenInputs } from './program.ts';

export interface GptOptions {
  /** Rows and positions of a batch. */
  readonly B: number;
  readonly T: number;
  readonly dropout?: number;
  /** Logits are made and consumed in chunks of rows of at most this many bytes. Default: 32 MiB. */
  readonly headBytes?: number;
  /** Which parameters learn. Default: all. */
  readonly trainable?: (name: string) => boolean;
}

/** One batch of R tokens, and the token that should follow each. */
function textInputs(R: number, V: number): Input[] {
  const [tokens, ...sorted] = tokenInputs('tokens', R, V);
  return [tokens, ...targetInputs(R), ...sorted];
}

/** The causal language model: B·T `tokens`, `targets` and `weights` in, `losses` (B·T) and their sum out. */
export function gptProgram(
  config: ModelConfig,
  { B, T, dropout = 0, headBytes = 2 ** 25, trainable = () => true }: GptOptions,
): Program {
  const o = { ...blockOptions(config), dropout };
  return {
    name: 'gpt',
    params: parameters(config),
    trainable,
    inputs: textInputs(B * T, config.vocab),
    constants: constants(config),
    build(b) {
      const embedded = embed(b, 'tokens', T, 'wte.weight', 'wpe.weight');
      const out = trunk(b, embedded, config.layers, o, attendWithin(o, { B, T, mask: 'causal' }));
      const { losses, loss } = chunkedLoss(b, finalNorm(b, out, o.norm), config.vocab, headBytes, (rows) =>
        head(b, rows),
      );
      return { loss, keep: { losses } };
    },
  };
}
