import { kernelTests } from './kernels.ts';

kernelTests((op) => op === 'attention_dqkv');
