/** Which fleet a command is about, and its store. */
import {
  type ClusterConfig,
  parseCluster,
  type StoreOptions,
} from "../../../cluster/config/index.ts";
import { openStore } from "../../../cluster/store/index.ts";
import { type LoadedNetwork, loadNetworks } from "../../../runtime/index.ts";
import { CniError, ErrorCode, field, isObject, type JsonObject } from "../../../spec/index.ts";
import { type Store, StoreError } from "../../../store/index.ts";
import { ConfigError, ExplainedError } from "../../failure.ts";
import type { CliIo } from "../../io.ts";
import { confDir, UsageError } from "../../request.ts";
import { Session } from "../../session.ts";
import { suggestion } from "../../suggest.ts";
import type { ClusterOptions } from "./options.ts";

/** A fleet as this node's configuration names it. */
export interface NamedFleet {
  readonly session: Session;
  readonly loaded: LoadedNetwork;
  readonly cluster: ClusterConfig;
}

/** A fleet with its store. */
export interface OpenFleet extends NamedFleet {
  readonly store: Store;
}

/** Does the work of a command on the fleet that the options name. */
export async function onFleet(
  io: CliIo,
  options: ClusterOptions,
  work: (fleet: OpenFleet) => Promise<void>,
): Promise<number> {
  const session = new Session(io, options, "CLUSTER");
  return await session.run(async () => {
    const named = namedFleet(session, options.network);
    const { store: engine } = named.cluster;
    try {
      await using store = await openStore(engine);
      await work({ ...named, store });
    } catch (error) {
      throw explained(error, engine);
    }
  });
}

/**
 * The fleet that a name or file means, or the only one.
 * @throws ConfigError, UsageError
 */
export function namedFleet(session: Session, name: string | undefined): NamedFleet {
  const loaded = name === undefined ? onlyFleet(session) : session.network(name);
  const cluster = clusterOf(loaded);
  if (cluster === undefined) throw new ConfigError(noFleet(session, loaded.config.name));
  session.about({ network: cluster.fleet.network });
  return { session, loaded, cluster };
}

/** The networks in the directory that are fleets. */
export function fleetsIn(io: CliIo, options: ClusterOptions): LoadedNetwork[] {
  return loadNetworks(confDir(io, options)).networks.filter((each) => ipamOf(each) !== undefined);
}

function onlyFleet({ io, options }: Session): LoadedNetwork {
  const fleets = fleetsIn(io, options);
  const [only, ...more] = fleets;
  if (only !== undefined && more.length === 0) return only;
  if (only === undefined) {
    const msg = `no network in ${confDir(io, options)} is a fleet's: none has the IPAM plugin cluster`;
    const advice = "name a file by --network, or another directory by --conf-dir";
    throw new ConfigError(new CniError(ErrorCode.INVALID_NETWORK_CONFIG, msg, { advice }));
  }
  const names = fleets.map(({ config }) => config.name);
  throw new UsageError(
    `this node is in ${names.length} fleets: say --network ${names.join(" or ")}`,
  );
}

function noFleet({ io, options }: Session, name: string): CniError {
  const msg = `network ${name} is no fleet's: its addresses are not by the IPAM plugin cluster`;
  let names: string[] = [];
  try {
    names = fleetsIn(io, options).map(({ config }) => config.name);
  } catch {
    // What is wrong with the directory is no answer to this.
  }
  const advice = names.length === 0 ? "no network here is a fleet's" : suggestion(name, names);
  return new CniError(ErrorCode.INVALID_NETWORK_CONFIG, msg, { advice });
}

/** @throws ConfigError for a fleet's configuration that is no good */
export function clusterOf(loaded: LoadedNetwork): ClusterConfig | undefined {
  const config = ipamOf(loaded);
  if (config === undefined) return undefined;
  try {
    return parseCluster({ config, network: loaded.config.name });
  } catch (error) {
    throw new ConfigError(CniError.from(error));
  }
}

/** The plugin of the list whose addresses are by `cluster`; or that is it itself. */
function ipamOf({ config }: LoadedNetwork): JsonObject | undefined {
  return config.plugins.find(({ json }) => isFleetPlugin(json))?.json;
}

/** Whether the addresses of a plugin are a fleet's. */
export function isFleetPlugin(plugin: JsonObject): boolean {
  const ipam = field(plugin, "ipam");
  return [plugin, ipam].some((one) => isObject(one) && field(one, "type") === "cluster");
}

/** What mends a store that does not serve. */
const REMEDIES: Readonly<Partial<Record<StoreError["fault"], string>>> = {
  unreachable: "nodes go on serving from the blocks that they hold; see whether etcd runs",
  denied: "the user's role needs readwrite on /hawser/; docs/cluster.md shows how",
  certificate: "correct the file or the endpoint that is named; nothing has to be restarted",
  full: "compact and defragment etcd, then: etcdctl alarm disarm",
  "wrong answer": "see that all endpoints are members of one etcd",
};

/** What a store's fault is for people, and what to do about it. */
function explained(error: unknown, engine: StoreOptions): unknown {
  if (!(error instanceof StoreError) || error.fault === "aborted") return error;
  const code = error.fault === "unreachable" ? ErrorCode.TRY_AGAIN_LATER : ErrorCode.IO_FAILURE;
  const told = new CniError(code, `${storeName(engine)}: ${error.message}`, { cause: error });
  return new ExplainedError(told, { advice: REMEDIES[error.fault] });
}

/** `the store in etcd`, and where it is. */
export function storeName(engine: StoreOptions): string {
  return engine.kind === "etcd"
    ? `the store, etcd at ${engine.endpoints.join(", ")}`
    : `the store, files in ${engine.directory}`;
}
