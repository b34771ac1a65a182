import { kernelTests } from './kernels.ts';

kernelTests((op) => !/^(mat|attention)/.test(op));
