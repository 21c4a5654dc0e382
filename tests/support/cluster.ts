import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClusterPaths, pathsOf } from "../../src/cluster/config/index.ts";
import { MemberLock } from "../../src/cluster/member/index.ts";
import { BootClock } from "../../src/cluster/node/index.ts";
import { readWants } from "../../src/cluster/waiting/index.ts";
import type { Holding, Need, Picture, SubnetPicture } from "../../src/fleet/index.ts";
import { type Trial, tryPlugin } from "../../src/plugin/index.ts";
import { plugin } from "../../src/plugins/cluster/index.ts";
import type { Answer, Ipam } from "./host-local.ts";

export const SUBNET4 = "10.42.0.0/16";
export const SUBNET6 = "fd00:42::/64";

/** What a node has of a subnet: the prefixes in their states. */
export function subnetPicture(
  subnet: string,
  gateway: string | undefined,
  ...holdings: readonly (readonly [prefix: string, state: Holding["state"]])[]
): SubnetPicture {
  return {
    subnet,
    ...(gateway === undefined ? {} : { gateway }),
    holdings: holdings.map(([prefix, state]) => ({ prefix, state })),
  };
}

/** A node's directory in one fleet's network, with calls of the plugin on it; no store can be reached. */
export class ClusterLab implements Disposable {
  readonly root: string = mkdtempSync(join(tmpdir(), "cluster-"));
  readonly network: string = "pods";
  readonly #clock = new BootClock();

  get #paths(): ClusterPaths {
    return pathsOf({ dataDir: join(this.root, "data"), network: this.network });
  }

  get directory(): string {
    return join(this.root, "data", this.network);
  }

  /** Writes the picture as the node's member would, confirmed now. */
  picture(change: Partial<Picture> = {}): void {
    const picture: Picture = {
      format: 1,
      network: this.network,
      node: "node1",
      epoch: 1,
      session: "s",
      boot: this.#clock.boot,
      revision: "7",
      cluster: "c",
      generation: 0,
      confirmed: { boot: this.#clock.boot, atMs: this.#clock.now() },
      holdMs: 60_000,
      subnets: [subnetPicture(SUBNET4, "10.42.0.65", ["10.42.0.64/26", "held"])],
      ...change,
    };
    mkdirSync(this.directory, { recursive: true });
    writeFileSync(join(this.directory, "picture.json"), JSON.stringify(picture));
  }

  /** The start of this machine, and how long ago it was. */
  time(): { readonly boot: string; readonly now: number } {
    return { boot: this.#clock.boot, now: this.#clock.now() };
  }

  /** Takes the member's lock, as a daemon does: no call asks the store by itself meanwhile. */
  member(): Disposable {
    const lock = MemberLock.take(this.#paths);
    if (lock === undefined) throw new Error("the member's lock is taken");
    return lock;
  }

  /** What ADDs wait for now. */
  needs(): readonly Need[] {
    return readWants(this.#paths, this.#clock);
  }

  get env(): Readonly<Record<string, string>> {
    return { HAWSER_STATE_DIR: join(this.root, "state") };
  }

  config(ipam: Ipam = {}, more: Readonly<Record<string, unknown>> = {}): string {
    // A closed port of the test's own host: what asks the store fails at once.
    const store = { etcd: { endpoints: ["http://127.0.0.1:1"], timeout: "1s" } };
    return JSON.stringify({
      cniVersion: "1.1.0",
      name: this.network,
      type: "ptp",
      ipam: {
        ...{ type: "cluster", subnet: SUBNET4, store, overlay: "none", wait: "1s" },
        dataDir: join(this.root, "data"),
        ...ipam,
      },
      ...more,
    });
  }

  async call(trial: Trial): Promise<Answer> {
    const env = { ...this.env, ...trial.env };
    const { exitCode, json, stderr } = await tryPlugin(plugin, { ...trial, env });
    return { exitCode, json: json as Answer["json"], stderr };
  }

  async add(containerId: string, ipam: Ipam = {}, more: Partial<Trial> = {}): Promise<Answer> {
    return await this.call({ operation: "ADD", config: this.config(ipam), containerId, ...more });
  }

  async del(containerId: string, ipam: Ipam = {}, more: Partial<Trial> = {}): Promise<Answer> {
    return await this.call({ operation: "DEL", config: this.config(ipam), containerId, ...more });
  }

  async check(containerId: string, ipam: Ipam = {}, more: Partial<Trial> = {}): Promise<Answer> {
    return await this.call({ operation: "CHECK", config: this.config(ipam), containerId, ...more });
  }

  /** STATUS and GC have no container. */
  async ask(operation: "STATUS" | "GC", config: string = this.config()): Promise<Answer> {
    return await this.call({ operation, config });
  }

  /** File names of reservations, in order. */
  reservations(): string[] {
    const path = join(this.directory, "reservations");
    if (!existsSync(path)) return [];
    return readdirSync(path)
      .filter((name) => name !== "lock" && !name.startsWith("last_reserved_ip."))
      .toSorted();
  }

  read(name: string): string {
    return readFileSync(join(this.directory, "reservations", name), "utf8");
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
