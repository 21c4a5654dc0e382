import { type Env, errorText } from "../../base/index.ts";
import { notesDirectory } from "../../cluster/networks/index.ts";
import { DirectoryWatch } from "../../cluster/waiting/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import { type FleetNetwork, fleetNetworks } from "../../view/fleet/index.ts";
import type { Log } from "../observe/index.ts";
import { fleetMetrics } from "./metrics.ts";
import { RunningNetwork } from "./network.ts";
import { Stores } from "./stores.ts";

const SETTLE_MS = 100;

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
  /** Reasons why networks are left out, by their names; reported once each. */
  #spoiled: ReadonlyMap<string, string> = new Map();
  /** Networks begin and end one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(options: FleetsOptions) {
    this.#options = options;
    const { env, confDir } = options;
    const changed = (): void => this.#look();
    const watch = (directory: string, makes: boolean): void =>
      void this.#watches.use(
        new DirectoryWatch(directory, { settleMs: SETTLE_MS, changed, makes }),
      );
    watch(notesDirectory(env), true);
    watch(confDir, false);
    this.#look();
  }

  /** Why ADDs cannot be served, for readiness. */
  get unready(): string | undefined {
    for (const [name, reason] of this.#spoiled) return `network ${name}: ${reason}`;
    for (const [name, { network }] of this.#running) {
      const { unready } = network.look();
      if (unready !== undefined) return `fleet's network ${name}: ${unready}`;
    }
    return undefined;
  }

  status(): readonly JsonObject[] {
    const spoiled = [...this.#spoiled].map(([name, trouble]) => ({
      names: [name],
      ready: false,
      warnings: [trouble],
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
    const { networks, spoiled } = fleetNetworks(env, confDir);
    for (const { name, reason } of spoiled) {
      if (this.#spoiled.get(name) !== reason) log.error("fleet", { network: name, reason });
    }
    this.#spoiled = new Map(spoiled.map(({ name, reason }) => [name, reason]));
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

/** What a network is begun with. */
function textOf(found: FleetNetwork | undefined): string {
  return found === undefined ? "" : JSON.stringify(found);
}
