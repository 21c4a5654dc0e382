import { join } from "node:path";

/** The options of buildah that name another storage than the machine's. */
export function storageOptions(storage: string | undefined): string[] {
  if (storage === undefined) return [];
  const places = ["--root", join(storage, "graph"), "--runroot", join(storage, "runroot")];
  return [...places, "--storage-driver", "vfs"];
}
