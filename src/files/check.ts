/** What each file of a model must hold. Checked before a file is kept, so that no cache holds an error page forever. */
import { parseRecord } from './json.ts';
import { openTensors } from './open.ts';
import { FileFormatError } from './types.ts';

const LOOK = 256;

/** @throws FileFormatError when `content` cannot be the file of this name */
export async function checkFile(name: string, content: Blob): Promise<void> {
  if (name.endsWith('.json')) parseRecord(await content.text(), name);
  else if (name.endsWith('.safetensors')) await openTensors(content, name);
  else if (isWebPage(await content.slice(0, LOOK).text()))
    throw new FileFormatError(name, 'this is a web page: is the address right, does it need a login?');
}

/** Application servers answer every address with their page. */
export function isWebPage(text: string): boolean {
  return /^\s*<(!doctype|html|head|body|\?xml)/i.test(text);
}
