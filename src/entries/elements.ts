/** `nextoken/elements`: defines all elements, with live models. */
import './live.ts';

import.meta.glob('../elements/*/define.ts', { eager: true });
