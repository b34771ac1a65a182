/** What the scopes of all engines have in common: the book of arenas, loads that leave nothing behind when they fail, an end. */
import { type ArenaMemory, Arenas } from './arenas.ts';
import { ClosedError } from './errors.ts';
import type { Arena, CompilerMessage, Engine, LoadOptions, Plan, Region, Runner, RunOptions, Scope } from './types.ts';

/** Work arenas of a plan by name. */
export type Work<Block> = ReadonlyMap<string, Block>;

/** What a scope asks of its engine. */
export interface ScopeHost extends Engine {
  /** Throws when the engine is closed, lost, or something went wrong since the last check. */
  check(): void;
  /** The scope is closed. */
  forget(scope: Scope): void;
}

export abstract class OwnedScope<Block, Host extends ScopeHost, R extends OwnedRunner<Block>> implements Scope {
  readonly name: string;
  readonly engine: Host;
  readonly #arenas: Arenas<Block>;
  readonly #runners = new Set<R>();
  /** Loads under way: while there are others, a failed one leaves the arenas that they may have found. */
  #loads = 0;

  constructor(engine: Host, name: string, lent: readonly OwnedScope<Block, Host, R>[]) {
    this.name = name;
    this.engine = engine;
    const memory: ArenaMemory<Block> = {
      take: (arena, owner) => this.take(`arena "${arena.name}" of scope "${owner}"`, arena.bytes),
      give: (block) => this.give(block),
    };
    this.#arenas = new Arenas(
      name,
      memory,
      lent.map((scope) => scope.#arenas),
    );
  }

  /** Makes a zero-filled block. Throws OutOfMemoryError naming `what`. */
  protected abstract take(what: string, bytes: number): Block;
  abstract give(block: Block): void;
  /** Makes a plan ready on arenas that exist. What it takes beside `work` it gives back when it throws. */
  protected abstract make(plan: Plan, options: LoadOptions, work: Work<Block>): Promise<R>;
  abstract writeTo(region: Region, data: ArrayBufferView<ArrayBuffer>, offset: number, work?: Work<Block>): void;
  abstract readFrom(regions: readonly Region[], work?: Work<Block>): Promise<ArrayBuffer[]>;
  abstract copy(source: Scope | Runner, pairs: readonly { from: Region; to: Region }[]): void;

  get bytes(): number {
    let sum = this.#arenas.bytes;
    for (const runner of this.#runners) sum += runner.bytes;
    return sum;
  }

  allocate(...arenas: readonly Arena[]): void {
    this.check();
    this.#arenas.allocate(arenas);
  }

  async load(plan: Plan, options: LoadOptions = {}): Promise<R> {
    this.check();
    const before = this.#runners.size;
    const undo = this.#arenas.allocate(plan.arenas.filter((a) => a.kind === 'shared'));
    const work = new Map<string, Block>();
    this.#loads++;
    try {
      for (const { name, kind, bytes } of plan.arenas)
        if (kind === 'work') work.set(name, this.take(`arena "${name}" of plan "${plan.name}"`, bytes));
      const runner = await this.make(plan, options, work);
      this.check();
      this.#runners.add(runner);
      runner.onClose = () => this.#runners.delete(runner);
      return runner;
    } catch (error) {
      for (const block of work.values()) this.give(block);
      if (!this.#arenas.closed && this.#loads === 1 && this.#runners.size === before) undo();
      throw error;
    } finally {
      this.#loads--;
    }
  }

  /** The block of an arena: of a plan's work arenas, its own, or one that it was lent. */
  protected find(arena: string, work?: Work<Block>): Block | undefined {
    return work?.get(arena) ?? this.#arenas.find(arena);
  }

  write(region: Region, data: ArrayBufferView<ArrayBuffer>, offset = 0): void {
    this.writeTo(region, data, offset);
  }

  async read(...regions: readonly Region[]): Promise<ArrayBuffer[]> {
    return this.readFrom(regions);
  }

  /** Throws when the engine or this scope is closed. */
  check(): void {
    this.engine.check();
    this.#arenas.check();
  }

  close(): void {
    if (this.#arenas.closed) return;
    for (const runner of this.#runners) runner.close();
    this.#arenas.close();
    this.engine.forget(this);
  }
}

/** What the runners of all engines have in common. */
export abstract class OwnedRunner<Block> implements Runner {
  readonly plan: Plan;
  readonly messages: readonly CompilerMessage[];
  /** Told once, when it is closed. */
  onClose: () => void = () => undefined;
  protected readonly work: Work<Block>;
  #closed = false;

  constructor(plan: Plan, messages: readonly CompilerMessage[], work: Work<Block>) {
    this.plan = plan;
    this.messages = messages;
    this.work = work;
  }

  /** The scope that it was loaded in. */
  protected abstract readonly scope: Pick<
    OwnedScope<Block, ScopeHost, never>,
    'check' | 'writeTo' | 'readFrom' | 'give'
  >;
  /** Bytes of its work arenas and of what it holds beside them. */
  abstract readonly bytes: number;
  abstract run(options?: RunOptions): void;
  /** Gives back what it holds beside its work arenas. */
  protected abstract release(): void;

  write(region: Region, data: ArrayBufferView<ArrayBuffer>, offset = 0): void {
    this.check();
    this.scope.writeTo(region, data, offset, this.work);
  }

  async read(...regions: readonly Region[]): Promise<ArrayBuffer[]> {
    this.check();
    return this.scope.readFrom(regions, this.work);
  }

  protected check(): void {
    if (this.#closed) throw new ClosedError(`plan "${this.plan.name}" was closed; load it again`);
    this.scope.check();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const block of this.work.values()) this.scope.give(block);
    this.release();
    this.onClose();
  }
}

/** Throws when a write does not fit its region. */
export function checkWrite(region: Region, bytes: number, offset: number): void {
  if (offset + bytes > Math.ceil(region.bytes / 4) * 4)
    throw new RangeError(
      `write of ${bytes} bytes at ${offset} into a region of ${region.bytes} bytes in "${region.arena}"`,
    );
}
