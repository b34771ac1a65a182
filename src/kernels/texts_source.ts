/** Every shader with its comments, as people read it. Imported by texts.ts alone, when needed. */
export default import.meta.glob<string>('../../shaders/**/*.wgsl', { query: '?raw', import: 'default', eager: true });
