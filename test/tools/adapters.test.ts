/** Where no GPU is found in node: what was looked for, where, and what to do; no word about a browser. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { explainNoAdapter } from '../../tools/adapters.mjs';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'nextoken-drivers-'));
  vi.stubEnv('VK_DRIVER_FILES', '');
  vi.stubEnv('VK_ICD_FILENAMES', '');
  vi.stubEnv('XDG_CONFIG_HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

test('the folders of drivers and what lies in them', () => {
  const folder = join(home, 'vulkan', 'icd.d');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'lvp_icd.x86_64.json'), '{}');
  const said = explainNoAdapter('hardware', 'linux');
  expect(said).toContain(
    `no GPU for --adapter hardware: Dawn looked at the Vulkan drivers in ${folder} (lvp_icd.x86_64.json)`,
  );
  expect(said).toContain('without lavapipe, which is software; --adapter swiftshader, lavapipe or hardware');
});

test('the one driver that was named, other systems, and none', () => {
  vi.stubEnv('VK_DRIVER_FILES', '/x/driver.json');
  vi.stubEnv('NEXTOKEN_ADAPTER', undefined); // the suite itself runs with one
  expect(explainNoAdapter(undefined, 'linux')).toContain(
    'no GPU for --adapter (default): Dawn looked at the Vulkan driver /x/driver.json;',
  );
  expect(explainNoAdapter('hardware', 'darwin')).toContain('the GPUs that Metal offers');
  expect(explainNoAdapter('none', 'linux')).toMatch(/^no WebGPU: --adapter none leaves it out; /);
  for (const platform of ['linux', 'darwin', 'win32'] as const)
    expect(explainNoAdapter('hardware', platform)).not.toMatch(/browser|\n/);
});
