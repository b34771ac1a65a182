import { count } from '../core/format.ts';
import type { Texts } from './texts.ts';

const minutes = (seconds: number) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

const texts: Texts = {
  noEngine: '这个页面只展示记录，没有可用来训练的引擎。',
  text: '让模型学习的文字，语言不限',
  file: '文本文件……',
  size: '大小',
  sizes: { tiny: '微型', small: '小型' },
  facts: (layers, width, steps) => `${layers} 层，宽 ${width}，${steps} 步`,
  start: '开始训练',
  again: '重新训练',
  goOn: '接着训练',
  pause: '暂停',
  resume: '继续',
  stop: '停',
  stopNow: '马上停',
  use: '用这个模型',
  save: '保存',
  local: '一切都在本机运行。',
  short: (enough, there) => `至少要 ${enough} 个字符，现在有 ${there} 个。`,
  notText: (name) => `${name} 不是文本：请选择 UTF-8 编码的纯文本文件。`,
  phase: {
    idle: '',
    preparing: '正在准备：分词器、n-gram、内存。',
    running: '正在训练。',
    paused: '已暂停。',
    stopping: '这一步做完就停。按“马上停”会丢掉学到的内容。',
    recovering: 'GPU 中断了，正在重新准备；训练会从检查点接着进行。',
  },
  ended: {
    finished: '所有步都完成了。',
    'no better': '不再进步，所以结束了。',
    stopped: '已停下，学到的内容还在。',
    forgotten: '已停下，学到的内容没有保留。',
    recording: '这是一次训练的记录。',
  },
  failed: (why) => `训练没有成功：${why}`,
  recovered: (step) => `GPU 中断过，训练从第 ${step} 步接着进行。`,
  savedAs: (name, size) => `已保存为 ${name}，${size}。`,
  inUse: '上面的模型现在就是你训练的。',
  progress: (step, of) => `第 ${step} 步，共 ${of} 步`,
  left: (seconds) => `还要 ${minutes(seconds)}`,
  rate: (n) => `${n} 词元/秒`,
  about: (parameters, memory, why) => `${parameters} 个参数，${memory}。${why}`,
  chart: (n) => (n > 0 ? `${n}-gram` : 'n-gram'),
  samples: '模型写的文字',
  step: (n, lang) => `第 ${count(n, lang)} 步`,
  none: '模型写的文字会出现在这里，最新的在最上面。词元下面的横条越薄，模型越不意外。',
  label: (phase, more) => `训练。${phase}${more}`,
  how: '一个小模型在这个页面里学习你的文字。曲线下降，说明下一个词元越来越不让它意外；样本里每个词元下面的横条是它的惊讶度，每比特 1.25 像素。',
  table: '训练的每一步和样本',
  columns: ['步', '损失（比特）', '验证（比特）', '学习率', '梯度范数', '词元/秒', '样本'],
};

export default texts;
