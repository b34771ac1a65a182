/** Errors that cross into or out of a worker: name, message, fields and cause are sent, and errors of ours keep their class. */
import { DownloadError } from '../files/transfer.ts';
import { FileFormatError } from '../files/types.ts';
import { GpuError, GpuUnavailableError, ShaderError } from '../gpu/types.ts';
import { WeightsError } from '../model/errors.ts';
import { ClosedError, DeviceLostError, OutOfMemoryError } from '../plan/errors.ts';
import { SettingsError } from '../plan/settings.ts';
import { NotFiniteError } from '../session/errors.ts';
import { TokenizerError } from '../tokens/types.ts';
import { CheckpointError, TrainingError } from '../train/errors.ts';
import type { PlaceReason } from './refusal.ts';

/** Nothing in this page can compute, or the host has gone. The message says what is in the way and what to do. */
export class HostError extends Error {
  override readonly name = 'HostError';
}

/** A worker that could not be started; the message is the reason as a sentence (refusal.ts). */
export class WorkerError extends HostError {
  readonly reason: PlaceReason;

  constructor(message: string, reason: PlaceReason, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** A function, so that a bundle that does not use it contains no class. */
const classes = () => ({
  CheckpointError,
  ClosedError,
  DeviceLostError,
  DownloadError,
  FileFormatError,
  GpuError,
  GpuUnavailableError,
  HostError,
  NotFiniteError,
  OutOfMemoryError,
  RangeError,
  SettingsError,
  ShaderError,
  TokenizerError,
  TrainingError,
  TypeError,
  WeightsError,
});

/** Names of the errors that keep their class on the way. */
export type SentName = keyof ReturnType<typeof classes>;

/** An error as plain data. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Its own fields, where they can be sent. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause?: SentError;
}

export function sendError(error: unknown): SentError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: undefined, fields: {} };
  const { name, message, stack, cause } = error;
  const own = Object.entries(error).filter(([key, value]) => key !== 'name' && key !== 'cause' && isPlain(value));
  return {
    name,
    message,
    stack,
    fields: Object.fromEntries(own),
    ...(cause instanceof Error && { cause: sendError(cause) }),
  };
}

function isPlain(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

export function receiveError({ name, message, stack, fields, cause }: SentError): Error {
  if (name === 'AbortError' || name === 'TimeoutError') return new DOMException(message, name);
  const error = new Error(message, cause && { cause: receiveError(cause) });
  const type = (classes() as Readonly<Record<string, { readonly prototype: Error }>>)[name];
  if (type) Object.setPrototypeOf(error, type.prototype);
  return Object.assign(error, { name, stack }, fields);
}
