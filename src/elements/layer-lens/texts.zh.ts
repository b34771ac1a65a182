import type { Texts } from './texts.ts';

const texts: Texts = {
  caption: '每一层会选的词元，越有把握墨色越深。红点：从这一层起答案不再改变。',
  before: '每一层会说什么：一层一行，一个词元一列。',
  how: '列是文字里的词元，行是层。格子里是这一层会接的词元，墨色越深越有把握。红点标出从哪一层起答案不再改变。最后一行是实际接上的词元。',
  layer: (n) => (n ? `第 ${n} 层` : '嵌入'),
  came: '实际',
  cell: (layer, after, token, share) => `${layer}，${after} 之后：${token}，${share}`,
  settled: '从这里起不再改变',
  cameAfter: (after, token) => `${after} 之后实际是：${token}`,
  noneYet: (after) => `${after} 之后还没有词元`,
  given: (token, share) => `实际的「${token}」在这里得到 ${share}。`,
  open: '这里还没有接上词元。',
  point: '指向一个格子，看它最看好的三个词元。',
  label: (layers, after, first, last, share) =>
    `${layers} 层各自会说什么。在「${after}」之后，最先显示的一层说「${first}」，最后一层说「${last}」，${share}。`,
  allLayers: (n) => `全部 ${n} 层`,
  fewLayers: '隔层显示',
  table: '每一层会接的词元',
  columns: ['位置', '之后', '层', '第一', 'p', '第二', 'p', '第三', 'p', '实际词元的 p'],
};

export default texts;
