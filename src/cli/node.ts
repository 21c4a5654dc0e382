/** What commands about the whole node read first. */
import { errorText } from "../base/index.ts";
import { type CachedAttachment, type LoadedNetwork, loadNetworks } from "../runtime/index.ts";
import { type KnownAttachment, knownAttachments } from "../view/index.ts";
import { confDir } from "./request.ts";
import type { Session } from "./session.ts";

/** What is configured and attached on a node. */
export interface NodeSources {
  readonly networks: readonly LoadedNetwork[];
  readonly cached: readonly CachedAttachment[];
  /** Undefined when it cannot be read. */
  readonly known: readonly KnownAttachment[] | undefined;
}

/**
 * Reads them; what cannot be read is a warning, and the rest goes on.
 * @throws for a caller that is not root, and may not read it
 */
export function readNode(session: Session): NodeSources {
  const { io, options } = session;
  const runtime = session.runtime();
  const orElse = <T, R>(what: string, read: () => T, otherwise: R): T | R => {
    try {
      return read();
    } catch (error) {
      if (io.isRoot === false) throw error;
      session.warn(`${what} cannot be read: ${errorText(error)}`);
      return otherwise;
    }
  };
  const dir = confDir(io, options);
  const directory = orElse("what is configured", () => loadNetworks(dir), undefined);
  for (const { file, error } of directory?.skipped ?? []) {
    session.warn(`${file} is left out: ${errorText(error)}`);
  }
  return {
    networks: directory?.networks ?? [],
    cached: orElse("what is remembered", () => runtime.cachedAttachments(), []),
    known: orElse("what is attached", () => knownAttachments(runtime, io.env), undefined),
  };
}
