// A Vite plugin: shaders imported as `?raw&shipped` go into a build without their comments. Lines keep their places, so that a
// compiler's line and column match the source. The marks that compose.ts looks for stay too.
import { readFileSync } from 'node:fs';

const MARK = /\/\/\s*(knob|option|dim|elem)\b/;

/** WGSL has no strings: two slashes begin a comment, except in a block comment, which no shader of ours has. */
export function stripComments(text) {
  return text.replace(/[ \t]*\/\/.*$/gm, (comment) => MARK.exec(comment)?.[0].replace(/^/, ' ') ?? '');
}

/** @returns {import('vite').Plugin} */
export function stripShaders() {
  return {
    name: 'strip-shaders',
    enforce: 'pre',
    apply: 'build',
    load(id) {
      const [path, query] = id.split('?');
      if (!path.endsWith('.wgsl') || query !== 'raw&shipped') return null;
      return `export default ${JSON.stringify(stripComments(readFileSync(path, 'utf8')))}`;
    },
  };
}
