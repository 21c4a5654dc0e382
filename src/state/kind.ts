import { defined } from "../base/index.ts";
import type { ValidAttachment } from "../spec/index.ts";
import type { FileScene, Scene } from "./scene.ts";
import type { Finding, Standing } from "./standing.ts";

/** Takes back, from the end, what an ADD has made so far; see `Piece.apply`. */
export type Rollback = Pick<AsyncDisposableStack, "defer">;

/** What remains of an undo that the kernel works on meanwhile: awaited when all else is undone. */
export type Completion = () => void | Promise<void>;

// biome-ignore lint/suspicious/noConfusingVoidType: an undo without a return statement is meant
type Undone = Completion | void;

/** What one attachment wants of a kind of network state. To make a piece touches nothing. */
export interface Piece {
  /** The kind's name, or a part's: two or three words for reports, such as "veth pair". */
  readonly name: string;
  /** One line for people: what `apply` would make; undefined when it makes nothing. */
  describe(): string | undefined;
  /** Looks, before any piece is made, for a program that `apply` needs. @throws CniError of code 50 */
  find?(): void | Promise<void>;
  /**
   * Compares with what stands before an ADD, and touches nothing: for `hawser plan`. Without it
   * everything is said to be made.
   * @throws the CniError of `apply` where that would refuse
   */
  compare?(): Standing | Promise<Standing>;
  /**
   * Makes the state. Whatever has to be taken back when this or a later piece fails is deferred to
   * `rollback` before it is made, so that a failure half-way leaves nothing behind.
   */
  apply?(rollback: Rollback): void | Promise<void>;
  /** @throws CniError that names the difference between the wanted and the real state. */
  check?(): void | Promise<void>;
  /**
   * Puts back what `check` has missed, where records or the kernel prove that it was the attachment's.
   * What others have by now stays. Nothing is taken back on failure: each part that is back helps.
   * @throws CniError that says why it cannot be put back, and where possible what mends it
   */
  restore?(): void | Promise<void>;
  /**
   * For `restore`, where nothing proves the attachment's namespace: whether what is left of the piece
   * proves by its names and comments whose it is, as after an ADD of another implementation.
   */
  proves?(): boolean | Promise<boolean>;
  /** Other pieces stand on it: where it is not as it should be, nothing behind it is put back. */
  readonly isBasis?: boolean;
  /** @throws CniError of code 50 or 51 when `apply` could not succeed now, for any container. */
  ready?(): void | Promise<void>;
}

/** What GC keeps, and how it tells the rest. */
export interface Garbage {
  readonly network: string;
  readonly valid: readonly ValidAttachment[];
  /** Whether a mark is of an attachment of the network that is not valid any more. */
  isStale(mark: string): boolean;
}

/**
 * A kind of network state: how it comes to be, is verified, goes, and is found when orphaned. A
 * plugin names the kinds that it may ever make; ADD, CHECK, DEL, GC, STATUS and `plan` follow.
 */
export interface Kind<Wanted = void, P extends Piece = Piece, S extends FileScene = Scene>
  extends Removable<S> {
  /** The piece that an attachment wants. */
  want(scene: S, wanted: Wanted): P;
}

/** The part of a kind that needs no configuration. */
export interface Removable<S extends FileScene = Scene> {
  readonly name: string;
  /**
   * Removes the attachment's state from identity alone, without memory of `apply`: everything that
   * any configuration could have made. What is already gone is fine; what others share stays. Only
   * what is proved to be the attachment's is touched.
   */
  undo?(scene: S): Undone | Promise<Undone>;
  /** What `undo` would remove now, by the same search; touches nothing. */
  found?(scene: S): readonly Finding[] | Promise<readonly Finding[]>;
  /** What it removes is another plugin's, which keeps notes of its own for a repeated DEL. */
  readonly isDelegated?: boolean;
  /** When all of the plugin's own is undone: removes what a repeated DEL would need for that. */
  forget?(scene: S): void | Promise<void>;
  /** Removes the state of attachments that are not valid any more. */
  collect?(scene: S, garbage: Garbage): void | Promise<void>;
  /** What `collect` would remove now, by the same search; touches nothing. */
  stale?(scene: S, garbage: Garbage): readonly Finding[] | Promise<readonly Finding[]>;
}

/** A kind whose pieces hold nothing but the scene and what is wanted; see `Piece`. */
interface PlainKind<Wanted, S extends FileScene> extends Removable<S>, Pick<Piece, "isBasis"> {
  describe(scene: S, wanted: Wanted): string | undefined;
  compare?(scene: S, wanted: Wanted): Standing | Promise<Standing>;
  apply?(scene: S, wanted: Wanted, rollback: Rollback): void | Promise<void>;
  check?(scene: S, wanted: Wanted): void | Promise<void>;
  restore?(scene: S, wanted: Wanted): void | Promise<void>;
  proves?(scene: S, wanted: Wanted): boolean | Promise<boolean>;
  ready?(scene: S, wanted: Wanted): void | Promise<void>;
}

/**
 * Makes a kind of plain functions.
 *
 * @example
 * ```ts
 * import { link, RouteSocket } from "hawser/netlink";
 * import { Netns } from "hawser/netns";
 * import { tryPlugin } from "hawser/plugin";
 * import { differs, kindOf, ownLink, statePlugin } from "hawser/state";
 *
 * // A kind: how long the queue of the container's interface is.
 * const queue = kindOf<{ length: number }>({
 *   name: "queue",
 *   describe: (_scene, { length }) => `${length} packets`,
 *   apply(scene, { length }) {
 *     scene.namespaces.containerLinks.set(ownLink(scene).index, { txqlen: length });
 *   },
 *   check(scene, { length }) {
 *     const { txqlen } = ownLink(scene);
 *     if (txqlen !== length) throw differs(`the queue has ${txqlen} packets, not ${length}`);
 *   },
 * });
 *
 * // A chained plugin that wants it. It needs no DEL: the queue goes with its link.
 * const plugin = statePlugin({
 *   name: "queue",
 *   chained: true,
 *   config: ({ config }) => ({ length: Number(config["length"]) }),
 *   kinds: [queue],
 *   want: (scene) => ({ pieces: [queue.want(scene, scene.config)] }),
 * });
 *
 * using blue = Netns.open("/run/netns/blue");
 * using inside = RouteSocket.open(blue);
 * link.add(inside, { name: "eth0", kind: "bridge" });
 * const prevResult = { cniVersion: "1.1.0" };
 * const config = { cniVersion: "1.1.0", name: "dbnet", type: "queue", length: 50, prevResult };
 * const call = { config, netns: "/run/netns/blue", env: { HAWSER_STATE_DIR: "/run/hawser" } };
 * (await tryPlugin(plugin, { ...call, operation: "ADD" })).exitCode; // → 0
 * link.get(inside, { name: "eth0" })?.txqlen; // → 50
 * link.set(inside, { name: "eth0" }, { txqlen: 70 });
 * const { stdout } = await tryPlugin(plugin, { ...call, operation: "CHECK" });
 * JSON.parse(stdout).msg; // → "the queue has 70 packets, not 50"
 * ```
 */
export function kindOf<Wanted = void, S extends FileScene = Scene>(
  plain: PlainKind<Wanted, S>,
): Kind<Wanted, Piece, S> {
  const { name, describe, compare, apply, check, restore, proves, ready, isBasis } = plain;
  return {
    ...plain,
    want: (scene, wanted) => ({
      name,
      describe: () => describe(scene, wanted),
      ...defined({
        compare: compare && (() => compare(scene, wanted)),
        apply: apply && ((rollback: Rollback) => apply(scene, wanted, rollback)),
        check: check && (() => check(scene, wanted)),
        restore: restore && (() => restore(scene, wanted)),
        proves: proves && (() => proves(scene, wanted)),
        ready: ready && (() => ready(scene, wanted)),
        isBasis,
      }),
    }),
  };
}
