/** Defines `<nt-token-tree>`. */
import { define } from '../core/define.ts';
import { NtTokenTree } from './token-tree.class.ts';

define('nt-token-tree', NtTokenTree);

declare global {
  interface HTMLElementTagNameMap {
    'nt-token-tree': NtTokenTree;
  }
}
