import { readdirSync } from "node:fs";
import { join } from "node:path";
import { confDirOf, type Env, errorText } from "../../base/index.ts";
import { field, isObject, type JsonObject } from "../../spec/index.ts";
import { readNamed } from "../../state/files/index.ts";
import { stateDirectory } from "../../state/owner/index.ts";
import type { Log } from "../observe/index.ts";
import type { Fleets } from "./fleets.ts";

/** The type of the IPAM plugin. */
const CLUSTER = "cluster";
/** Of a configuration directory, so much is looked at. */
const FILES_MAX = 512;
const FILE_BYTES_MAX = 1024 * 1024;

export interface FleetGateOptions {
  readonly env: Env;
  readonly version: string;
  readonly log: Log;
}

/**
 * The daemon's part in fleets. While no network of this node takes its addresses from a fleet, nothing of
 * it is loaded.
 */
export class FleetGate {
  readonly #options: FleetGateOptions;
  readonly #confDir: string;
  #fleets: Fleets | undefined;
  #loading: Promise<void> | undefined;
  #isOver = false;

  constructor(options: FleetGateOptions) {
    this.#options = options;
    this.#confDir = confDirOf(options.env);
  }

  /** Why ADDs of a fleet's network cannot be served, for readiness; undefined while they can. */
  get unready(): string | undefined {
    return this.#fleets?.unready;
  }

  /** Whether this node takes part in a fleet. */
  get isThere(): boolean {
    return this.#fleets !== undefined;
  }

  /** Looks whether there is such a network; to be called now and then. */
  look(): void {
    if (this.#loading === undefined && this.#isWanted()) this.#load();
  }

  /** Takes note of the configuration of a call. */
  hear(config: JsonObject | undefined): void {
    if (config === undefined || this.#loading !== undefined) return;
    const ipam = field(config, "ipam");
    if (isObject(ipam) && field(ipam, "type") === CLUSTER) this.#load();
  }

  /** What the daemon's status says of it; undefined where there is no such network. */
  status(): readonly JsonObject[] | undefined {
    return this.#fleets?.status();
  }

  /** Metrics in the text format of Prometheus. */
  metrics(): string {
    return this.#fleets?.metrics() ?? "";
  }

  /** Ends the members; sessions and tunnels stay. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#loading;
    await this.#fleets?.end();
  }

  #load(): void {
    if (this.#isOver) return;
    this.#loading = this.#begin().catch((error: unknown) => {
      this.#options.log.error("fleet", { reason: errorText(error) });
      this.#loading = undefined; // the next look tries again
    });
  }

  async #begin(): Promise<void> {
    const { Fleets } = await import("./fleets.ts");
    if (this.#isOver) return;
    this.#fleets = new Fleets({ ...this.#options, confDir: this.#confDir });
  }

  #isWanted(): boolean {
    const notes = join(stateDirectory(this.#options.env), CLUSTER);
    if (namesIn(notes).some((name) => name.endsWith(".json"))) return true;
    return namesIn(this.#confDir)
      .slice(0, FILES_MAX)
      .some((name) => /\.(?:conf|conflist|json)$/u.test(name) && this.#names(name));
  }

  /** Whether the word is in a file: what it means is judged by what is loaded then. */
  #names(file: string): boolean {
    try {
      return readNamed(join(this.#confDir, file), FILE_BYTES_MAX).includes(`"${CLUSTER}"`);
    } catch {
      return false;
    }
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
