/** A page with nothing but the elements that its address writes out. */
import { startElements } from '../../shell/live.ts';
import { translateAttributes } from '../../shell/words.ts';
import { Stage, type Tags } from '../stage.ts';

const tags = JSON.parse(document.getElementById('tag-attributes')!.textContent) as Tags;
const stage = new Stage(document.getElementById('stage')!, tags);

function show(): void {
  let text = '';
  try {
    text = decodeURIComponent(location.hash.slice(1));
  } catch {
    // a cut address shows nothing
  }
  document.querySelector<HTMLElement>('.nothing')!.hidden = text.trim() !== '';
  void stage.show(text);
}

translateAttributes();
startElements();
show();
addEventListener('hashchange', show);
