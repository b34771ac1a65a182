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
  return variant.wgsl ?? find((await import('./texts_shipped.ts')).default, op, variant);
}

/** The text to read: the same with its comments, a chunk of its own in a build. */
export async function loadSource(op: Pick<Op, 'name'>, variant: GpuVariant): Promise<string> {
  return variant.wgsl ?? find((await import('./texts_source.ts')).default, op, variant);
}

function find(texts: Texts, op: Pick<Op, 'name'>, variant: GpuVariant): string {
  const file = textFile(op, variant);
  const text = texts[`../../shaders/${file}`];
  if (text === undefined)
    throw new Error(
      `${op.name}/${variant.name}: there is no shaders/${file}; write it, or give the variant its text (wgsl) or another file's name (file)`,
    );
  return text;
}
