/** The fleets that share a store. */
import { Prefix } from "../addr/index.ts";
import { type CallOptions, type Store, under } from "../store/index.ts";
import { FleetKeys } from "./keys.ts";
import { parseFleet } from "./parse.ts";

/** So many networks of a store are looked at; a store has a handful. */
const MOST = 1024;

export interface OtherFleet {
  readonly network: string;
  readonly subnets: readonly Prefix[];
}

/** Reads one key of each network, however many keys each has. @throws StoreError */
export async function otherFleets(
  store: Store,
  network: string,
  call: CallOptions = {},
): Promise<OtherFleet[]> {
  const all = under(FleetKeys.all);
  const end = "end" in all ? all.end : FleetKeys.all;
  const others: OtherFleet[] = [];
  let from = FleetKeys.all;
  for (let looks = 0; looks < MOST; looks++) {
    const [next] = (await store.read({ from, end, limit: 1 }, call)).entries;
    if (next === undefined) break;
    const name = FleetKeys.networkOf(next.key);
    if (name === undefined) {
      from = `${next.key}\0`;
      continue;
    }
    const keys = new FleetKeys(name);
    const range = under(keys.root);
    from = "end" in range ? range.end : end;
    if (name === network) continue;
    const [entry] = (await store.read({ key: keys.fleet }, call)).entries;
    const fleet = entry && parseFleet(entry.value);
    if (fleet === undefined) continue;
    others.push({ network: name, subnets: fleet.subnets.map((text) => Prefix.parse(text)) });
  }
  return others;
}
