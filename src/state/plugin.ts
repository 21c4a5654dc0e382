import { defined } from "../base/index.ts";
import {
  type AddAnswer,
  type Context,
  definePlugin,
  type Plugin,
  type PluginDefinition,
  requirePrevResult,
} from "../plugin/index.ts";
import { CniError, ErrorCode } from "../spec/index.ts";
import type { Completion, Garbage, Piece, Removable } from "./kind.ts";
import { Namespaces } from "./namespaces/index.ts";
import { isNetnsOfAdd, netnsRecord } from "./netns-record/index.ts";
import { attachmentOf, staleMarks } from "./owner/index.ts";
import { afterRollback, runAll } from "./rollback.ts";
import type { ConfiguredScene, Scene } from "./scene.ts";

/** What an attachment wants, and what its ADD answers. */
export interface Wanted {
  /** In the order in which ADD makes them. */
  readonly pieces: readonly Piece[];
  /** The answer of ADD, when all pieces are made; without it the previous result. */
  readonly result?: () => AddAnswer | Promise<AddAnswer>;
  /** For people, before anything is made: what cannot work well. */
  readonly warnings?: readonly string[];
}

/** A plugin as a list of kinds of network state. */
export interface StatePlugin<Config> {
  readonly name: string;
  readonly version?: string;
  readonly versions?: readonly string[];
  /** The plugin works on what an earlier plugin of the list has made: ADD needs its result. */
  readonly chained?: boolean;
  /** The plugin never enters the container's namespace. */
  readonly hostOnly?: boolean;
  /**
   * Reads and judges the configuration, before anything is touched.
   * @throws CniError of code 7, or 4 for CNI_ARGS
   */
  config(ctx: Context): Config;
  /**
   * Every kind that any configuration could make, in the order of ADD: DEL and GC go from the back.
   * A function where the order depends on the call.
   */
  readonly kinds: readonly Removable[] | ((scene: Scene) => readonly Removable[]);
  /** What the attachment wants. STATUS and `plan` ask, too, and have no container. Touches nothing. */
  want(scene: ConfiguredScene<Config>): Wanted | Promise<Wanted>;
  /** Held during ADD and DEL: keeps other calls from what both would change. */
  lock?(scene: Scene, config: Config | undefined): Promise<Disposable | undefined>;
}

/** Makes the plugin: its six operations and its plan follow from its kinds. */
export function statePlugin<Config>(parts: StatePlugin<Config>): Plugin {
  return definePlugin(definitionOf(parts));
}

function definitionOf<Config>(parts: StatePlugin<Config>): PluginDefinition {
  const { name, version, versions } = parts;
  const wantOf = async (ctx: Context, config: Config, namespaces: Namespaces): Promise<Wanted> =>
    await parts.want({ ctx, owner: attachmentOf(ctx), namespaces, config });
  const record = netnsRecord(parts);
  const kindsOf = (scene: Scene): readonly Removable[] => {
    const own = typeof parts.kinds === "function" ? parts.kinds(scene) : parts.kinds;
    return parts.hostOnly === true ? own : [record, ...own];
  };
  const namespacesOf = (ctx: Context): Namespaces =>
    parts.hostOnly === true ? Namespaces.hostOnly(ctx) : Namespaces.of(ctx);

  return {
    name,
    ...defined({ version, versions }),

    async add(ctx) {
      const config = parts.config(ctx);
      if (parts.chained === true) requirePrevResult(ctx);
      using namespaces = namespacesOf(ctx);
      const scene = { ctx, owner: attachmentOf(ctx), namespaces };
      const wanted = await wantOf(ctx, config, namespaces);
      if (wanted.pieces.length === 0) return await wanted.result?.();
      const before = parts.hostOnly === true ? [] : [record.want(scene)];
      using _lock = await parts.lock?.(scene, config);
      for (const text of wanted.warnings ?? []) ctx.log(`${name}: ${text}`);
      return await applyAll(ctx, [...before, ...wanted.pieces], wanted.result);
    },

    async check(ctx) {
      const config = parts.config(ctx);
      requirePrevResult(ctx);
      using namespaces = namespacesOf(ctx).keepView();
      const { pieces } = await wantOf(ctx, config, namespaces);
      for (const piece of pieces) {
        if (piece.check !== undefined) await timed(ctx, piece, () => piece.check?.());
      }
    },

    async del(ctx) {
      const owner = attachmentOf(ctx);
      using namespaces =
        parts.hostOnly === true
          ? Namespaces.hostOnly(ctx)
          : Namespaces.ofDel(ctx, (netns) => isNetnsOfAdd(ctx, owner, netns));
      const scene = { ctx, owner, namespaces: namespaces.keepView() };
      using _lock = await parts.lock?.(scene, undefined);
      await undoAll(scene, kindsOf(scene));
    },

    async gc(ctx) {
      using namespaces = Namespaces.hostOnly(ctx);
      const scene = { ctx, owner: attachmentOf(ctx), namespaces };
      const garbage = garbageOf(ctx);
      const kinds = kindsOf(scene).toReversed();
      await runAll(kinds.map((kind) => () => kind.collect?.(scene, garbage)));
    },

    async status(ctx) {
      const config = parts.config(ctx);
      using namespaces = Namespaces.hostOnly(ctx);
      const { pieces } = await wantOf(ctx, config, namespaces);
      for (const piece of pieces) await piece.ready?.();
    },

    async plan(ctx) {
      using namespaces = Namespaces.hostOnly(ctx);
      const { pieces } = await wantOf(ctx, parts.config(ctx), namespaces);
      return pieces.flatMap((piece) => {
        const text = piece.describe();
        return text === undefined ? [] : [`${piece.name}: ${text}`];
      });
    },
  };
}

/** Makes the pieces in order; when one fails, or the caller gives up, all are taken back. */
async function applyAll(
  ctx: Context,
  pieces: readonly Piece[],
  result: Wanted["result"],
): Promise<AddAnswer> {
  try {
    await using rollback = new AsyncDisposableStack();
    for (const piece of pieces) {
      ctx.signal.throwIfAborted();
      if (piece.apply !== undefined) await timed(ctx, piece, () => piece.apply?.(rollback));
    }
    const answer = await result?.();
    rollback.move();
    return answer;
  } catch (error) {
    throw afterRollback(error);
  }
}

/** Undoes the kinds from the back, past failures, and waits at the end for what the kernel still does. */
async function undoAll(scene: Scene, kinds: readonly Removable[]): Promise<void> {
  const { ctx } = scene;
  const completions: Completion[] = [];
  const undo = async (kind: Removable): Promise<void> => {
    ctx.signal.throwIfAborted();
    await timed(ctx, { name: kind.name, describe: () => "gone" }, async () => {
      const completion = await kind.undo?.(scene);
      if (completion !== undefined) completions.push(completion);
    });
  };
  function* works(): Generator<() => Promise<void>> {
    for (const kind of kinds.toReversed()) {
      if (kind.undo === undefined) continue;
      yield async () => await undo(kind);
      if (ctx.signal.aborted) return;
    }
    yield async () => await runAll(completions);
  }
  await runAll(works());
}

function garbageOf(ctx: Context): Garbage {
  const valid = ctx.validAttachments ?? [];
  return { network: ctx.network, valid, isStale: staleMarks(ctx.network, valid) };
}

async function timed(
  ctx: Context,
  { name, describe }: Pick<Piece, "name" | "describe">,
  work: () => unknown,
): Promise<void> {
  const start = performance.now();
  try {
    await work();
  } catch (error) {
    throw named(name, error);
  }
  const ms = performance.now() - start;
  ctx.step({ step: name, text: describe() ?? name, ms });
}

/** An error of the system says nothing of what it was for. */
function named(name: string, error: unknown): unknown {
  const known = CniError.from(error);
  const isOfSystem = known.cause === error && known.code !== ErrorCode.INTERNAL;
  return isOfSystem ? new CniError(known.code, `${name}: ${known.msg}`, { cause: error }) : error;
}
