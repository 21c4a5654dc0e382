import { afterEach, beforeEach, describe, expect, test } from "bun:test";
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
import { rejection } from "./rejection.ts";

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

const NETNS = { 1: "/run/netns/one", 2: "/run/netns/two" } as const;
const NAMES = { 1: "one", 2: "two" } as const;

/** Declares the tests that every kind has to pass, on a kernel in memory. */
export function kindContract(contract: KindContract): void {
  const name = contract.kinds.map((kind) => kind.name).join(", ");

  describe(`the contract of ${name}`, () => {
    let lab: KindLab;
    beforeEach(() => {
      lab = new KindLab(contract);
    });
    afterEach(() => {
      lab[Symbol.dispose]();
    });

    test("describe touches nothing", () => {
      const before = lab.look();
      const { count } = lab.kernel.faults;
      lab.within(1, "ADD", (scene) => {
        for (const piece of contract.want(scene, 1)) piece.describe();
      });
      if (contract.describeLooks !== true) expect(lab.kernel.faults.count).toBe(count);
      expect(lab.look()).toEqual(before);
    });

    test("apply makes it, and CHECK is content", async () => {
      const before = lab.look();
      await lab.add(1);
      expect(Bun.deepEquals(lab.look(), before)).toBe(false);
      await lab.check(1);
    });

    for (const fault of ["refused", "lost"] as const) {
      for (const beside of [false, true]) {
        const where = beside ? "beside another attachment" : "as the first attachment";
        test(`whichever request is ${fault}, nothing stays, ${where}`, async () => {
          if (beside) await lab.add(2);
          expect(await lab.failEverywhere(fault, beside)).toBeGreaterThan(0);
        });
      }
    }

    for (const [what, { does, says, staysLost }] of Object.entries(contract.sabotages ?? {})) {
      test(`CHECK tells of ${what}`, async () => {
        await lab.add(1);
        lab.within(1, "ADD", ({ namespaces, owner }) => does(namespaces, owner));
        expect((await rejection(lab.check(1))).message).toContain(says);
      });

      const end = staysLost === undefined ? "puts back" : "names, and leaves,";
      test(`a repair ${end} ${what}`, async () => {
        await lab.add(2);
        await lab.add(1);
        lab.within(1, "ADD", ({ namespaces, owner }) => does(namespaces, owner));
        const sabotaged = lab.look();
        await lab.repair(1, true);
        expect(lab.look()).toEqual(sabotaged);
        const left = (await lab.repair(1)).filter(({ state }) => state === "left");
        if (staysLost === undefined) {
          expect(left).toEqual([]);
          await lab.check(1);
        } else {
          expect(left[0]?.reason).toContain(staysLost);
          expect(String(await rejection(lab.check(1)))).toContain(says);
        }
        // What both have lost is the other's as well, and stays its own when the first one goes.
        if (staysLost === undefined) await lab.repair(2);
        await lab.del(1);
        if (staysLost === undefined) await lab.check(2);
      });
    }

    testRemoval(() => lab);
    testPlans(() => lab, contract.kinds);
  });
}

/** Declares the tests of plans, which only look. */
function testPlans(made: () => KindLab, kinds: readonly Removable[]): void {
  let lab: KindLab;
  beforeEach(() => {
    lab = made();
  });

  test("the plan of an ADD touches nothing, beside another attachment either", async () => {
    for (const beside of [false, true]) {
      if (beside) await lab.add(2);
      const before = lab.look();
      expect((await lab.compare(1)).filter((each) => each !== undefined)).toEqual([]);
      expect(lab.look()).toEqual(before);
    }
  });

  test("the plan of a DEL finds what that removes, and nothing afterwards", async () => {
    await lab.add(2);
    await lab.add(1);
    const before = lab.look();
    const ofOther = await lab.found(2);
    const found = await lab.found(1);
    expect(lab.look()).toEqual(before);
    await lab.del(1);
    const isTold = kinds.some((kind) => kind.found !== undefined);
    if (isTold) expect(found.length > 0).toBe(!Bun.deepEquals(lab.look(), before));
    expect(await lab.found(1)).toEqual([]);
    expect(await lab.found(2)).toEqual(expect.arrayContaining(ofOther));
  });

  test("the plan of a GC finds what that removes, and nothing afterwards", async () => {
    await lab.add(2);
    await lab.add(1);
    expect(await lab.stale([1, 2])).toEqual([]);
    const before = lab.look();
    const stale = await lab.stale([2]);
    expect(lab.look()).toEqual(before);
    await lab.collect([2]);
    const isTold = kinds.some((kind) => kind.stale !== undefined);
    if (isTold) expect(stale.length > 0).toBe(!Bun.deepEquals(lab.look(), before));
    expect(await lab.stale([2])).toEqual([]);
  });
}

/** Declares the tests of DEL and GC. */
function testRemoval(made: () => KindLab): void {
  let lab: KindLab;
  beforeEach(() => {
    lab = made();
  });
  test("DEL removes what is its own, and again nothing", async () => {
    await lab.add(2);
    const before = lab.look();
    await lab.add(1);
    await lab.del(1);
    expect(lab.look()).toEqual(before);
    const after = lab.look();
    await lab.del(1);
    expect(lab.look()).toEqual(after);
    await lab.check(2);
  });

  for (const fault of ["refused", "lost"] as const) {
    test(`whichever request of DEL is ${fault}, the next DEL completes it`, async () => {
      await lab.add(2);
      expect(await lab.failDel(fault)).toBeGreaterThan(0);
      await lab.check(2);
    });
  }

  test("DEL after the container's end removes what is on the host", async () => {
    await lab.add(2);
    const before = lab.look();
    await lab.add(1);
    lab.kernel.remove(NETNS[1]);
    await lab.del(1);
    expect(lab.look()).toEqual(without(before, NETNS[1]));
    await lab.check(2);
  });

  test("GC removes what is stale, and keeps what is valid", async () => {
    await lab.add(2);
    const before = lab.look();
    await lab.add(1);
    const both = lab.look();
    await lab.collect([1, 2]);
    expect(lab.look()).toEqual(both);
    await lab.collect([2]);
    const [left, wanted] = [lab.look(), before].map((each) => without(each, NETNS[1]));
    expect(left).toEqual(wanted as never);
    await lab.check(2);
  });
}

function garbageOf(numbers: readonly (1 | 2)[]): Garbage {
  const { network, ifName: ifname } = OWNER;
  const valid = numbers.map((number) => ({ containerID: `id-${NAMES[number]}`, ifname }));
  return { network, valid, isStale: staleMarks(network, valid) };
}

type Look = Readonly<Record<string, unknown>>;

function without(look: Look, path: string): Look {
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
