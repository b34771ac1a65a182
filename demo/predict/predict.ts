/** Predict: your text on a model, and every picture of it. What this page keeps is in keep.ts, what it shows of the Run in desk.ts. */
import type { TrainPanel } from '../../src/elements/train-panel/train-panel.class.ts';
import { startElements } from '../shell/live.ts';
import { present } from '../shell/present.ts';
import { startShell } from '../shell/shell.ts';
import { Desk } from './desk.ts';
import { restore } from './keep.ts';
import { startRecording } from './record.ts';
import { startTabs } from './tabs.ts';

const line = document.querySelector('next-token')!;

startTabs();
startShell([['Ctrl+Enter', 'run or stop', '连续生成，或停']]);
document.querySelector('.talk')!.addEventListener('click', () => present());

for (const button of document.querySelectorAll<HTMLElement>('[data-text]'))
  button.addEventListener('click', () => void fill(button.dataset['text']!));

/** An example to learn from. */
async function fill(name: string): Promise<void> {
  const panel = document.querySelector<TrainPanel>('nt-train-panel')!;
  const response = await fetch(`../texts/${name}`);
  if (response.ok) panel.text = await response.text();
}

// the element begins with what was kept, or is in the link
const { shared, problem } = await restore(line);
await import('../../src/elements/next-token/define.ts');
startElements();
const desk = new Desk(line, shared);
if (problem) desk.tell(problem);
startRecording(desk);
