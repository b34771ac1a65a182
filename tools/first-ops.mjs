/** Ops of the plans that read a prompt and generate text: their records and kernels are what the first token waits for. */
export const FIRST = new Set(
  'matmul matvec layernorm embedding attention attention_decode rope kv_write last_row sample top_n silu_mul gelu add'.split(
    ' ',
  ),
);
