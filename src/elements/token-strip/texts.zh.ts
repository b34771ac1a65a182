import type { Texts } from './texts.ts';

const texts: Texts = {
  name: '文字，逐个词元',
  caption: '文字，逐个词元。',
  feet: '词元下方的横条是模型的惊讶度。',
  mean: (bits, perplexity, n) => `平均每个词元 ${bits} 比特，困惑度 ${perplexity}（n = ${n}）。`,
  tokens: (n) => `${n} 个词元`,
  id: (id) => `词元 ${id}`,
  bits: (bits) => `${bits} 比特`,
  part: '字符的一部分',
  by: { prompt: '开头', draw: '', greedy: '', you: '你选的' },
  comma: '，',
  edit: '要逐个词元读的文字',
  step: (k, all) => `合并：第 ${k} 步，共 ${all} 步`,
  join: '合并一对',
  how: '每一格是一个词元。下方横条是惊讶度，即模型所给概率的 −log₂：每比特 1.25 像素，到 12 比特截断，末端敞开。蓝色是你的文字，带框的是最新的词元。画斜线的格子是由几个词元拼成的字符的字节，完整的字写在补全它的那一格里。',
  columns: ['#', '文字', '编号', '字节', '概率', '比特'],
  keys: [
    ['← →', '在词元间移动'],
    ['↑ ↓', '上一行、下一行'],
    ['m', '下一步合并'],
  ],
};

export default texts;
