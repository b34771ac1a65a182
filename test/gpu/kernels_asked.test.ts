/** The kernels that NEXTOKEN_KERNELS names, in one process: what `npm run test:kernel` runs, and nothing else does. */
import { kernelTests } from './kernels.ts';

kernelTests(() => true);
