/** Names of a shader's compute entry points, in order. */
export function entryPoints(code) {
  return [...code.matchAll(/@compute\b[^{;]*?\bfn\s+(\w+)/g)].map(([, name]) => name);
}
