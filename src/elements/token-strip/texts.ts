/** What `<nt-token-strip>` says. */
export const english = {
  name: 'The text, token by token',
  caption: 'The text, token by token.',
  feet: 'Under each token: how surprised the model was.',
  mean: (bits: string, perplexity: string, n: string) =>
    `Mean ${bits} bits a token, perplexity ${perplexity} (n = ${n}).`,
  tokens: (n: string) => (n === '1' ? '1 token' : `${n} tokens`),
  id: (id: string) => `token ${id}`,
  bits: (bits: string) => `${bits} bits`,
  part: 'part of a character',
  by: { prompt: 'prompt', draw: '', greedy: '', you: 'you chose' },
  comma: ', ',
  edit: 'Text to read, token by token',
  step: (k: string, all: string) => `Merges: ${k} of ${all}`,
  join: 'Join one pair',
  how: 'Each block is a token. The bar below it is its surprise, −log₂ of the probability that the model gave it: 1.25 px a bit, cut at 12 bits with an open end. Blue is your text, the outlined one came last. Hatched blocks are bytes of a character that takes several tokens; it stands in the block that completes it.',
  columns: ['#', 'text', 'id', 'bytes', 'p', 'bits'],
  keys: [
    ['← →', 'tokens'],
    ['↑ ↓', 'lines'],
    ['m', 'next merge step'],
  ] as readonly (readonly [string, string])[],
};

export type Texts = typeof english;
