/** What the layer lens says. Layers are counted from 1; 0 is the embedding. */
export const english = {
  caption: 'What each layer would set next, darker where it is surer. Red mark: from here on the answer stays.',
  before: 'What each layer would say: a row for each layer, a column for each token.',
  how: 'A column belongs to a token of the text, a row to a layer. A cell names the token that the layer would set next; the darker, the surer. The red mark is in the first layer from which on the answer stays. The last row is what came.',
  layer: (n: number) => (n ? `layer ${n}` : 'embed'),
  came: 'set',
  cell: (layer: string, after: string, token: string, share: string) => `${layer}, after ${after}: ${token}, ${share}`,
  settled: 'stays from here on',
  cameAfter: (after: string, token: string) => `after ${after} came: ${token}`,
  noneYet: (after: string) => `after ${after}: nothing has come yet`,
  given: (token: string, share: string) => `What came, “${token}”, had ${share} here.`,
  open: 'Nothing has come here yet.',
  point: 'Point at a cell for its three best tokens.',
  label: (layers: number, after: string, first: string, last: string, share: string) =>
    `What ${layers} layers would say. After “${after}” the first one shown says “${first}”, the last one “${last}”, ${share}.`,
  allLayers: (n: number) => `All ${n} layers`,
  fewLayers: 'Every second layer',
  table: 'What each layer would set',
  columns: [
    'position',
    'after',
    'layer',
    'first',
    'p',
    'second',
    'p',
    'third',
    'p',
    'p of what came',
  ] as readonly string[],
};

export type Texts = typeof english;
