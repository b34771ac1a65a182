import type { Texts } from './texts.ts';

const texts: Texts = {
  group: '模型',
  noEngine: '这个页面只展示记录，没有可选的模型。',
  caption: '按下“加载”之前什么都不会下载。一切都在本机运行。',
  file: '自己的文件',
  fileHint: 'model.safetensors；如果分开存放，再加上 config.json 和 tokenizer.json',
  folder: '自己的文件夹',
  folderHint: '里面有 config.json、model.safetensors 和 tokenizer.json',
  url: '网址或 Hub 上的名称',
  urlHint: 'huggingface.co 上的 owner/name，或者这样一个文件夹的网址',
  chooseFile: '选择文件……',
  chooseFolder: '选择文件夹……',
  address: '网址或名称',
  load: (size) => (size ? `加载（${size}）` : '加载'),
  loadKept: '加载（本机已有）',
  cancel: '取消',
  again: '再试一次',
  remove: '删除',
  reallyRemove: (title, size) => `要从这个浏览器删除 ${title}（${size}）吗？`,
  yes: '删除',
  no: '保留',
  removed: (title) => `${title} 已删除。`,
  parameters: (n) => `${n} 个参数`,
  memory: (size) => `约占内存 ${size}`,
  state: { ready: '正在使用', loading: '正在加载', kept: '已存在本机', part: '只下载了一部分', none: '未加载' },
  phase: { download: '正在下载', check: '正在校验', engine: '正在准备', compile: '正在编译' },
  of: (loaded, total) => `${loaded}，共 ${total}`,
  noWeights: (name) =>
    `${name} 里没有权重。需要 model.safetensors；如果分开存放，再加上 config.json 和 tokenizer.json。`,
  noAddress: (text) =>
    `“${text}”不是网址。请写 Hub 上的 owner/name，或者含有 config.json 和 model.safetensors 的文件夹的网址。`,
  unbound: '没有绑定 <next-token>：你的选择会告诉页面。',
  label: (models, chosen) => `可选 ${models} 个模型${chosen ? `，选中：${chosen}` : ''}。`,
  how: '方向键在模型之间移动，回车加载选中的模型，Delete 删除存在本机的模型。',
  table: '模型',
  columns: ['名称', '语言', '参数', 'MB', '本机内存（MB）', '状态'],
  keys: [
    ['↑ ↓', '选择'],
    ['Enter', '加载'],
    ['Delete', '从这个浏览器删除'],
  ],
};

export default texts;
