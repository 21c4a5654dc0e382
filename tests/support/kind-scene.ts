import type { Context } from "../../src/plugin/index.ts";
import type { Attachment, Operation } from "../../src/spec/index.ts";
import type { Scene } from "../../src/state/index.ts";
import type { Namespaces } from "../../src/state/namespaces/index.ts";

/** What a test of one kind says of the call. */
export interface SceneOptions {
  readonly owner?: Attachment;
  readonly operation?: Operation;
  readonly env?: Readonly<Record<string, string>>;
  readonly log?: (text: string) => void;
  readonly more?: Partial<Context>;
}

/** The attachment of scenes that name none. */
export const OWNER: Attachment = { network: "net1", containerId: "id-one", ifName: "eth0" };

/** A call as kinds see it, without a plugin around it; delegations are not to be had. */
export function kindScene(namespaces: Namespaces, options: SceneOptions = {}): Scene {
  const { owner = OWNER, operation = "ADD", env = {}, log = () => undefined, more } = options;
  const ctx: Context = {
    ...{ operation, ...owner, cniVersion: "1.1.0", netns: "/var/run/netns/one" },
    ...{ args: [], rawArgs: "", path: [], config: {}, stdin: "{}", env },
    ...{ signal: new AbortController().signal, log, step: () => undefined },
    locked: async (_scope, work) => await work(),
    get delegate(): never {
      throw new Error("this scene has no delegates");
    },
    get executor(): never {
      throw new Error("this scene has no executor");
    },
    ...more,
  };
  return { ctx, owner, namespaces };
}

/** Applies a piece by itself and gives what takes it back; takes it back when it fails. */
export async function applied(piece: {
  apply?(rollback: AsyncDisposableStack): unknown;
}): Promise<AsyncDisposableStack> {
  await using rollback = new AsyncDisposableStack();
  await piece.apply?.(rollback);
  return rollback.move();
}
