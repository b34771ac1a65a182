import type { Texts } from './texts.ts';

const texts: Texts = {
  caption: (layers, heads) =>
    `${layers} 层，每层 ${heads} 个注意力头。一个方格是一个头：每行是一个往回看的词元，墨色越深看得越多。蓝线：已关闭。`,
  averagedCaption: (layers) => `${layers} 层，每层取各头的平均。每行是一个往回看的词元，墨色越深看得越多。`,
  before: '每个注意力头在看哪里：一个头一个方格，一个词元一行。',
  how: '行是往回看的词元，列是被看的词元。墨色按权重的平方根，小的权重也看得见：空白是 0，全墨是 1。在头的方格里，方向键移动，x 关闭一个头；在大三角里，方向键逐个词元移动。弧线的粗细就是权重，低于 2 % 的不画。',
  head: (layer, head) => `第 ${layer} 层，头 ${head}`,
  mean: (layer) => `第 ${layer} 层，各头平均`,
  off: '关',
  headOff: (name) => `${name}，已关闭`,
  pair: (name, from, to, share) => `${name}：${from} → ${to}，${share}`,
  hidden: (name, from, to) => `${name}：${from} 看不到 ${to}`,
  from: (name, token) => `${name}，从「${token}」看`,
  label: (layers, heads, name, from, to, share) =>
    `${layers} 层、每层 ${heads} 个头的注意力。在${name}，「${from}」看得最多的是「${to}」：${share}。`,
  one: '只有一个词元，没有别的可看。',
  headsGroup: '所有注意力头',
  matrixGroup: (name) => `所有词元，${name}`,
  layerWord: '层',
  headWord: '头',
  layerName: (n) => `第 ${n} 层`,
  headName: (n) => `头 ${n}`,
  less: (what) => `${what}：减一`,
  more: (what) => `${what}：加一`,
  switchOff: '关闭',
  switchOn: '打开',
  shown: (from, to, all) => `第 ${from}–${to} 个词元，共 ${all} 个`,
  earlier: '往前',
  later: '往后',
  outside: (share) => `← +${share}`,
  arcs: (from, list) => `「${from}」在看：${list}`,
  at: (token, share) => `「${token}」${share}`,
  looksAt: '看向',
  score: '得分 q·k/√d',
  weight: '权重',
  adds: '加入',
  others: (n) => `其余 ${n} 个`,
  next: '下一步',
  walk: {
    all: '得分、遮罩、softmax、值：按「下一步」，用这个头的数字走一遍。',
    score: (from, to, score) => `1 得分：「${from}」的查询与「${to}」的键相乘，除以 √d，得 ${score}。`,
    mask: (from, later) =>
      later
        ? `2 遮罩：「${from}」之后的 ${later} 个词元它看不到，权重为 0。`
        : `2 遮罩：「${from}」之后还没有词元，没有要遮的。`,
    softmax: (to, score, top, sum, share) =>
      `3 softmax：e^(${score} − ${top}) 除以全部之和 ${sum}，「${to}」得 ${share}。`,
    value: (to, share, length, adds) => `4 值：取「${to}」的值（长度 ${length}）的 ${share}，加入 ${adds}。`,
  },
  exactNeedsModel: '精确数字需要模型。这里的权重按平方根取到 1/255。',
  meanHasNone: '各头的平均没有自己的得分。',
  whileRunning: '停下来之后才有精确数字。',
  computing: '正在计算精确数字。',
  table: (name) => `${name} 的注意力`,
  columns: ['查询', '键', '得分', '权重'],
  keys: [
    ['← → ↑ ↓', '在方格里换头，在三角里换词元'],
    ['PageUp、PageDown', '十个词元，或一层'],
    ['x', '关闭或打开这个头'],
    ['s', '算式的下一步'],
  ],
};

export default texts;
