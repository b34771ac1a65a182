// Tests only the kernels that are being worked on: npm run test:kernel -- matmul/tiled softmax [--wide] [arguments for vitest].
// `op/variant` is one kernel, `op` all of its variants; each runs every case of its op against f64. With --wide also the large
// cases and every value of every knob. The adapter is NEXTOKEN_ADAPTER's, by default SwiftShader.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const args = process.argv.slice(2);
const kernels = args.filter((arg) => /^\w+(\/\w+)?$/.test(arg));
const rest = args.filter((arg) => !kernels.includes(arg) && arg !== '--wide');
if (kernels.length === 0) {
  console.error('usage: npm run test:kernel -- <op>[/<variant>] … [--wide]');
  process.exit(2);
}
const bin = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const { status } = spawnSync(process.execPath, [bin, 'run', '--project', 'gpu', '--reporter=verbose', ...rest], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  env: {
    ...process.env,
    NEXTOKEN_KERNELS: kernels.join(','),
    ...(args.includes('--wide') && { NEXTOKEN_WIDE: '1' }),
  },
  stdio: 'inherit',
});
process.exit(status ?? 1);
