/** `nextoken/elements/next-token.js`: defines `<next-token>`, with live models. */
import './live.ts';
import '../elements/next-token/define.ts';
