/** What a member knows before it has a session. */
import type { Entry } from "../store/index.ts";
import type { Picture } from "./picture.ts";
import type { AliveRecord, FleetRecord, NodeRecord } from "./records.ts";

/** What stands in the store and in the picture before the session is established. */
export interface Scene {
  /** The store's own identity. */
  readonly cluster: string;
  /** The picture, when it is of this node id. */
  readonly mine: Picture | undefined;
  readonly fleet: FleetRecord;
  readonly fleetEntry: Entry;
  readonly haltEntry: Entry | undefined;
  readonly record: NodeRecord | undefined;
  readonly nodeEntry: Entry | undefined;
  readonly alive: AliveRecord | undefined;
  readonly aliveEntry: Entry | undefined;
}
