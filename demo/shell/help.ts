/** The list of keys: the page's, and what holds in every picture. */
import { say } from './words.ts';

const COMMON: readonly (readonly [string, string, string])[] = [
  ['?', 'this list; inside a picture, its own', '这个列表；在图里则列出该图的按键'],
  ['Shift+P', 'present: the line, larger', '演示：放大这一行'],
  ['→ ←', 'presenting: next token, one back', '演示中：下一个词元，退回一个'],
  ['1 … 9, 0', 'presenting: a picture below the line, none', '演示中：在这一行下面显示一幅图，或不显示'],
  ['b', 'presenting: black screen', '演示中：黑屏'],
  ['Esc', 'ends presenting; inside a picture, takes pins away', '结束演示；在图里取消固定'],
  ['Ctrl+Enter', 'run, in the text field', '在文本框里：连续生成'],
  ['t', 'inside a picture: its numbers as a table', '在图里：以表格显示数字'],
];

export function openHelp(keys: readonly (readonly [string, string, string])[]): void {
  const dialog = document.createElement('dialog');
  const heading = document.createElement('h2');
  heading.textContent = say('Keys', '按键');
  heading.id = 'keys-heading';
  dialog.setAttribute('aria-labelledby', heading.id);
  const list = document.createElement('dl');
  for (const [key, english, chinese] of [...keys, ...COMMON]) {
    const [term, text] = [document.createElement('dt'), document.createElement('dd')];
    term.textContent = key;
    text.textContent = say(english, chinese);
    list.append(term, text);
  }
  const close = document.createElement('button');
  close.textContent = say('Close', '关闭');
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  dialog.append(heading, list, close);
  document.body.append(dialog);
  dialog.showModal();
}
