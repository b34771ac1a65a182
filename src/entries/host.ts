/**
 * `nextoken/host`: models, texts and trainings in a worker of the page, shared by everything on it.
 *
 * @example
 * const host = await openHost();
 * const lane = await host.open('austen');
 * for await (const record of lane.generate({ text: 'It was a' })) if (record.kind === 'token') console.log(record.token.text);
 */
export { type HostOptions, openHost } from '../host/open_host.ts';
export { HostError } from '../host/errors.ts';
export type { PlaceReason } from '../host/refusal.ts';
export type { HostClient, HostLane, HostPlace, HostTrainingLane, LaneOptions } from '../host/client.ts';
export type {
  EngineReport,
  HostSource,
  ModelReport,
  Prompt,
  RunEnd,
  RunOptions,
  RunRecord,
  TrainAsk,
  TrainingRecord,
} from '../host/protocol.ts';
