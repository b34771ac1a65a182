/** The AssemblyScript behind the CPU engine's machine code, as people read it: a chunk of its own in a build, loaded when it is asked for. */

const files = import.meta.glob<string>('./wasm/*.ts', { query: '?raw', import: 'default', eager: true });

/** The file of a kernel, and the function in it. `kernel`: a name of the enum `Kernel` in wasm/main.ts. */
export function wasmSource(kernel: string): { readonly file: string; readonly specialised: string } {
  const main = files['./wasm/main.ts'];
  const name = new RegExp(`case Kernel\\.${kernel}: return (\\w+)\\(`).exec(main)?.[1];
  const from = new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from '(\\./\\w+)'`).exec(main)?.[1];
  const file = from === undefined ? undefined : files[from.replace('./', './wasm/') + '.ts'];
  if (name === undefined || file === undefined)
    throw new Error(`wasm/main.ts calls no kernel "${kernel}"; it was renamed, or its line is written in another way`);
  return { file, specialised: functionOf(file, name) };
}

/** An exported function with the comment above it, up to the brace in column 1 that ends it. */
function functionOf(file: string, name: string): string {
  const lines = file.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`export function ${name}(`));
  const end = lines.indexOf('}', start);
  let first = start;
  while (/^(\/\*\*| \*|\/\/)/.test(lines[first - 1] ?? '')) first--;
  return lines.slice(first, end + 1).join('\n') + '\n';
}
