import type { Plugin } from "../../src/plugin/index.ts";
import { plugin as dummy } from "../../src/plugins/dummy/index.ts";
import { plugin as ipvlan } from "../../src/plugins/ipvlan/index.ts";
import { plugin as macvlan } from "../../src/plugins/macvlan/index.ts";
import { plugin as vlan } from "../../src/plugins/vlan/index.ts";
import { type BridgeResult, type CallOptions, callPlugin, ipam, type Keys } from "./bridge.ts";
import { must } from "./exec.ts";
import type { Feature } from "./features.ts";
import { type Container, Host } from "./host.ts";

/** Plugins that make a link in the container, and the host whose link they make it on. */

/** Name of the host's link, a veth whose other end is {@link ChildLab.lan}'s. */
export const MASTER = "uplink0";
export const LAN4 = "10.1.0.1";
export const LAN6 = "fd00:10:1::1";

/** A plugin with the keys of its simplest network. */
export interface ChildCase {
  readonly type: "macvlan" | "ipvlan" | "vlan" | "dummy";
  readonly plugin: Plugin;
  readonly keys: Keys;
  readonly needs: readonly Feature[];
  readonly hasMaster: boolean;
}

export const CASES: readonly ChildCase[] = [
  childCase("macvlan", macvlan, { master: MASTER, ipam: ipam(4) }),
  childCase("ipvlan", ipvlan, { master: MASTER, ipam: ipam(4) }),
  childCase("vlan", vlan, { master: MASTER, vlanId: 7, ipam: ipam(4) }),
  childCase("dummy", dummy, { ipam: ipam(4) }),
];

function childCase(type: ChildCase["type"], plugin: Plugin, keys: Keys): ChildCase {
  return { type, plugin, keys, needs: [`kernel:${type}`], hasMaster: "master" in keys };
}

/** ADD of any plugin that has to succeed. */
export async function attachPlugin(
  plugin: Plugin,
  container: Container,
  keys: Keys,
  options: CallOptions = {},
): Promise<BridgeResult> {
  const answer = await callPlugin(plugin, "ADD", container, keys, options);
  if (answer.exitCode !== 0) throw new Error(`ADD failed: ${JSON.stringify(answer)}`);
  return answer.json;
}

/** A throwaway host with a link to a LAN. */
export class ChildLab {
  readonly host: Host;
  /** What is on the wire behind the master; its end is `lan0`. */
  readonly lan: Container;

  private constructor(host: Host, lan: Container) {
    this.host = host;
    this.lan = lan;
  }

  static async create(): Promise<ChildLab> {
    const host = await Host.create();
    const lan = await host.container("lan");
    const lab = new ChildLab(host, lan);
    await lab.plugIn();
    return lab;
  }

  /** Makes the master anew, which takes every link on it away. */
  async plugIn(): Promise<void> {
    await this.unplug();
    const ip = (...words: string[]): Promise<string> => must(["ip", ...words]);
    await ip("link", "add", MASTER, "type", "veth", "peer", "name", "lan0", "netns", "lan");
    await ip("-n", "lan", "address", "add", `${LAN4}/16`, "dev", "lan0");
    await ip("-n", "lan", "address", "add", `${LAN6}/64`, "dev", "lan0", "nodad");
    await ip("-n", "lan", "link", "set", "dev", "lan0", "up");
    await ip("link", "set", "dev", MASTER, "up");
  }

  async unplug(): Promise<void> {
    await must(["ip", "link", "delete", MASTER]).catch(() => "");
  }

  /** A link of its own for a container, to be a master there; its other end is on the host. */
  async innerMaster(container: Container, name = "inner0"): Promise<void> {
    const words = ["type", "veth", "peer", "name", `out-${container.name}`];
    await must(["ip", "link", "add", name, "netns", container.name, ...words]);
    await must(["ip", "-n", container.name, "link", "set", "dev", name, "up"]);
    await must(["ip", "link", "set", "dev", `out-${container.name}`, "up"]);
  }
}
