import { Runtime, type RuntimeConf } from "../../src/runtime/index.ts";
import {
  type JsonObject,
  type NetworkConfig,
  parseNetworkConfig,
  printJson,
} from "../../src/spec/index.ts";
import { type AttachmentSync, type SyncOptions, syncAttachments } from "../../src/sync/index.ts";
import { knownAttachments } from "../../src/view/index.ts";
import { must } from "./exec.ts";
import { type Container, Host, type Outside } from "./host.ts";
import { ownPlugins } from "./own-plugins.ts";
import { type Greeter, startGreeter } from "./traffic.ts";

/** A list with everything that `sync` puts back. */
export function fullList(keys: JsonObject = {}, portmap: JsonObject = {}): NetworkConfig {
  return networkOf("dbnet", [
    {
      ...{ type: "bridge", bridge: "br0", isGateway: true, ipMasq: true, macspoofchk: true },
      ...{ hairpinMode: true, staticNeighbours: true },
      ipam: {
        type: "host-local",
        ranges: [[{ subnet: "10.1.0.0/24" }]],
        routes: [{ dst: "0.0.0.0/0" }, { dst: "198.51.100.0/24" }],
      },
      ...keys,
    },
    { type: "tuning", sysctl: { "net.core.somaxconn": "500" }, mtu: 1400 },
    { type: "bandwidth", ingressRate: 8_000_000, ingressBurst: 8_000_000 },
    { type: "portmap", capabilities: { portMappings: true }, ...portmap },
    { type: "firewall" },
  ]);
}

export function networkOf(name: string, plugins: readonly JsonObject[]): NetworkConfig {
  return parseNetworkConfig(printJson({ cniVersion: "1.1.0", name, plugins: [...plugins] }));
}

export const PORT = 8080;

/** A throwaway host, a machine outside, and attachments made by the product's runtime. */
export class SyncLab {
  readonly host: Host;
  readonly outside: Outside;
  readonly runtime: Runtime;
  readonly #greeters: Greeter[] = [];
  readonly #containers: Container[] = [];

  private constructor(host: Host, outside: Outside) {
    this.host = host;
    this.outside = outside;
    this.runtime = new Runtime({ pluginDirs: ["/plugins"], executor: ownPlugins() });
  }

  static async create(): Promise<SyncLab> {
    const host = await Host.create();
    return new SyncLab(host, await host.outside());
  }

  async container(name: string): Promise<Container> {
    const made = await this.host.container(name);
    this.#containers.push(made);
    return made;
  }

  async greeter(container: Container, port = 80): Promise<void> {
    this.#greeters.push(await startGreeter(container, port));
  }

  conf({ name, netns }: Container, hostPort = PORT): RuntimeConf {
    const portMappings = [{ hostPort, containerPort: 80, protocol: "tcp" }];
    return { containerId: name, netns, ifName: "eth0", capabilityArgs: { portMappings } };
  }

  async sync(
    options: Partial<SyncOptions> = {},
    ids?: readonly string[],
  ): Promise<AttachmentSync[]> {
    const known = knownAttachments(this.runtime, {});
    const chosen =
      ids?.flatMap((id) => known.filter(({ containerId }) => containerId === id)) ?? known;
    return await syncAttachments(chosen, { runtime: this.runtime, ...options });
  }

  /** Between tests. */
  async clear(): Promise<void> {
    for (const greeter of this.#greeters.splice(0)) await greeter.stop();
    for (const container of this.#containers.splice(0)) await this.host.remove(container);
    await must(["rm", "-rf", "/var/lib/cni/results"]);
    await this.host.tidy();
  }
}

/** `plugin/piece` of what has this state, in order. */
export function piecesOf(report: AttachmentSync | undefined, state: string): string[] {
  return (report?.plugins ?? []).flatMap(({ type, pieces = [] }) =>
    pieces.flatMap((each) => (each.state === state ? [`${type}/${each.piece}`] : [])),
  );
}
