import type { Texts } from './texts.ts';

const texts: Texts = {
  caption: '线越粗，概率越大。红色是走过的路，蓝色是你换的路。',
  name: (tokens) => `走过和没走的路，开头之后有 ${tokens} 个词元`,
  tree: '走过和没走的路',
  prompt: (text) => `开头：${text}`,
  taken: '走过',
  left: '以前走过',
  you: '你选的',
  end: '文字到这里为止',
  others: (n) => `另有 ${n} 个`,
  fold: (n) => `… ${n}`,
  folded: (n) => `前面还有 ${n} 个词元：往回看`,
  ahead: (n) => `后面还有 ${n} 个词元：往前看`,
  comma: '，',
  how: '从左到右，一列一个词元。线的粗细是下一个词元的概率。红色是走过的路；从你另选词元的地方起，路是蓝色。现在的文字在带框的词元上；点别的词元就到那里去。',
  columns: ['路径', '词元', '编号', '概率', '乘积', '由谁'],
  by: { prompt: '开头', draw: '抽中', greedy: '最大', you: '你' },
  keys: [
    ['←', '回到前一个词元'],
    ['→', '到最可能的下一个'],
    ['↑ ↓', '同一位置的其他词元'],
    ['Enter', '到那里去'],
  ],
};

export default texts;
