/** Gives node the browser's WebGPU: Dawn on whatever Vulkan driver the environment names. */
import { afterAll } from 'vitest';
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
const navigatorWithGpu = { gpu: create([]) };
Object.defineProperty(globalThis, 'navigator', { value: navigatorWithGpu, configurable: true });
afterAll(() => {
  // Dawn keeps the process alive (and can crash at exit) while the instance is referenced.
  Reflect.deleteProperty(navigatorWithGpu, 'gpu');
});
