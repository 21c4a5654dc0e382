import type { Context } from "../../plugin/index.ts";
import type { Attachment } from "../../spec/index.ts";
import { OwnerStore, readBootId, stateDirectory } from "./store.ts";

/**
 * The owner records of one kind, where the call's environment has them.
 *
 * @example
 * ```ts
 * import { ownerRecords } from "hawser/state";
 *
 * const records = ownerRecords({ env: { HAWSER_STATE_DIR: "/run/hawser" } }, "my-ports");
 * const web = { network: "dbnet", containerId: "web-1", ifName: "eth0" };
 * records.write(web, { port: 8080 });
 * records.read(web)?.data; // → { port: 8080 }
 * records.remove(web);
 * records.read(web); // → undefined
 * ```
 */
export function ownerRecords(
  { env, looksOnly = false }: Pick<Context, "env" | "looksOnly">,
  kind: string,
): OwnerStore {
  return new OwnerStore({ stateDir: stateDirectory(env), kind, bootId: readBootId(), looksOnly });
}

/** Whose state a call is about. */
export function attachmentOf(ctx: Context): Attachment {
  const { network, containerId, ifName } = ctx;
  return { network, containerId, ifName };
}
