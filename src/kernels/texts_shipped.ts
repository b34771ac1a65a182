/** The shaders that generate text as they are compiled; builds strip the comments (tools/strip-shaders.mjs). Imported by texts.ts alone, when needed. */
export default import.meta.glob<string>(
  '../../shaders/{matmul,matvec,layernorm,embedding,attention,attention_decode,rope,kv_write,last_row,sample,top_n,silu_mul,gelu,add}/*.wgsl',
  { query: '?raw&shipped', import: 'default', eager: true },
);
