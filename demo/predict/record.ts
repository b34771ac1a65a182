/** Saving what was shown as a file or as a page of its own, and showing such a file again. */
import { bytes } from '../../src/elements/core/format.ts';
import { registry } from '../../src/elements/core/registry.ts';
import { type RunFile, writeRunFile } from '../../src/run/file.ts';
import { standAlone } from '../shell/stand_alone.ts';
import { say } from '../shell/words.ts';
import type { Desk } from './desk.ts';

/** What is larger is no recording of ours. */
const MOST_BYTES = 64_000_000;

function save(text: string, name: string, type: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Reads a chosen or dropped file and shows it in the same pictures. */
async function open(desk: Desk, file: File): Promise<void> {
  try {
    if (file.size > MOST_BYTES)
      throw new Error(say('this file is too large for a recording', '文件太大，不是运行记录'));
    desk.show(await registry.services!.replay(await file.text()));
    desk.tell(say('A recording. Typing goes back to the model.', '这是记录。输入文字就回到模型。'));
  } catch (error) {
    desk.tell(`${file.name}: ${(error as Error).message}`);
  }
}

const button = (words: string, act: () => void, main = false): HTMLButtonElement => {
  const element = document.createElement('button');
  element.type = 'button';
  element.textContent = words;
  if (main) element.className = 'main';
  element.addEventListener('click', act);
  return element;
};

const paragraph = (words: string): HTMLParagraphElement => {
  const element = document.createElement('p');
  element.textContent = words;
  return element;
};

function choice(words: string, checked: boolean, act: () => void): [HTMLLabelElement, HTMLInputElement] {
  const [label, box] = [document.createElement('label'), document.createElement('input')];
  box.type = 'checkbox';
  box.checked = checked;
  box.addEventListener('change', act);
  label.append(box, ` ${words}`);
  return [label, box];
}

/** The sheet behind “Record”. */
function sheet(desk: Desk): void {
  const dialog = document.createElement('dialog');
  dialog.className = 'record-sheet';
  dialog.addEventListener('close', () => dialog.remove());
  const heading = document.createElement('h2');
  heading.id = 'record-heading';
  heading.textContent = say('Record', '记录');
  dialog.setAttribute('aria-labelledby', heading.id);
  const file = document.createElement('input');
  file.type = 'file';
  file.accept = '.json,application/json';
  file.hidden = true;
  file.addEventListener('change', () => {
    dialog.close();
    if (file.files?.[0]) void open(desk, file.files[0]);
  });
  const row = document.createElement('div');
  row.className = 'row';
  dialog.append(heading, ...saving(desk, row), row, file);
  row.append(
    button(say('Open a recording…', '打开记录……'), () => file.click()),
    button(say('Close', '关闭'), () => dialog.close()),
  );
  document.body.append(dialog);
  dialog.showModal();
}

/** What can be saved of the text so far, with its size. */
function saving(desk: Desk, row: HTMLElement): Node[] {
  let whole: RunFile;
  try {
    if (!desk.live) throw new Error('');
    whole = desk.live.record();
  } catch {
    return [
      paragraph(say('There is nothing to record yet: load the model first.', '还没有可记录的内容：请先加载模型。')),
    ];
  }
  const size = paragraph('');
  const text = (): string => {
    const { attention, lens, ...rest } = whole;
    return writeRunFile({
      ...rest,
      ...(boxes[0].checked && attention && { attention }),
      ...(boxes[1].checked && lens && { lens }),
    });
  };
  const count = () => {
    const n = whole.tokens.length + whole.steps.length;
    const weight = bytes(new Blob([text()]).size, document.documentElement.lang);
    size.textContent = say(`${n} tokens, ${weight}.`, `${n} 个词元，${weight}。`);
  };
  const [withAttention, attentionBox] = choice(say('with attention', '包括注意力'), true, count);
  const [withLens, lensBox] = choice(say('with the lens', '包括逐层猜测'), true, count);
  const boxes = [attentionBox, lensBox];
  count();
  const name = `nextoken-${whole.model.name.replace(/[^\w-]/g, '') || 'run'}`;
  row.append(
    button(say('Save the recording', '保存记录'), () => save(text(), `${name}.json`, 'application/json'), true),
    button(say('Save as a page', '存成网页'), () => {
      standAlone(text()).then(
        (page) => save(page, `${name}.html`, 'text/html'),
        (error: unknown) => (size.textContent = (error as Error).message),
      );
    }),
  );
  return [
    paragraph(
      say(
        'All steps so far, to open here again or to send to someone. A page opens from a disk, without a network and without the model.',
        '到目前为止的每一步，可以在这里再打开，也可以发给别人。存成的网页不用联网、不用模型，双击就能打开。',
      ),
    ),
    withAttention,
    withLens,
    size,
  ];
}

export function startRecording(desk: Desk): void {
  document.querySelector('.record')!.addEventListener('click', () => sheet(desk));
  const root = document.documentElement;
  const carries = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') === true;
  addEventListener('dragover', (event) => {
    if (!carries(event) || event.defaultPrevented) return;
    event.preventDefault();
    root.classList.add('dropping');
  });
  addEventListener('dragleave', ({ relatedTarget }) => relatedTarget ?? root.classList.remove('dropping'));
  addEventListener('drop', (event) => {
    root.classList.remove('dropping');
    const file = event.dataTransfer?.files[0];
    if (!file || event.defaultPrevented || !file.name.endsWith('.json')) return;
    event.preventDefault();
    void open(desk, file);
  });
}
