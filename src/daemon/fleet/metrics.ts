import type { Holdings } from "../../view/fleet/index.ts";
import { Registry } from "../observe/index.ts";
import type { NetworkLook, RunningNetwork } from "./network.ts";

/** A network, and what it is like now. */
interface Seen extends NetworkLook {
  readonly of: RunningNetwork;
}

/** Metrics of the fleets' networks; docs/daemon.md lists the names. */
export function fleetMetrics(networks: readonly RunningNetwork[]): string {
  const registry = new Registry();
  const all = networks.map((each): Seen => ({ of: each, ...each.look() }));
  const gauge = (name: string, help: string, read: (seen: Seen) => number | undefined): void =>
    registry.gauges(`hawser_fleet_${name}`, help, ["network"], () =>
      all.flatMap((seen) => {
        const value = read(seen);
        return value === undefined ? [] : [[value, seen.of.network] as const];
      }),
    );
  const holding = (name: string, help: string, read: (of: Holdings) => number | undefined): void =>
    gauge(name, help, ({ holdings }) => holdings && read(holdings));
  gauge("ready", "1 when ADDs of the network can be served.", ({ unready }) =>
    unready === undefined ? 1 : 0,
  );
  gauge("store_up", "1 when the store answered the last question.", ({ of: { store } }) =>
    store !== undefined && store.trouble === undefined ? 1 : 0,
  );
  gauge("waiting", "Needs of ADDs that wait for an address.", ({ of }) => of.waiting);
  gauge("warnings", "What an administrator should look at.", ({ warnings }) => warnings.length);
  holding("blocks", "Blocks and parts of blocks that this node holds.", ({ blocks }) => blocks);
  holding("addresses", "Addresses in them.", ({ addresses }) => addresses);
  holding(
    "addresses_reserved",
    "Addresses of them that have a reservation.",
    ({ reserved }) => reserved,
  );
  holding("addresses_free", "Addresses of them that a container could get.", ({ free }) => free);
  holding(
    "addresses_lost",
    "Addresses of living containers that are not this node's any more.",
    ({ lost }) => lost,
  );
  holding(
    "confirmed_seconds",
    "Time since the store has confirmed what this node holds.",
    ({ confirmedSeconds }) => confirmedSeconds,
  );
  gauge("overlay_peers", "Other nodes that the overlay leads to.", ({ of }) => of.overlay?.peers);
  gauge("overlay_routes", "Prefixes that it leads to.", ({ of }) => of.overlay?.routes);
  gauge(
    "overlay_troubles",
    "What stands in the overlay's way.",
    ({ of }) => of.overlay?.troubles.length,
  );
  addStore(registry, networks);
  return registry.render();
}

function addStore(registry: Registry, networks: readonly RunningNetwork[]): void {
  const labels = ["network", "operation"] as const;
  const counter = (name: string, help: string, read: "asked" | "failed"): void =>
    registry.gauges(
      `hawser_fleet_store_${name}`,
      help,
      labels,
      () =>
        networks.flatMap(({ network, store }) =>
          [...(store?.counts ?? [])].map(
            ([operation, count]) => [count[read], network, operation] as const,
          ),
        ),
      "counter",
    );
  counter("operations_total", "Questions to the network's store, by kind.", "asked");
  counter("failures_total", "Questions to it that had no answer, by kind.", "failed");
  registry.gauges(
    "hawser_fleet_store_resyncs_total",
    "Watches that began anew since the store had forgotten where they were.",
    ["network"],
    () =>
      networks.flatMap(({ network, store }) => (store ? [[store.resyncs, network] as const] : [])),
    "counter",
  );
}
