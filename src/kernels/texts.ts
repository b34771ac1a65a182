/**
 * The WGSL of a variant, fetched when it is first asked for: records carry no text, so code that runs no WGSL (the CPU engine, the
 * reference) loads none.
 */
import type { GpuVariant, Op } from './op.ts';

type Texts = Readonly<Record<string, string>>;

/** Where a shipped variant's text lies below `shaders/`. */
export function textFile(op: Pick<Op, 'name'>, variant: Pick<GpuVariant, 'name' | 'file'>): string {
  return `${op.name}/${variant.file ?? variant.name}.wgsl`;
}

/** The text to compile: the variant's own, or the shipped one. A build ships it without comments, line for line the source. */
export async function loadText(op: Pick<Op, 'name'>, variant: GpuVariant): Promise<string> {
  if (variant.wgsl !== undefined) return variant.wgsl;
  const { default: first } = await import('./texts_shipped.ts');
  return first[address(op, variant)] ?? find((await import('./texts_others.ts')).default, op, variant);
}

/** The text to read: the same with its comments, a chunk of its own in a build. */
export async function loadSource(op: Pick<Op, 'name'>, variant: GpuVariant): Promise<string> {
  return variant.wgsl ?? find((await import('./texts_source.ts')).default, op, variant);
}

const address = (op: Pick<Op, 'name'>, variant: GpuVariant): string => `../../shaders/${textFile(op, variant)}`;

function find(texts: Texts, op: Pick<Op, 'name'>, variant: GpuVariant): string {
  const text = texts[address(op, variant)];
  if (text === undefined)
    throw new Error(
      `${op.name}/${variant.name}: there is no shaders/${textFile(op, variant)}; write it, or give the variant its text (wgsl) or another file's name (file)`,
    );
  return text;
}
