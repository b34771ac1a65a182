/** The page: one state, one view of it, actions that talk to the host. */
import { html, render } from 'lit';
import { connect } from './actions.ts';
import { modelView } from './model_view.ts';
import { predictView } from './predict_view.ts';
import { trainView } from './train_view.ts';

const app = document.querySelector<HTMLElement>('#app')!;

const actions = connect((state, place) => {
  render(
    html`<div class="columns">${predictView(state, actions)} ${modelView(state, actions, place)}</div>
      ${trainView(state, actions)}`,
    app,
  );
  const text = app.querySelector('.text');
  if (state.run && state.run.kind !== 'peek' && text) text.scrollTop = text.scrollHeight;
});

addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  actions.run();
});

actions.start();
