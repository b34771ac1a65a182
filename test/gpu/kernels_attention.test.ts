import { kernelTests } from './kernels.ts';

kernelTests((op) => op.startsWith('attention') && op !== 'attention_dqkv');
