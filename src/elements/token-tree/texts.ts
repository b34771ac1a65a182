/** What `<nt-token-tree>` says. */
export const english = {
  caption: 'Thickness is probability. Red is the road taken, blue is where you turned off.',
  name: (tokens: string) => `Roads taken and not taken, ${tokens} tokens after the prompt`,
  tree: 'Roads taken and not taken',
  prompt: (text: string) => `prompt: ${text}`,
  taken: 'taken',
  left: 'taken earlier',
  you: 'you chose',
  end: 'the text ends here',
  others: (n: string) => `${n} more`,
  fold: (n: string) => `… ${n}`,
  folded: (n: string) => `${n} earlier tokens: go back`,
  ahead: (n: string) => `${n} later tokens: go on`,
  comma: ', ',
  how: 'From left to right, token after token. A line is as thick as the next token is probable. Red was taken; from where you chose another token the road is blue. The text stands on the outlined blocks; pressing another block goes there.',
  columns: ['path', 'token', 'id', 'p', 'product', 'by'],
  by: { prompt: 'prompt', draw: 'drawn', greedy: 'largest', you: 'you' },
  keys: [
    ['←', 'back to the token before'],
    ['→', 'to the most probable next one'],
    ['↑ ↓', 'other tokens at this place'],
    ['Enter', 'go there'],
  ] as readonly (readonly [string, string])[],
};

export type Texts = typeof english;
