import { define } from '../core/define.ts';
import { NextToken } from './next-token.class.ts';

define('next-token', NextToken);

declare global {
  interface HTMLElementTagNameMap {
    'next-token': NextToken;
  }
}
