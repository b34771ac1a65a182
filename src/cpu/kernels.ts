/** The kernels of the WebAssembly module by name: they link the records in src/kernels to the switch in src/cpu/wasm/main.ts. */
import { ops } from '../kernels/registry.ts';
import { CpuPlanError } from './commands.ts';

/**
 * The number by which a command calls each kernel that a record names: the module exports its enum `Kernel` as globals
 * `Kernel.<name>`. Throws, naming op and kernel, when the module lacks one, unless `some` says that it has not all.
 */
export function kernelNumbers(exports: object, some = false): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const op of ops.values())
    for (const { name, kernel } of op.cpu) {
      if (!kernel) continue;
      const number: unknown = Reflect.get(exports, `Kernel.${kernel}`);
      if (some && number === undefined) continue;
      if (!(number instanceof WebAssembly.Global))
        throw new CpuPlanError(
          `variant "${name}" of op ${op.name} calls kernel "${kernel}", which the WebAssembly module does not have: ` +
            `add it to the enum and the switch in src/cpu/wasm/main.ts and run "node tools/build-wasm.mjs"`,
        );
      numbers.set(kernel, Number(number.value));
    }
  return numbers;
}
