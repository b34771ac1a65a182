import { count, fixed } from '../core/format.ts';
import type { Texts } from './texts.ts';

const unit = { bits: '比特', nats: '奈特' } as const;

const texts: Texts = {
  unit: (u) => `${unit[u]} / 词元`,
  training: '训练',
  validation: '验证',
  skipped: '跳过',
  best: '最好',
  nothing: '一无所知',
  empty: '完成第一步后就会出现曲线。',
  axis: { step: '步', tokens: '词元', time: '时间' },
  value: (x, u, lang) => `${fixed(x, 2, lang)} ${unit[u]}`,
  cursor: (step, loss, validation, skipped, lang) =>
    `第 ${count(step, lang)} 步：${loss}${validation === undefined ? '' : `，验证 ${validation}`}${skipped ? '，已跳过' : ''}`,
  label: (step, loss, validation, best, lang) =>
    `${count(step, lang)} 步后的损失：训练 ${loss}${validation === undefined ? '' : `，验证 ${validation}`}${best === undefined ? '' : `，最好的是第 ${count(best, lang)} 步`}。`,
  how: '横轴向右，直到计划的终点。曲线越低，下一个词元越不让模型意外。细线：训练，每个像素保留最低和最高值。粗线带点：没有学过的文字。虚线：只会数数的模型。红点：到目前为止最好的一步。红叉：跳过的一步。',
  table: '训练的每一步',
  columns: (u) => ['步', `损失（${unit[u]}）`, `验证（${unit[u]}）`, '学习率', '梯度范数', '词元/秒'],
  keys: [
    ['← →', '移动一个点'],
    ['Shift + ← →', '移动十个点'],
  ],
};

export default texts;
