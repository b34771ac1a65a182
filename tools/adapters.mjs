// Which WebGPU adapter Dawn in node runs on. The environment must be there when the process starts (the loader reads
// LD_LIBRARY_PATH once), so programs start themselves, or their workers, again with what adapterEnv returns.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasBundled, unpackBundled } from './browser.mjs';

/** swiftshader comes with the dependencies (Linux x64), lavapipe with Mesa. hardware is the system's GPU, none is no WebGPU. */
export const ADAPTERS = ['swiftshader', 'lavapipe', 'hardware', 'none'];

/** Where the Vulkan loader looks for drivers' manifests, the user's own first. */
function manifestFolders() {
  const { HOME = '', XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_DATA_DIRS } = process.env;
  const roots = [
    XDG_CONFIG_HOME || join(HOME, '.config'),
    XDG_DATA_HOME || join(HOME, '.local', 'share'),
    '/etc',
    ...(XDG_DATA_DIRS || '/usr/local/share:/usr/share').split(':'),
  ];
  return roots.map((folder) => join(folder, 'vulkan', 'icd.d'));
}

/** Mesa's software driver, if it is installed: the path of its manifest. */
function findLavapipe() {
  for (const folder of manifestFolders()) {
    if (!existsSync(folder)) continue;
    const name = readdirSync(folder).find((file) => /^lvp_icd.*\.json$/.test(file));
    if (name) return join(folder, name);
  }
  return undefined;
}

/**
 * Environment variables for an adapter; undefined ones must be removed. Default: what NEXTOKEN_ADAPTER says, else the driver that
 * VK_DRIVER_FILES names, else the bundled SwiftShader, else (macOS, Windows) the system's GPU.
 * @param {string} [name] one of ADAPTERS
 * @returns {Promise<Record<string, string | undefined>>}
 */
export async function adapterEnv(name = process.env.NEXTOKEN_ADAPTER || undefined) {
  if (name === undefined) {
    if (process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES) return {};
    return hasBundled ? adapterEnv('swiftshader') : {};
  }
  const base = { NEXTOKEN_ADAPTER: name, VK_ICD_FILENAMES: undefined, VK_DRIVER_FILES: undefined };
  switch (name) {
    case 'swiftshader': {
      if (!hasBundled)
        throw new Error(
          `the bundled SwiftShader is for Linux x64, this is ${process.platform} ${process.arch}: use the adapter hardware`,
        );
      const home = await unpackBundled();
      return {
        ...base,
        LD_LIBRARY_PATH: [home, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
        VK_DRIVER_FILES: join(home, 'vk_swiftshader_icd.json'),
      };
    }
    case 'lavapipe': {
      const manifest = findLavapipe();
      if (!manifest)
        throw new Error(
          `no lvp_icd*.json in ${manifestFolders().join(', ')}: install Mesa's Vulkan drivers (Debian: mesa-vulkan-drivers, ` +
            'release 24 or newer: Dawn refuses older ones)',
        );
      return { ...base, VK_DRIVER_FILES: manifest };
    }
    case 'hardware':
      return { ...base, VK_LOADER_DRIVERS_DISABLE: '*lvp*' }; // else the loader also offers lavapipe as a device
    case 'none':
      return base;
    default:
      throw new Error(`adapter ${name}: choose one of ${ADAPTERS.join(', ')}`);
  }
}

/** The manifests of Vulkan drivers by folder, for people. */
function foundManifests() {
  return manifestFolders()
    .filter((folder) => existsSync(folder))
    .map(
      (folder) =>
        `${folder} (${
          readdirSync(folder)
            .filter((file) => file.endsWith('.json'))
            .join(', ') || 'empty'
        })`,
    );
}

function whereDawnLooks(name, platform) {
  if (platform === 'darwin') return 'the GPUs that Metal offers';
  if (platform === 'win32') return 'the GPUs that Direct3D 12 offers';
  const driver = process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES;
  if (driver) return `the Vulkan driver ${driver}`;
  const found = foundManifests();
  if (found.length === 0) return `Vulkan drivers in ${manifestFolders().join(', ')}, and there is no such folder`;
  return `the Vulkan drivers in ${found.join(', ')}${name === 'hardware' ? ', without lavapipe, which is software' : ''}`;
}

/**
 * Where Dawn looked for a GPU and what to do when it found none. For programs in node, where no browser is involved.
 * @param {string} [name] one of ADAPTERS
 */
export function explainNoAdapter(name = process.env.NEXTOKEN_ADAPTER || undefined, platform = process.platform) {
  const way = `--adapter swiftshader, lavapipe or hardware names another one (${ADAPTERS[0]} comes with the dependencies on Linux x64)`;
  if (name === 'none') return `no WebGPU: --adapter none leaves it out; ${way}`;
  const looked = whereDawnLooks(name, platform);
  return `no GPU for --adapter ${name ?? '(default)'}: Dawn looked at ${looked}; ${way}`;
}

/**
 * What Dawn finds under an adapter's environment.
 * @returns {Promise<{ vendor: string, architecture: string, description: string, features: string[] } | undefined>} undefined: nothing
 */
export async function probeAdapter(name) {
  if (name === 'none') return undefined;
  const env = { ...process.env, ...(await adapterEnv(name)) };
  const out = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--probe'], { env, encoding: 'utf8' });
  const line = out.stdout?.split('\n').find((text) => text.startsWith('{'));
  return line ? JSON.parse(line) : undefined;
}

if (process.argv[2] === '--probe') {
  const { create } = await import('webgpu');
  const gpu = create([]);
  globalThis.dawn = gpu; // if it is collected early, Dawn's instance takes its adapters with it
  const adapter = await gpu.requestAdapter();
  if (adapter) {
    const { vendor, architecture, description } = adapter.info;
    console.log(JSON.stringify({ vendor, architecture, description, features: [...adapter.features].toSorted() }));
  }
  process.exit(0);
}
