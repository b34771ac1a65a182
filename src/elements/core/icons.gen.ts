// Written by tools/icons.mjs from lucide-static 1.62.0: the data of one path each, drawn by icon.ts.
// ISC License, Copyright (c) Lucide Icons and Contributors; some are of Feather: MIT License, Copyright (c) Cole Bemis.
// Both licences: https://lucide.dev/license

/** Lucide’s step-forward. */
export const step = 'M10.029 4.285A2 2 0 0 0 7 6v12a2 2 0 0 0 3.029 1.715l9.997-5.998a2 2 0 0 0 .003-3.432zM3 4v16';

/** Lucide’s play. */
export const run = 'M5 5a2 2 0 0 1 3.008-1.728l11.997 6.998a2 2 0 0 1 .003 3.458l-12 7A2 2 0 0 1 5 19z';

/** Lucide’s square. */
export const stop = 'M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1 -2 2h-14a2 2 0 0 1 -2 -2v-14a2 2 0 0 1 2 -2z';

/** Lucide’s pause. */
export const pause = 'M15 3h3a1 1 0 0 1 1 1v16a1 1 0 0 1 -1 1h-3a1 1 0 0 1 -1 -1v-16a1 1 0 0 1 1 -1zM6 3h3a1 1 0 0 1 1 1v16a1 1 0 0 1 -1 1h-3a1 1 0 0 1 -1 -1v-16a1 1 0 0 1 1 -1z';

/** Lucide’s rotate-ccw. */
export const reset = 'M3 12a9 9 0 1 0 9-9 9.75 9.75 0 0 0-6.74 2.74L3 8M3 3v5h5';

/** Lucide’s share-2. */
export const share = 'M15 5a3 3 0 1 1 6 0a3 3 0 1 1 -6 0zM3 12a3 3 0 1 1 6 0a3 3 0 1 1 -6 0zM15 19a3 3 0 1 1 6 0a3 3 0 1 1 -6 0zM8.59 13.51L15.42 17.49M15.41 6.51L8.59 10.49';

/** Lucide’s copy. */
export const copy = 'M10 8h10a2 2 0 0 1 2 2v10a2 2 0 0 1 -2 2h-10a2 2 0 0 1 -2 -2v-10a2 2 0 0 1 2 -2zM4 16c-1.1 0-2-.9-2-2V4c0-1.1.9-2 2-2h10c1.1 0 2 .9 2 2';

/** Lucide’s download. */
export const download = 'M12 15V3M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4M7 10l5 5 5-5';

/** Lucide’s upload. */
export const upload = 'M12 3v12M17 8l-5-5-5 5M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4';

/** Lucide’s table-2. */
export const table = 'M3 9h18M9 3v18M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1 -2 2h-14a2 2 0 0 1 -2 -2v-14a2 2 0 0 1 2 -2z';

/** Lucide’s circle-dot. */
export const record = 'M11 12a1 1 0 1 1 2 0a1 1 0 1 1 -2 0zM2 12a10 10 0 1 1 20 0a10 10 0 1 1 -20 0z';

/** Lucide’s link. */
export const link = 'M10 13a5 5 0 0 0 7.54.54l3-3a5 5 0 0 0-7.07-7.07l-1.72 1.71M14 11a5 5 0 0 0-7.54-.54l-3 3a5 5 0 0 0 7.07 7.07l1.71-1.71';

/** Lucide’s sun-moon. */
export const theme = 'M12 2v2M14.837 16.385a6 6 0 1 1-7.223-7.222c.624-.147.97.66.715 1.248a4 4 0 0 0 5.26 5.259c.589-.255 1.396.09 1.248.715M16 12a4 4 0 0 0-4-4M19 5l-1.256 1.256M20 12h2';

/** Lucide’s languages. */
export const language = 'M5 8l6 6M4 14l6-6 2-3M2 5h12M7 2h1M22 22l-5-10-5 10M14 18h6';

/** Lucide’s check. */
export const check = 'M20 6 9 17l-5-5';

/** Lucide’s x. */
export const cross = 'M18 6 6 18M6 6l12 12';

/** Lucide’s menu. */
export const menu = 'M4 5h16M4 12h16M4 19h16';

/** Lucide’s circle-question-mark. */
export const help = 'M2 12a10 10 0 1 1 20 0a10 10 0 1 1 -20 0zM9.09 9a3 3 0 0 1 5.83 1c0 2-3 3-3 3M12 17h.01';

/** Lucide’s minus. */
export const minus = 'M5 12h14';

/** Lucide’s plus. */
export const plus = 'M5 12h14M12 5v14';

/** Lucide’s eye. */
export const eye = 'M2.062 12.348a1 1 0 0 1 0-.696 10.75 10.75 0 0 1 19.876 0 1 1 0 0 1 0 .696 10.75 10.75 0 0 1-19.876 0M9 12a3 3 0 1 1 6 0a3 3 0 1 1 -6 0z';

/** Lucide’s printer. */
export const print = 'M6 18H4a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2h16a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2h-2M6 9V3a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v6M7 14h10a1 1 0 0 1 1 1v6a1 1 0 0 1 -1 1h-10a1 1 0 0 1 -1 -1v-6a1 1 0 0 1 1 -1z';

/** Lucide’s presentation. */
export const present = 'M2 3h20M21 3v11a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V3M7 21l5-5 5 5';
