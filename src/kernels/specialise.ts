/**
 * The text of one particular instance: what `compose` made of a file, without everything that its options switch off. Options become literals,
 * branches on them fall, then everything no longer used: locals, parameters, functions, bindings, constants, members of structs (but
 * not of Params or others in buffers). Overrides become constants and marks go, so that nothing is left to fill in. It computes the same bits.
 */
import { compose } from './compose.ts';
import type { Dims, GpuVariant, Knobs, Options } from './op.ts';
import { foldPass } from './wgsl/fold.ts';
import { inlinePass, paramPass } from './wgsl/inline.ts';
import { type Program, resolve } from './wgsl/names.ts';
import { parse } from './wgsl/parse.ts';
import type { Fn } from './wgsl/syntax.ts';
import { applyEdits, type Edit, print, type Token, tokenise } from './wgsl/tokens.ts';
import { branchPass, globalPass, localPass } from './wgsl/trim.ts';

export interface Instance {
  readonly knobs: Knobs;
  readonly options: Options;
  /** The instance's own dims, for those that shape arrays (marked `// dim`). */
  readonly dims?: Dims;
  /** Dims to write into the text as well. */
  readonly bake?: Dims;
  /** Entry points to keep. Default: all. */
  readonly entries?: readonly string[];
}

export interface Specialised {
  readonly code: string;
  /** Line of the source (from 1) for each line of `code`: `lines[n − 1]` is where a compiler's message about line n belongs. */
  readonly lines: readonly number[];
}

/** `text` is a variant's whole file. Throws with a line number where it leaves the WGSL that shaders/ uses (see wgsl/parse.ts). */
export function specialise(text: string, variant: Pick<GpuVariant, 'name' | 'elems'>, instance: Instance): Specialised {
  const { code, constants } = compose(text, variant, instance);
  const entries = instance.entries && new Set(instance.entries);
  let tokens = settle(tokenise(code), constants, instance.options);
  const lengths = functionLengths(resolve(parse(tokens)));
  for (;;) {
    const program = resolve(parse(tokens));
    const passes: (() => Edit[])[] = [
      () => foldPass(program, tokens),
      () => branchPass(program, tokens),
      () => globalPass(program, entries),
      () => localPass(program, tokens),
      () => paramPass(program, tokens),
      () => inlinePass(program, tokens, (fn) => fn.end - fn.start < lengths.get(fn.name)!),
    ];
    const edits = firstOf(passes);
    if (edits.length === 0) break;
    tokens = applyEdits(tokens, edits);
  }
  const { text: specialised, lines } = print(tokens);
  return { code: specialised, lines };
}

function firstOf(passes: readonly (() => Edit[])[]): Edit[] {
  for (const pass of passes) {
    const edits = pass();
    if (edits.length) return edits;
  }
  return [];
}

const isElement = (type: string): boolean => type === 'f32' || type === 'f16';

/** Overrides as constants with their values, and every use of an option or a storage type as what it is. */
function settle(tokens: readonly Token[], constants: Readonly<Record<string, number>>, options: Options): Token[] {
  const program = resolve(parse(tokens));
  const edits: Edit[] = [];
  for (const { at, reads } of program.globals.values()) {
    if (at.kind !== 'value' || !at.value) continue;
    const value = tokens[at.value.start];
    if (at.keyword === 'override') {
      edits.push({ start: at.start, end: at.start + 1, by: [{ ...tokens[at.start], text: 'const' }] });
      const chosen = constants[at.name];
      if (chosen !== undefined)
        edits.push({ start: at.value.start, end: at.value.end, by: [{ ...value, text: `${chosen}u` }] });
    } else if (at.keyword === 'alias' ? isElement(value.text) : at.name in options)
      for (const { start } of reads)
        edits.push({
          start,
          end: start + 1,
          by: [{ ...tokens[start], text: value.text, kind: value.kind, made: true }],
        });
  }
  return applyEdits(tokens, edits);
}

function functionLengths({ declarations }: Program): ReadonlyMap<string, number> {
  const fns = declarations.filter((d): d is Fn => d.kind === 'fn');
  return new Map(fns.map(({ name, start, end }) => [name, end - start]));
}
