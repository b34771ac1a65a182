/** Home: the line and the wheel, live, from a recording that is in the page already. */
import { startElements } from '../shell/live.ts';
import { startShell } from '../shell/shell.ts';
import { isChinese } from '../shell/words.ts';

const line = document.querySelector('next-token')!;
line.setAttribute('record', `recorded/first-${isChinese() ? 'zh' : 'en'}.json`);
void import('../../src/elements/next-token/define.ts');
startElements();
startShell();
