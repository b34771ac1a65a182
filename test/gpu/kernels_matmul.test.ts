import { kernelTests } from './kernels.ts';

kernelTests((op) => op.startsWith('mat'));
