/** Every shader as it is compiled; builds strip the comments (tools/strip-shaders.mjs). Imported by texts.ts alone, when needed. */
export default import.meta.glob<string>('../../shaders/**/*.wgsl', {
  query: '?raw&shipped',
  import: 'default',
  eager: true,
});
