import { expect } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context, Repair } from "../../src/plugin/index.ts";
import type { Attachment, Operation } from "../../src/spec/index.ts";
import {
  type Completion,
  type Finding,
  type Garbage,
  type Piece,
  type Removable,
  repairPieces,
  runAll,
  type Scene,
} from "../../src/state/index.ts";
import { Namespaces } from "../../src/state/namespaces/index.ts";
import { staleMarks } from "../../src/state/owner/index.ts";
import { FakeKernel, type Fault } from "./fake-kernel/index.ts";
import { kindScene, OWNER } from "./kind-scene.ts";

/** What is done behind the attachment's back, and what CHECK then says. */
export interface Sabotage {
  readonly does: (namespaces: Namespaces, owner: Attachment) => void;
  readonly says: string;
  /** Why a repair cannot put it back; it can where this is absent. */
  readonly staysLost?: string;
}

/** Kinds of state that stand on each other, as a plugin would name them. */
export interface KindContract {
  /** In the order of ADD; DEL and GC go from the back. */
  readonly kinds: readonly Removable[];
  /** The pieces of one attachment, in the same order. The container's number is 1 or 2. */
  want(scene: Scene, number: 1 | 2): readonly Piece[];
  /** Differences by their names: CHECK has to report each. */
  readonly sabotages?: Readonly<Record<string, Sabotage>>;
  /** What is there before any attachment. */
  prepare?(namespaces: Namespaces, number: 1 | 2): void;
  /** What the context of ADD has besides, and that of CHECK and DEL after it. */
  more?(number: 1 | 2): Partial<Context>;
  /** Tables of nftables that are laid for all attachments stay when the first one goes. */
  readonly layoutStays?: boolean;
  /** `describe` says what the kernel has; it changes nothing. */
  readonly describeLooks?: boolean;
  /** A DEL that fails half-way loses what it was about to put back. */
  readonly failedDelLoses?: boolean;
}

/** Where the containers' namespaces are. */
export const NETNS = { 1: "/run/netns/one", 2: "/run/netns/two" } as const;
const NAMES = { 1: "one", 2: "two" } as const;

type Look = Readonly<Record<string, unknown>>;

/** The same but for one namespace. */
export function without(look: Look, path: string): Look {
  return Object.fromEntries(Object.entries(look).filter(([each]) => each !== path));
}

/** Two containers with attachments of these kinds, on a kernel in memory. */
export class KindLab implements Disposable {
  readonly kernel = FakeKernel.install();
  readonly #contract: KindContract;
  readonly #stateDir = mkdtempSync(join(tmpdir(), "hawser-kind-"));

  constructor(contract: KindContract) {
    this.#contract = contract;
    for (const number of [1, 2] as const) {
      this.kernel.create(NETNS[number]);
      this.within(number, "ADD", ({ namespaces }) => contract.prepare?.(namespaces, number));
    }
  }

  /** The kernel and the files of the host. */
  look(layouts = true): Look {
    const files = readdirSync(this.#stateDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [path, readFileSync(path, "utf8")]);
    return { ...this.kernel.snapshot({ layouts }), files };
  }

  within<T>(number: 1 | 2, operation: Operation, work: (scene: Scene) => T): T {
    using namespaces = this.#open(number, operation);
    return work(this.#scene(namespaces, number, operation));
  }

  async add(number: 1 | 2): Promise<void> {
    using namespaces = this.#open(number, "ADD");
    (await this.#apply(namespaces, number)).move();
  }

  async check(number: 1 | 2): Promise<void> {
    using namespaces = this.#open(number, "CHECK").keepView();
    const scene = this.#scene(namespaces, number, "CHECK");
    for (const piece of this.#contract.want(scene, number)) await piece.check?.();
  }

  /** As the plugin does it, with the namespace proved. */
  async repair(number: 1 | 2, dryRun = false): Promise<readonly Repair[]> {
    using namespaces = this.#open(number, "CHECK");
    const pieces = this.#contract.want(this.#scene(namespaces, number, "CHECK"), number);
    const lock = async (): Promise<undefined> => undefined;
    const { signal } = new AbortController();
    return await repairPieces(pieces, { dryRun, lock, doubt: undefined, signal });
  }

  async del(number: 1 | 2): Promise<void> {
    using namespaces = this.#open(number, "DEL").keepView();
    const scene = this.#scene(namespaces, number, "DEL");
    // Past failures, as the plugin does it.
    const completions: Completion[] = [];
    const works = this.#contract.kinds.toReversed().map((kind) => async () => {
      const completion = await kind.undo?.(scene);
      if (completion !== undefined) completions.push(completion);
    });
    await runAll([...works, async () => await runAll(completions)]);
    await runAll(this.#contract.kinds.map((kind) => () => kind.forget?.(scene)));
  }

  async collect(numbers: readonly (1 | 2)[]): Promise<void> {
    using namespaces = Namespaces.hostOnly();
    const scene = this.#scene(namespaces, undefined, "GC");
    const garbage = garbageOf(numbers);
    for (const kind of this.#contract.kinds.toReversed()) await kind.collect?.(scene, garbage);
  }

  /** How each piece stands to what there is; the message of one that would be refused. */
  async compare(number: 1 | 2): Promise<(string | undefined)[]> {
    using namespaces = this.#open(number, "ADD").lookOnly();
    const scene = this.#looking(this.#scene(namespaces, number, "ADD"));
    const answers: (string | undefined)[] = [];
    for (const piece of this.#contract.want(scene, number)) {
      try {
        await piece.compare?.();
        answers.push(undefined);
      } catch (error) {
        answers.push(`${piece.name}: ${String(error)}`);
      }
    }
    return answers;
  }

  /** What DEL would find. */
  async found(number: 1 | 2): Promise<string[]> {
    using namespaces = this.#open(number, "DEL").lookOnly();
    const scene = this.#looking(this.#scene(namespaces, number, "DEL"));
    return await this.#textsOf(async (kind) => await kind.found?.(scene));
  }

  /** What GC would find. */
  async stale(numbers: readonly (1 | 2)[]): Promise<string[]> {
    using namespaces = Namespaces.hostOnly().lookOnly();
    const scene = this.#looking(this.#scene(namespaces, undefined, "GC"));
    const garbage = garbageOf(numbers);
    return await this.#textsOf(async (kind) => await kind.stale?.(scene, garbage));
  }

  async #textsOf(
    search: (kind: Removable) => Promise<readonly Finding[] | undefined>,
  ): Promise<string[]> {
    const texts: string[] = [];
    for (const kind of this.#contract.kinds) {
      texts.push(...((await search(kind)) ?? []).map(({ text }) => `${kind.name}: ${text}`));
    }
    return texts;
  }

  #looking(scene: Scene): Scene {
    // Its getters throw when they are read.
    const ctx = Object.create(scene.ctx, { looksOnly: { value: true } }) as Context;
    return { ...scene, ctx };
  }

  /** Lets each request of an ADD fail in turn, and compares; gives how many ADDs have failed. */
  async failEverywhere(fault: Fault, layouts: boolean): Promise<number> {
    const { faults } = this.kernel;
    const isWhole = layouts || this.#contract.layoutStays !== true;
    const before = this.look(isWhole);
    let failures = 0;
    for (let nth = 1; ; nth++) {
      using namespaces = this.#open(1, "ADD");
      faults.set(nth, fault);
      try {
        const made = await this.#apply(namespaces, 1);
        const isOver = faults.isPending;
        faults.clear();
        await made.disposeAsync();
        if (isOver) return failures;
      } catch (error) {
        if (error instanceof SuppressedError) throw error;
        failures++;
      }
      expect({ nth, ...this.look(isWhole) }).toEqual({ nth, ...before });
    }
  }

  /** Lets each request of a DEL fail in turn, and repeats that DEL; gives how many DELs there were. */
  async failDel(fault: Fault): Promise<number> {
    const { faults } = this.kernel;
    const before = this.look();
    for (let nth = 1; ; nth++) {
      await this.add(1);
      faults.set(nth, fault);
      await this.del(1).catch(() => undefined);
      const isOver = faults.isPending;
      faults.clear();
      if (isOver) return nth;
      await this.del(1);
      if (this.#contract.failedDelLoses !== true) {
        expect({ nth, ...this.look() }).toEqual({ nth, ...before });
      }
    }
  }

  [Symbol.dispose](): void {
    this.kernel[Symbol.dispose]();
    rmSync(this.#stateDir, { recursive: true });
  }

  async #apply(namespaces: Namespaces, number: 1 | 2): Promise<AsyncDisposableStack> {
    const scene = this.#scene(namespaces, number, "ADD");
    await using rollback = new AsyncDisposableStack();
    for (const piece of this.#contract.want(scene, number)) await piece.apply?.(rollback);
    return rollback.move();
  }

  #open(number: 1 | 2, operation: Operation): Namespaces {
    const call = { netns: NETNS[number] };
    return operation === "DEL" ? Namespaces.ofDel(call, () => true) : Namespaces.of(call);
  }

  #scene(namespaces: Namespaces, number: 1 | 2 | undefined, operation: Operation): Scene {
    const named = number === undefined ? "" : NAMES[number];
    const owner = {
      network: OWNER.network,
      containerId: number === undefined ? "" : `id-${named}`,
      ifName: number === undefined ? "" : OWNER.ifName,
    };
    const netns = number === undefined ? "" : NETNS[number];
    const told = number === undefined ? {} : this.#contract.more?.(number);
    const env = { HAWSER_STATE_DIR: this.#stateDir, PATH: "/nonexistent" };
    return kindScene(namespaces, { owner, operation, env, more: { netns, ...told } });
  }
}

function garbageOf(numbers: readonly (1 | 2)[]): Garbage {
  const { network, ifName } = OWNER;
  const valid = numbers.map((number) => ({ containerId: `id-${NAMES[number]}`, ifName }));
  return { network, valid, isStale: staleMarks(network, valid) };
}
