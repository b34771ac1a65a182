/** The CPU engine's options: everything that can be used without loading it. */

/**
 * How the CPU engine is opened.
 *
 * @example
 * const options: CpuEngineOptions = { threads: 4, maxBytes: 2 ** 30 };
 */
export interface CpuEngineOptions {
  /**
   * Threads that compute, this one included. Default: the number of cores, at most 8; 1 where memory cannot be shared (a page without
   * the headers COOP and COEP).
   */
  readonly threads?: number;
  /**
   * Fused multiply-add. Default: used if WebAssembly has it. `true` also enables it in node before 22, through a flag of V8 that applies
   * to the whole process (training: a quarter faster); `false` gives the same bits everywhere.
   */
  readonly fused?: boolean;
  /** Where memory stops growing, in bytes. Default: 4 GiB, all that WebAssembly can address. */
  readonly maxBytes?: number;
}
