/** The page: one state, one view of it, actions that talk to the worker. */
import { render } from 'lit';
import { connect } from './actions.ts';
import { predictView } from './predict_view.ts';
import { trainView } from './train_view.ts';
import { html } from 'lit';

const app = document.querySelector<HTMLElement>('#app')!;

const actions = connect((state) => {
  render(html`${predictView(state, actions)} ${trainView(state, actions)}`, app);
  const text = app.querySelector('.text');
  if (state.running && text) text.scrollTop = text.scrollHeight;
});

void actions.start();
