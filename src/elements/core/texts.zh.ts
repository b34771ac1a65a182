import engine from './engine_texts.zh.ts';
import type { CommonTexts } from './texts.ts';

const texts: CommonTexts = {
  unbound: '没有模型：请放进 <next-token> 里，或用 for="…" 指定它的 id。',
  empty: '还没有内容。',
  loading: '模型正在加载。',
  failed: (what) => `没有成功：${what}`,
  recovering: 'GPU 中断了，正在重新准备；文字会接着同样的词元继续。',
  stale: '这是上一段文字的结果。',
  recorded: (day) => `记录于 ${day}`,
  table: '表格',
  picture: '图',
  copyTable: '复制表格',
  copied: '已复制。',
  save: '保存',
  unpin: '取消固定',
  keys: '按键',
  close: '关闭',
  menu: '更多',
  commonKeys: [
    ['← → ↑ ↓', '移动'],
    ['Home、End', '到开头、到末尾'],
    ['Enter', '固定或选取'],
    ['Esc', '取消固定'],
    ['t', '切换表格与图'],
    ['?', '显示按键说明'],
  ],
  rows: (from, to, all) => `第 ${from}–${to} 行，共 ${all} 行`,
  before: '上一页',
  after: '下一页',
  engine,
  exportAs: { svg: '图片（SVG）', png: '图片（PNG）', tsv: '表格（TSV）', json: '数据（JSON）' },
};

export default texts;
