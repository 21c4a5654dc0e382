/** A fleet as an administrator looks at it: everything in the store, read once. */
import { Prefix } from "../addr/index.ts";
import type { Store } from "../store/index.ts";
import { readView } from "./follow.ts";
import { FleetKeys } from "./keys.ts";
import { readAll } from "./pages.ts";
import {
  parseAlive,
  parseFill,
  parseFleet,
  parseHalt,
  parseQuarantine,
  parseSticky,
} from "./parse.ts";
import type { Owner } from "./parts.ts";
import type {
  AliveRecord,
  FillRecord,
  FleetRecord,
  HaltRecord,
  QuarantineRecord,
  StickyRecord,
} from "./records.ts";
import type { FleetView } from "./view.ts";

export interface FleetState {
  readonly network: string;
  /** The store's own identity and revision now. */
  readonly cluster: string;
  readonly revision: bigint;
  readonly fleet: FleetRecord;
  readonly halt: (HaltRecord & { readonly revision: bigint }) | undefined;
  readonly view: FleetView;
  readonly alive: ReadonlyMap<string, AliveRecord>;
  readonly quarantines: readonly { readonly owner: Owner; readonly record: QuarantineRecord }[];
  /** Of nodes that write theirs: those where addresses are short. */
  readonly fills: ReadonlyMap<string, FillRecord>;
  readonly names: ReadonlyMap<string, StickyRecord>;
  /** Keys below the fleet's that hold no record of this program. */
  readonly foreign: readonly string[];
}

/** Undefined where the network has no fleet in this store. @throws StoreError */
export async function readFleet(
  store: Store,
  network: string,
  signal?: AbortSignal,
): Promise<FleetState | undefined> {
  const keys = new FleetKeys(network);
  const call = signal === undefined ? {} : { signal };
  const { cluster, revision } = await store.identify(call);
  const { entries } = await store.read({ key: keys.fleet }, call);
  const fleet = entries[0] === undefined ? undefined : parseFleet(entries[0].value);
  if (fleet === undefined) return undefined;
  const { view } = await readView({ store, config: configOf(network, fleet) }, signal);
  const foreign = [...view.foreign];
  const records = async <T>(
    prefix: string,
    parse: (value: string) => T | undefined,
  ): Promise<Map<string, T>> => {
    const found = new Map<string, T>();
    for (const { key, value } of (await readAll(store, prefix, call)).entries) {
      const record = parse(value);
      if (record === undefined) foreign.push(key);
      else found.set(key.slice(prefix.length), record);
    }
    return found;
  };
  const halt = (await store.read({ key: keys.halt }, call)).entries[0];
  const names = await records(keys.stickies, parseSticky);
  return {
    network,
    cluster,
    revision,
    fleet,
    halt: halt && {
      ...(parseHalt(halt.value) ?? { reason: "its record says no reason", by: "" }),
      revision: halt.revision,
    },
    view,
    alive: await records(keys.allAlive, parseAlive),
    quarantines: [...(await records(keys.quarantines, parseQuarantine))].flatMap(
      ([name, record]) => {
        const owner = keys.quarantineOf(keys.quarantines + name);
        return owner === undefined ? [] : [{ owner, record }];
      },
    ),
    fills: await records(keys.fills, parseFill),
    names: new Map([...names].map(([name, record]) => [decodeName(name), record])),
    foreign,
  };
}

/** What a fleet's record says of its subnets. */
export function configOf(
  network: string,
  fleet: FleetRecord,
): {
  readonly network: string;
  readonly subnets: readonly Prefix[];
  readonly blockSizes: readonly number[];
} {
  return {
    network,
    subnets: fleet.subnets.map((text) => Prefix.parse(text)),
    blockSizes: fleet.blockSizes,
  };
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
