/** `hawser cluster init`: a fleet is set up in its store, or goes on after a halt. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { defined, printable } from "../../../base/index.ts";
import {
  type ClusterNetwork,
  clusterNetwork,
  refuseOverlap,
  refuseShared,
} from "../../../cluster/networks/index.ts";
import { refuseUsed } from "../../../cluster/own-addresses/index.ts";
import {
  initFleet,
  NotDone,
  notAsserted,
  otherFleets,
  readFleet,
  resumeFleet,
} from "../../../fleet/index.ts";
import type { FleetReport } from "../../../fleet/operator/index.ts";
import { overlayMtu, type Underlay, UnderlayError, underlayOf } from "../../../overlay/index.ts";
import {
  CniError,
  ErrorCode,
  field,
  isObject,
  type JsonObject,
  numberOf,
  printJson,
} from "../../../spec/index.ts";
import { ConfigError } from "../../failure.ts";
import type { CliIo } from "../../io.ts";
import { listed } from "../../suggest.ts";
import { requireYes } from "./ask.ts";
import type { InitOptions } from "./options.ts";
import {
  clusterOf,
  fleetsIn,
  isFleetPlugin,
  type NamedFleet,
  type OpenFleet,
  onFleet,
  storeName,
} from "./session.ts";
import { reportOf } from "./source.ts";
import { fleetJson } from "./texts.ts";

export async function runClusterInit(
  io: CliIo,
  network: string | undefined,
  options: InitOptions,
): Promise<number> {
  const named = { ...options, ...defined({ network: network ?? options.network }) };
  return await onFleet(io, named, async (fleet) => {
    const { session, store, cluster } = fleet;
    if (options.resume === true) return await resume(fleet, options);
    refuseSubnets(fleet, fleetsIn(io, options));
    await refuseOthersOfStore(fleet);
    const isNew = await beginning(() => initFleet(store, cluster.fleet));
    const report = await reportOf(fleet);
    const room = roomOf(fleet);
    const conflist = room.mtu === undefined ? undefined : withMtu(fleet, room.mtu);
    session.answer({
      ...fleetJson(report, fleet),
      state: isNew ? "made" : "there",
      ...defined({ mtu: room.mtu, conflist }),
    });
    session.say(
      isNew
        ? `the fleet ${report.network} is set up: ${subnetsText(report)}`
        : `the fleet ${report.network} is there already: ${subnetsText(report)}`,
    );
    session.say(`in ${storeName(cluster.store)}`);
    session.say(room.text);
    if (options.output !== undefined && conflist !== undefined) {
      writeFileSync(resolve(io.cwd, options.output), `${printJson(conflist, 2)}\n`);
      session.say(`${options.output} is the network with that MTU, for every node`);
    }
  });
}

/** @throws ConfigError where addresses of the fleet are another fleet's, or this node's own */
function refuseSubnets({ loaded, cluster }: NamedFleet, fleets: ReturnType<typeof fleetsIn>): void {
  const { name } = loaded.config;
  const others = fleets.flatMap((each): ClusterNetwork[] => {
    if (each.config.name === name) return [];
    try {
      const other = clusterOf(each);
      return other === undefined ? [] : [{ name: each.config.name, cluster: other }];
    } catch {
      return []; // what is wrong with another file is no answer to this
    }
  });
  const plugin = loaded.config.plugins.find(({ json }) => isFleetPlugin(json))?.json ?? {};
  try {
    refuseOverlap({ name, cluster }, others);
    refuseUsed(clusterNetwork({ network: name, config: plugin }));
  } catch (error) {
    throw new ConfigError(CniError.from(error));
  }
}

/** Nodes that are in one fleet alone do not see the other one. @throws ConfigError */
async function refuseOthersOfStore({ store, cluster, session }: OpenFleet): Promise<void> {
  const { network, subnets } = cluster.fleet;
  const { signal } = session.io;
  for (const other of await otherFleets(store, network, { signal })) {
    try {
      refuseShared(subnets, other, "that fleet is in the same store");
    } catch (error) {
      throw new ConfigError(CniError.from(error));
    }
  }
}

/** Ends a halt, when the nodes have asserted what they hold or the operator goes without them. */
async function resume(
  fleet: Parameters<Parameters<typeof onFleet>[2]>[0],
  options: InitOptions,
): Promise<void> {
  const { session, store } = fleet;
  const before = await reportOf(fleet);
  if (before.halt === undefined) throw refused(`the fleet ${before.network} is not halted`);
  session.say(printable(`halted: ${before.halt.reason} (seen by ${before.halt.by})`));
  const state = await readFleet(store, before.network);
  const missing = state === undefined ? [] : notAsserted(state);
  if (missing.length > 0) {
    const who = printable(listed(missing));
    session.say(
      `not asserted since: ${who}. What they took after the backup may be given to others`,
    );
    await requireYes(session, options.yes, `go on without ${who}?`);
  }
  await beginning(() => resumeFleet(store, before.network, new Set(missing)));
  const after = await reportOf(fleet);
  session.answer({ ...fleetJson(after, fleet), state: "resumed" });
  session.say(`the fleet ${after.network} goes on`);
}

function subnetsText({ spaces, record }: FleetReport): string {
  const subnets = spaces.map(({ subnet, blockSize }) => `${subnet} in blocks of /${blockSize}`);
  return `${subnets.join(", ")}; overlay ${record.overlay}`;
}

/** The largest packet that the overlay leaves to containers on this node. */
interface Room {
  readonly mtu?: number;
  readonly text: string;
}

function roomOf({ cluster }: NamedFleet): Room {
  const { kind, underlay, mtu } = cluster.overlay;
  if (kind === "none") return { text: "packets between nodes are the routers' affair" };
  let link: Underlay;
  try {
    link = underlayOf(underlay);
  } catch (error) {
    if (!(error instanceof UnderlayError)) throw error;
    return { text: `what ${kind} leaves to containers is not known here: ${error.message}` };
  }
  const most = overlayMtu(kind, link.mtu, link.address.family);
  const text = `${kind} over ${link.name} (${link.mtu} bytes) leaves packets of ${most} bytes to containers`;
  if (mtu === undefined || mtu <= most) return { mtu: mtu ?? most, text };
  return { mtu: most, text: `${text}: "mtu" is ${mtu}, and what is larger than ${most} gets lost` };
}

/** The network's file as it is, with the MTU of the interface plugin. */
function withMtu({ loaded }: NamedFleet, mtu: number): JsonObject | undefined {
  const { json } = loaded.config;
  const plugins = json === undefined ? undefined : field(json, "plugins");
  if (json === undefined || !Array.isArray(plugins)) return undefined;
  return {
    ...json,
    plugins: plugins.map((plugin) => {
      if (!isObject(plugin) || !isFleetPlugin(plugin)) return plugin;
      const own = numberOf(field(plugin, "mtu"));
      return { ...plugin, mtu: own === undefined || own === 0 || own > mtu ? mtu : own };
    }),
  };
}

/** @throws CniError for what cannot be begun */
async function beginning<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof NotDone ? refused(error.message) : error;
  }
}

function refused(msg: string): CniError {
  return new CniError(ErrorCode.IO_FAILURE, msg);
}
