/** `<nt-model-picker>` under its tag. */
import { define } from '../core/define.ts';
import { ModelPicker } from './model-picker.class.ts';

define('nt-model-picker', ModelPicker);

declare global {
  interface HTMLElementTagNameMap {
    'nt-model-picker': ModelPicker;
  }
}
