/** An element as it stands while a model loads, runs or fails: a Run that only looks so. */
import { readRunFile, type RunFile } from '../../src/run/file.ts';
import { RecordedRun } from '../../src/run/recorded.ts';
import type { EngineReport } from '../../src/run/types.ts';
import { say } from '../shell/words.ts';
import type { Pose } from './about.ts';

const CPU = (why: string) => ({ kind: 'cpu', why }) as EngineReport;

/** Nothing has been read yet. */
function bare(file: RunFile): RunFile {
  const { schema, version, date, model, engine, sampling } = file;
  return { schema, version, date, model, engine, sampling, prompt: '', tokens: [], steps: [] } as unknown as RunFile;
}

/** A recording that says of itself what a live Run would say. */
class PosedRun extends RecordedRun {
  constructor(file: RunFile, pose: Pose) {
    const without = pose === 'empty' || pose === 'loading' || pose === 'failed';
    super(without ? bare(file) : file, pose === 'running' ? 0 : undefined);
    const { bytes } = file.model;
    if (pose === 'empty') this.state = 'idle';
    else if (pose === 'loading') {
      this.state = 'loading';
      this.progress = { phase: 'download', loaded: Math.round(bytes * 0.48), total: bytes };
    } else if (pose === 'failed') {
      this.fail(
        'model',
        new Error(
          say(
            'model.safetensors is not the file it should be: its checksum differs. Loading it again may help.',
            'model.safetensors 的校验和不符，文件可能损坏。可以再试一次。',
          ),
        ),
      );
      this.state = 'failed';
    } else if (pose === 'lost') this.state = 'recovering';
    else if (pose === 'no-webgpu') {
      this.recorded = undefined;
      this.engine = CPU(say('This browser has no WebGPU: the CPU computes.', '这个浏览器没有 WebGPU，由 CPU 计算。'));
    }
    if (pose !== 'no-webgpu' && pose !== 'running') this.recorded = undefined;
  }
}

/** A Run in this state, of the recording at an address. */
export async function posed(address: string, pose: Pose): Promise<RecordedRun> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return new PosedRun(readRunFile(await response.text()), pose);
}
