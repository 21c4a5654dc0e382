import { defined } from "../base/index.ts";
import {
  type AddAnswer,
  type Context,
  definePlugin,
  type Plan,
  type Plugin,
  type PluginDefinition,
  requirePrevResult,
} from "../plugin/index.ts";
import { CniError, ErrorCode, type Operation, type Result } from "../spec/index.ts";
import { compareGarbage, compareKinds, comparePieces } from "./comparison.ts";
import type { Completion, Garbage, Kind, Piece, Removable } from "./kind.ts";
import { attachmentOf, staleMarks } from "./owner/index.ts";
import { REFERENCE_VERSION } from "./reference.ts";
import { type Doubt, repairPieces } from "./repair.ts";
import { afterRollback, runAll } from "./rollback.ts";
import type { ConfiguredScene, FileScene, Scene } from "./scene.ts";

/** What an attachment wants, and what its ADD answers. */
export interface Wanted {
  /** In the order in which ADD makes them. */
  readonly pieces: readonly Piece[];
  /** The answer of ADD, when all pieces are made; without it the previous result. */
  readonly result?: () => AddAnswer | Promise<AddAnswer>;
  /**
   * For a plan, when all pieces are compared: the answer as far as it is known; undefined where it is
   * not. Without it that of the plugins before.
   */
  readonly expected?: () => Partial<Result> | undefined;
  /** For people, before anything is made: what cannot work well. */
  readonly warnings?: readonly string[];
}

/** A plugin as a list of kinds of state. */
export interface StatePlugin<Config, S extends FileScene = Scene> {
  readonly name: string;
  readonly versions?: readonly string[];
  /**
   * The plugin works on what an earlier plugin of the list has made: ADD needs its result.
   * "optional": it works without one, too, and so does its CHECK.
   */
  readonly chained?: boolean | "optional";
  /**
   * Reads and judges the configuration, before anything is touched. The scene is for questions.
   * @throws CniError of code 7, or 4 for CNI_ARGS
   */
  config(ctx: Context, scene: S): Config;
  /**
   * Every kind that any configuration could make, in the order of ADD: DEL and GC go from the back.
   * A function where the order depends on the call.
   */
  readonly kinds: readonly Removable<S>[] | ((scene: S) => readonly Removable<S>[]);
  /** What the attachment wants. STATUS and `plan` ask, too, and have no container. Touches nothing. */
  want(scene: ConfiguredScene<Config, S>): Wanted | Promise<Wanted>;
  /** Held during ADD and DEL: keeps other calls from what both would change. */
  lock?(scene: S, config: Config | undefined): Promise<Disposable | undefined>;
}

/** A scene, until it is disposed of. */
export interface Opened<S> extends Disposable {
  readonly scene: S;
  /** For a repair: why the namespace is not proved to be that of the ADD; undefined where it is. */
  doubt?(): Promise<Doubt | undefined>;
}

/** Opens what kinds may use in an operation. */
export type OpenScene<S> = (ctx: Context, purpose: Operation | "PLAN" | "REPAIR") => Opened<S>;

/**
 * Makes a plugin of kinds that keep nothing but files: it loads no code that speaks to the kernel.
 *
 * @example
 * ```ts
 * import { tryPlugin } from "hawser/plugin";
 * import { filePlugin } from "hawser/state";
 *
 * const plugin = filePlugin({
 *   name: "fixed",
 *   config: () => ({}),
 *   kinds: [],
 *   want: () => ({ pieces: [], result: () => ({ ips: [{ address: "10.1.0.2/16" }] }) }),
 * });
 * const config = { cniVersion: "1.1.0", name: "dbnet", type: "fixed" };
 * const { json } = await tryPlugin(plugin, { operation: "ADD", config });
 * json; // → { cniVersion: "1.1.0", ips: [{ address: "10.1.0.2/16" }] }
 * ```
 */
export function filePlugin<Config>(parts: StatePlugin<Config, FileScene>): Plugin {
  return pluginOf(parts, [], (ctx) => ({
    scene: { ctx, owner: attachmentOf(ctx) },
    [Symbol.dispose]: () => undefined,
  }));
}

/**
 * Makes the plugin: its six operations and its plan follow from its kinds.
 * @param first kinds that are made before those of the plugin whenever it makes any
 */
export function pluginOf<Config, S extends FileScene>(
  parts: StatePlugin<Config, S>,
  first: readonly Kind<void, Piece, S>[],
  open: OpenScene<S>,
): Plugin {
  const definition = definitionOf(parts, first, open);
  const isBun = process.versions["bun"] !== undefined;
  return definePlugin(isBun ? definition : { ...definition, ...refusals() });
}

/** Elsewhere each operation says that it needs Bun, of which it uses more than the way to the kernel. */
function refusals(): Omit<PluginDefinition, "name"> {
  const refuse = async (): Promise<never> => {
    // Loaded here, because plugins of files alone load nothing of the kernel's.
    const { PlatformError } = await import("../kernel/sys/index.ts");
    const cause = new PlatformError(undefined, { needs: "bun" });
    throw new CniError(ErrorCode.INTERNAL, cause.message, { cause });
  };
  const [add, check, del, gc] = [refuse, refuse, refuse, refuse];
  return { add, check, del, gc, status: refuse, repair: refuse, plan: refuse, compare: refuse };
}

function definitionOf<Config, S extends FileScene>(
  parts: StatePlugin<Config, S>,
  first: readonly Kind<void, Piece, S>[],
  open: OpenScene<S>,
): PluginDefinition {
  const { name, versions } = parts;
  const wantOf = async (scene: S, config: Config): Promise<Wanted> =>
    await parts.want({ ...scene, config });
  const kindsOf = (scene: S): readonly Removable<S>[] => {
    const own = typeof parts.kinds === "function" ? parts.kinds(scene) : parts.kinds;
    return [...first, ...own];
  };

  return {
    name,
    version: REFERENCE_VERSION,
    ...defined({ versions }),

    async add(ctx) {
      using opened = open(ctx, "ADD");
      const { scene } = opened;
      const config = parts.config(ctx, scene);
      if (parts.chained === true) requirePrevResult(ctx);
      const { pieces, result, warnings = [] } = await wantOf(scene, config);
      if (pieces.length === 0) return await result?.();
      using _lock = await parts.lock?.(scene, config);
      for (const text of warnings) ctx.log(`${name}: ${text}`);
      return await applyAll(ctx, [...first.map((kind) => kind.want(scene)), ...pieces], result);
    },

    async check(ctx) {
      using opened = open(ctx, "CHECK");
      const config = parts.config(ctx, opened.scene);
      if (parts.chained !== "optional") requirePrevResult(ctx);
      const { pieces } = await wantOf(opened.scene, config);
      for (const piece of pieces) {
        if (piece.check !== undefined) await timed(ctx, piece, () => piece.check?.());
      }
    },

    async del(ctx) {
      using opened = open(ctx, "DEL");
      const { scene } = opened;
      using _lock = await parts.lock?.(scene, undefined);
      await undoAll(scene, kindsOf(scene));
    },

    async gc(ctx) {
      using opened = open(ctx, "GC");
      const { scene } = opened;
      const garbage = garbageOf(ctx);
      const kinds = kindsOf(scene).toReversed();
      await runAll(kinds.map((kind) => () => kind.collect?.(scene, garbage)));
    },

    async status(ctx) {
      using opened = open(ctx, "STATUS");
      const config = parts.config(ctx, opened.scene);
      const { pieces } = await wantOf(opened.scene, config);
      for (const piece of pieces) await piece.ready?.();
    },

    async repair(ctx, { dryRun }) {
      using opened = open(ctx, "REPAIR");
      const { scene } = opened;
      const config = parts.config(ctx, scene);
      if (parts.chained !== "optional") requirePrevResult(ctx);
      const { pieces } = await wantOf(scene, config);
      const doubt = await opened.doubt?.();
      // What another implementation has attached has no note of its namespace, and lacks none.
      const noted = doubt === undefined ? first.map((kind) => kind.want(scene)) : [];
      const all = pieces.length === 0 ? [] : [...noted, ...pieces];
      const lock = async () => await parts.lock?.(scene, config);
      return await repairPieces(all, { dryRun, lock, doubt, signal: ctx.signal });
    },

    ...plansOf({ parts, first, open, wantOf, kindsOf }),
  };
}

/** What the plans of a plugin are made of. */
interface Planned<Config, S extends FileScene> {
  readonly parts: StatePlugin<Config, S>;
  readonly first: readonly Kind<void, Piece, S>[];
  readonly open: OpenScene<S>;
  readonly wantOf: (scene: S, config: Config) => Promise<Wanted>;
  readonly kindsOf: (scene: S) => readonly Removable<S>[];
}

/** An ADD in words, and any operation against what stands now; nothing is touched. */
function plansOf<Config, S extends FileScene>({
  parts,
  first,
  open,
  wantOf,
  kindsOf,
}: Planned<Config, S>): Pick<PluginDefinition, "plan" | "compare"> {
  return {
    async plan(ctx) {
      using opened = open(ctx, "PLAN");
      const { pieces } = await wantOf(opened.scene, parts.config(ctx, opened.scene));
      return pieces.flatMap((piece) => {
        const text = piece.describe();
        return text === undefined ? [] : [`${piece.name}: ${text}`];
      });
    },

    async compare(ctx) {
      using opened = open(ctx, ctx.operation);
      const { scene } = opened;
      if (ctx.operation === "DEL") return { steps: await compareKinds(scene, kindsOf(scene)) };
      if (ctx.operation === "GC") {
        return { steps: await compareGarbage(scene, kindsOf(scene), garbageOf(ctx)) };
      }
      return await planOf(scene, first, await wantOf(scene, parts.config(ctx, scene)));
    },
  };
}

/** The plan of an ADD. The result is looked at last: pieces find out addresses as they compare. */
async function planOf<S extends FileScene>(
  scene: S,
  first: readonly Kind<void, Piece, S>[],
  { pieces, expected, warnings = [] }: Wanted,
): Promise<Plan> {
  for (const text of warnings) scene.ctx.log(text);
  const noted = pieces.length === 0 ? [] : first.map((kind) => kind.want(scene));
  const steps = await comparePieces(scene, [...noted, ...pieces]);
  const result = expected === undefined ? scene.ctx.prevResult : expected();
  return { steps, ...defined({ result }) };
}

/** Makes the pieces in order; when one fails, or the caller gives up, all are taken back. */
async function applyAll(
  ctx: Context,
  pieces: readonly Piece[],
  result: Wanted["result"],
): Promise<AddAnswer> {
  for (const piece of pieces) await piece.find?.();
  try {
    await using rollback = new AsyncDisposableStack();
    for (const piece of pieces) {
      if (piece.apply === undefined) continue;
      ctx.signal.throwIfAborted();
      await timed(ctx, piece, () => piece.apply?.(rollback));
    }
    const answer = await result?.();
    rollback.move();
    return answer;
  } catch (error) {
    throw afterRollback(error);
  }
}

/** Undoes the kinds from the back, past failures, and waits at the end for what the kernel still does. */
async function undoAll<S extends FileScene>(
  scene: S,
  kinds: readonly Removable<S>[],
): Promise<void> {
  const { ctx } = scene;
  const completions: Completion[] = [];
  // Kinds of which something may be left: another DEL has to remove it.
  const left = new Set(kinds.filter((kind) => kind.undo !== undefined && !kind.isDelegated));
  const undo = async (kind: Removable<S>): Promise<void> => {
    await timed(ctx, { name: kind.name, describe: () => "gone" }, async () => {
      const completion = await kind.undo?.(scene);
      completions.push(async () => {
        await completion?.();
        left.delete(kind);
      });
    });
  };
  function* works(): Generator<() => Promise<void>> {
    for (const kind of kinds.toReversed()) {
      if (kind.undo === undefined) continue;
      // What is left has to be undone by another DEL, so this one must not succeed.
      if (ctx.signal.aborted) {
        yield async () => ctx.signal.throwIfAborted();
        return;
      }
      yield async () => await undo(kind);
    }
    yield async () => await runAll(completions);
    if (left.size === 0) for (const kind of kinds) yield async () => await kind.forget?.(scene);
  }
  await runAll(works());
}

function garbageOf(ctx: Context): Garbage {
  const valid = ctx.validAttachments ?? [];
  return { network: ctx.network, valid, isStale: staleMarks(ctx.network, valid) };
}

async function timed(
  ctx: Context,
  piece: Pick<Piece, "name" | "describe">,
  work: () => unknown,
): Promise<void> {
  const start = performance.now();
  try {
    await work();
  } catch (error) {
    throw named(piece.name, error);
  }
  const ms = performance.now() - start;
  const text = piece.describe();
  if (text !== undefined) ctx.step({ step: piece.name, text, ms });
}

/** An error of the system says nothing of what it was for. */
function named(name: string, error: unknown): unknown {
  const known = CniError.from(error);
  const isOfSystem = known.cause === error && known.code !== ErrorCode.INTERNAL;
  return isOfSystem ? new CniError(known.code, `${name}: ${known.msg}`, { cause: error }) : error;
}
