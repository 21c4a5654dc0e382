import type { Attachment } from "../../spec/index.ts";
import { type Finding, removed } from "../standing.ts";
import type { OwnerStore } from "./store.ts";

/** For a plan of DEL: the attachment's note, when there is one. */
export function foundNote(records: OwnerStore, owner: Attachment): Finding[] {
  const path = records.pathIfThere(owner);
  return path === undefined ? [] : [removed(`note ${path}`)];
}

/** For a plan of GC: the notes of attachments that are not valid any more. */
export function staleNotes(
  records: OwnerStore,
  network: string,
  isStale: (mark: string) => boolean,
): Finding[] {
  const stale = records.staleRecords(network, isStale);
  return stale.flatMap((record) => foundNote(records, record));
}
