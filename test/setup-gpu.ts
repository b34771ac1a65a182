/** Gives node the browser's WebGPU: Dawn on whatever Vulkan driver the environment names. */
import { afterAll } from 'vitest';
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
// Workgroup memory is not zeroed first: no kernel may rest on it, and SwiftShader compiles a tile in 0.2 s instead of 1.7 s
const navigatorWithGpu = { gpu: create(['enable-dawn-features=disable_workgroup_init']) };
Object.defineProperty(globalThis, 'navigator', { value: navigatorWithGpu, configurable: true });
afterAll(() => {
  // Dawn keeps the process alive (and can crash at exit) while the instance is referenced.
  Reflect.deleteProperty(navigatorWithGpu, 'gpu');
});
