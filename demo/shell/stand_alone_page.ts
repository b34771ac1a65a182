/** The script of a stand-alone page: shows the recording that is in the page. It asks for nothing. */
import type { NextToken } from '../../src/elements/next-token/next-token.class.ts';
import { readRunFile } from '../../src/run/file.ts';
import { RecordedRun } from '../../src/run/recorded.ts';
import '../../src/elements/next-token/define.ts';
import '../../src/elements/token-strip/define.ts';
import '../../src/elements/attention-map/define.ts';
import '../../src/elements/layer-lens/define.ts';

const file = readRunFile(document.getElementById('recording')!.textContent);
document.querySelector<NextToken>('next-token')!.run = new RecordedRun(file);
for (const [tag, there] of [
  ['nt-attention-map', file.attention],
  ['nt-layer-lens', file.lens],
] as const)
  if (!there) document.querySelector(tag)?.remove();
