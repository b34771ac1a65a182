import type { Texts } from './texts.ts';

const texts: Texts = {
  caption: '打开一个方框：它算什么、里面的数、实际运行的核函数、在本机的用时。',
  bars: '方框下的墨条：达到本机上限的百分之几。',
  limits: (low, high) => `赭色到铜绿：${low} 到 ${high}。`,
  lengths: '|x| 是残差流向量的长度。',
  earlier: '这些数值属于上一段文字。',
  label: (layers, kernels, model) => `${model}：每个词元经过 ${kernels} 个核函数，${layers} 层，沿着同一条残差流`,
  how: '粗线是残差流，每一层两次从它分出，再加回去。方框排成一棵树：上下键沿残差流移动，右键进入一层，左键退出，Enter 打开方框。',
  needsModel: '记录里没有执行计划；加载模型后才能看到内部。',
  layer: (n) => `第 ${n + 1} 层`,
  branches: { attn: '注意力', mlp: 'MLP', cross: '交叉注意力' },
  kernels: (n) => `${n} 个核函数`,
  shape: (shape, n, keys) => {
    if (shape.of === 'nothing') return '';
    if (shape.of === 'same') return n(shape.size);
    if (shape.of === 'map') return `${n(shape.from)} → ${n(shape.to)}`;
    const grouped = shape.groups < shape.heads ? `，键 ${shape.groups} 组` : '';
    return `${shape.heads} 头 × ${shape.size}${grouped}${keys ? `，${keys} 个键` : ''}`;
  },
  names: {
    rmsnorm: '归一化',
    layernorm: '归一化',
    attention: '注意力',
    'silu · gate': 'silu · 门控',
    embed: '嵌入',
    sample: '抽取',
    rope: '旋转位置',
  },
  ofRoof: (share) => `达到本机上限的 ${share}`,
  values: '残差流上显示',
  valueOf: { shape: '不显示', norm: '|x|', heat: '数值' },
  time: '给每个核函数计时',
  timing: '正在计时……',
  close: '关闭',
  detail: (name) => `${name} 的内部`,
  formulas: {
    embedding: '词元的编号选出表里的一行；有位置向量时，再加上位置的那一行。',
    norm: '每个数除以本行的均方根，再乘以缩放；layernorm 会先减去平均值。',
    linear: '每个输出是权重的一行与输入逐个相乘再相加。',
    rope: 'q 和 k 里的数两两一对，按位置转一个角度，越靠后转得越多。',
    attention: '对前面每个词元算 q · k / √d，做 softmax，再按这些权重混合 v。',
    activation: '逐个弯折。带门控时：一半取 silu，再乘另一半。',
    gate: '整体乘以一个开关：1 如训练时，0 为关闭。',
    add: '两行逐个相加。',
    cache: '留下 k 和 v，后面的词元不必重算。',
    last: '只有最后一个词元的那一行继续往下：它说出接下来是什么。',
    sample: '经过温度、top-k、top-p，再由 [0, 1) 里的一个数选出词元。',
    other: '计划里的一个核函数；下面的源码说明它做什么。',
  },
  added: '结果加回残差流。',
  variant: '核函数',
  inputs: '输入',
  outputs: '输出',
  parameters: '参数',
  work: '计算量',
  flop: (n) => `${n} 次浮点运算`,
  timeHere: '本机用时',
  noTime: '还没有测',
  roof: '达到上限的',
  tensors: '最后一个词元处的数值',
  noTensors: '留在这个核函数内部的数，引擎不会复制出来。',
  cell: (name, index, value) => `${name}[${index}] = ${value}`,
  heat: (name, shape, low, high) => `${name}，${shape}，从 ${low} 到 ${high}`,
  code: '核函数源码',
  ran: '实际运行的',
  file: '完整文件',
  notWgsl: '这个引擎运行 WebAssembly，所以这里不是 WGSL。',
  edit: '在练习场里修改',
  columns: ['标签', '核函数', '变体', '形状', '参数', '用时 µs', '± %', '达到上限 %'],
  keyList: [
    ['↑ ↓', '沿残差流移动'],
    ['→ ←', '进入一层、退出'],
    ['Enter', '打开一层或一个方框'],
  ],
};

export default texts;
