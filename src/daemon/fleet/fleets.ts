import { type Env, errorText } from "../../base/index.ts";
import { pathsOf } from "../../cluster/config/index.ts";
import { notesDirectory, type SpoiledNetwork } from "../../cluster/networks/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import { DirectoryWatch } from "../../state/watch/index.ts";
import { type FleetNetwork, fleetNetworks, hasReservations } from "../../view/fleet/index.ts";
import type { Log } from "../observe/index.ts";
import { fleetMetrics } from "./metrics.ts";
import { RunningNetwork } from "./network.ts";
import { Stores } from "./stores.ts";

const SETTLE_MS = 100;
/** Between two looks for a configuration directory that is not there, in milliseconds. */
const LOOK_MS = 60_000;

export interface FleetsOptions {
  readonly env: Env;
  readonly confDir: string;
  readonly version: string;
  readonly log: Log;
}

interface Running {
  readonly text: string;
  readonly network: RunningNetwork;
}

/** The fleets' networks of this node, each with its member and its overlay. */
export class Fleets {
  readonly #options: FleetsOptions;
  readonly #stores = new Stores();
  readonly #running = new Map<string, Running>();
  readonly #watches = new DisposableStack();
  /** Networks that are left out, by their names; reported once each. */
  #spoiled: ReadonlyMap<string, SpoiledNetwork> = new Map();
  /** The fleets' networks that are configured on this node. */
  #configured: ReadonlySet<string> = new Set();
  /** Networks begin and end one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(given: FleetsOptions) {
    this.#options = given;
    const { env, confDir } = given;
    const changed = (): void => this.#look();
    const options = { settleMs: SETTLE_MS, changed };
    this.#watches.use(new DirectoryWatch(notesDirectory(env), options));
    const others = { makes: false, lookMs: LOOK_MS };
    this.#watches.use(new DirectoryWatch(confDir, { ...options, ...others }));
    this.#look();
  }

  /**
   * Why ADDs cannot be served, for readiness. Of what was used once, is configured no more and has no container,
   * none is expected: it is named, and that is all.
   */
  get unready(): string | undefined {
    for (const { name, reason, note } of this.#spoiled.values()) {
      if (note === undefined) return `network ${name}: ${reason}`;
    }
    for (const [name, { network }] of this.#running) {
      const { unready } = network.look();
      if (unready === undefined || !this.#isWanted(name, network)) continue;
      return `fleet's network ${name}: ${unready}`;
    }
    return undefined;
  }

  #isWanted(name: string, { cluster }: RunningNetwork): boolean {
    return this.#configured.has(name) || hasReservations(pathsOf(cluster.place).reservations);
  }

  status(): readonly JsonObject[] {
    const spoiled = [...this.#spoiled.values()].map((each) => ({
      names: [each.name],
      ready: false,
      warnings: [troubleOf(each)],
    }));
    return [...[...this.#running.values()].map(({ network }) => network.status()), ...spoiled];
  }

  metrics(): string {
    return fleetMetrics([...this.#running.values()].map(({ network }) => network));
  }

  /** Ends all of them; sessions and tunnels stay, so that the next daemon goes on with them. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#watches[Symbol.dispose]();
    await this.#turn;
    const all = [...this.#running.values()];
    this.#running.clear();
    await Promise.all(all.map(async ({ network }) => await network.end()));
  }

  #look(): void {
    this.#turn = this.#turn
      .then(async () => await this.#adjust())
      .catch((error: unknown) => {
        this.#options.log.error("fleet", { reason: errorText(error) });
      });
  }

  /** Begins what is new, ends what is gone, and begins anew what has changed. */
  async #adjust(): Promise<void> {
    if (this.#isOver) return;
    const { env, confDir, log } = this.#options;
    const { networks, configured, spoiled } = fleetNetworks(env, confDir);
    this.#configured = configured;
    for (const each of spoiled) {
      const { name, reason } = each;
      if (this.#spoiled.get(name)?.reason === reason) continue;
      log.error("fleet", { network: name, reason: troubleOf(each) });
    }
    this.#spoiled = new Map(spoiled.map((each) => [each.name, each]));
    const ending = [...this.#running].filter(
      ([name, { text }]) => textOf(networks.get(name)) !== text,
    );
    for (const [name, { network }] of ending) {
      this.#running.delete(name);
      await network.end();
      log.info("fleet ended", { network: name });
      // A file with a mistake in it is no reason to take away what packets go through.
      const isLeft = !networks.has(name) && !network.names.some((each) => this.#spoiled.has(each));
      if (isLeft) await network.leave();
    }
    for (const [name, found] of networks) {
      if (this.#running.has(name)) continue;
      const network = new RunningNetwork({ ...this.#options, found, stores: this.#stores });
      this.#running.set(name, { text: textOf(found), network });
      log.info("fleet begun", { network: name, store: found.cluster.store.kind });
    }
  }
}

function troubleOf({ reason, note }: SpoiledNetwork): string {
  if (note === undefined) return reason;
  return `${reason}; it is not configured any more, and is forgotten when ${note} is removed`;
}

/** What a network is begun with. */
function textOf(found: FleetNetwork | undefined): string {
  return found === undefined ? "" : JSON.stringify(found);
}
