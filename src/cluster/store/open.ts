import { defined } from "../../base/index.ts";
import type { Store } from "../../store/index.ts";
import type { StoreOptions } from "../config/index.ts";

/**
 * Opens the engine that a configuration names. An engine's code is loaded when it is asked for: a plugin
 * with a block at hand loads none.
 * @throws StoreError for certificates that cannot be read; a server that is away is found later
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  if (options.kind === "files") {
    const { FileStore } = await import("../../store/files/index.ts");
    return FileStore.open(options.directory);
  }
  const { EtcdStore } = await import("../../store/etcd/index.ts");
  const { endpoints, tls, user, passwordFile, timeoutMs: callMs } = options;
  return EtcdStore.open({ endpoints, callMs, ...defined({ tls, user, passwordFile }) });
}
