import type { Context } from "../../plugin/index.ts";
import type { Result, ValidAttachment } from "../../spec/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { attachmentOf, staleMarks } from "../owner/index.ts";
import type { Step } from "../step.ts";
import type { MasqueradeBackend } from "./config.ts";
import { masquerade } from "./kind.ts";

/** The kind for plugins that are lists of steps. */
export function masqueradeStep(
  ctx: Context,
  namespaces: Namespaces,
  backend: MasqueradeBackend,
  addresses: () => Result | undefined,
): Step {
  const scene = { ctx, namespaces, owner: attachmentOf(ctx) };
  const piece = masquerade.want(scene, { backend, addresses });
  return {
    name: piece.name,
    describe: () => piece.describe() ?? "",
    async apply() {
      await using rollback = new AsyncDisposableStack();
      await piece.apply?.(rollback);
      const made = rollback.move();
      return async () => await made.disposeAsync();
    },
    check: async () => await piece.check?.(),
    undo: async () => void (await masquerade.undo?.(scene)),
  };
}

/** What DEL undoes: the masquerading of an attachment in every layout. */
export function masqueradeRemoval(ctx: Context, namespaces: Namespaces): Step {
  return masqueradeStep(ctx, namespaces, "own", () => ctx.prevResult);
}

/** For STATUS: whether what the backend needs is there. */
export function masqueradeStatus(
  ctx: Context,
  namespaces: Namespaces,
  backend: MasqueradeBackend,
): void {
  const scene = { ctx, namespaces, owner: attachmentOf(ctx) };
  void masquerade.want(scene, { backend, addresses: () => undefined }).ready?.();
}

/** For GC of plugins that are lists of steps. */
export async function collectMasquerade(
  ctx: Context,
  namespaces: Namespaces,
  valid: readonly ValidAttachment[],
): Promise<void> {
  const { network } = ctx;
  const scene = { ctx, namespaces, owner: attachmentOf(ctx) };
  const garbage = { network, valid, isStale: staleMarks(network, valid) };
  await masquerade.collect?.(scene, garbage);
}
