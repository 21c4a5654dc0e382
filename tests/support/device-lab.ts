import { plugin } from "../../src/plugins/host-device/index.ts";
import {
  type Answer,
  type BridgeResult,
  type CallOptions,
  callPlugin,
  ipJson,
  type Keys,
  type Link,
} from "./bridge.ts";
import type { Operation } from "./chain.ts";
import { must } from "./exec.ts";
import { type Container, Host } from "./host.ts";

/** Name of the host's device, a veth whose other end is {@link DeviceLab.lan}'s. */
export const DEVICE = "dev5";
export const LAN4 = "10.1.0.1";
export const LAN6 = "fd00:10:1::1";

/** A throwaway host with a device that it can give away. */
export class DeviceLab {
  readonly host: Host;
  /** What is on the device's wire; its end is `lan0`. */
  readonly lan: Container;

  private constructor(host: Host, lan: Container) {
    this.host = host;
    this.lan = lan;
  }

  static async create(): Promise<DeviceLab> {
    const host = await Host.create();
    return new DeviceLab(host, await host.container("lan"));
  }

  /** Makes the device anew on the host. */
  async plugIn(state: "up" | "down" = "up"): Promise<void> {
    await must(["ip", "-n", "lan", "link", "delete", "lan0"]).catch(() => "");
    const end = ["type", "veth", "peer", "name", "lan0", "netns", "lan"];
    await must(["ip", "link", "add", DEVICE, ...end]);
    await must(["ip", "-n", "lan", "address", "add", `${LAN4}/16`, "dev", "lan0"]);
    await must(["ip", "-n", "lan", "address", "add", `${LAN6}/64`, "dev", "lan0", "nodad"]);
    await must(["ip", "-n", "lan", "link", "set", "dev", "lan0", "up"]);
    if (state === "up") await must(["ip", "link", "set", "dev", DEVICE, "up"]);
  }
}

/** Calls the plugin; it is to have the lab's device unless `keys` name another. */
export async function callDevice(
  command: Operation,
  container: Container,
  keys: Keys = { device: DEVICE },
  options: CallOptions = {},
): Promise<Answer> {
  return await callPlugin(plugin, command, container, keys, options);
}

/** A call that has to succeed. */
export async function mustDevice(
  command: Operation,
  container: Container,
  keys: Keys = { device: DEVICE },
  options: CallOptions = {},
): Promise<BridgeResult> {
  const answer = await callDevice(command, container, keys, options);
  if (answer.exitCode !== 0) throw new Error(`${command} failed: ${JSON.stringify(answer)}`);
  return answer.json;
}

/** Links by their names, without loopback. */
export async function linkNames(where: Container | undefined): Promise<string[]> {
  const links = await ipJson(where, "link", "show");
  return links.map(({ ifname }) => ifname).filter((name) => name !== "lo");
}

/** The link of this name, if there is one. */
export async function linkAt(
  where: Container | undefined,
  name: string,
): Promise<Link | undefined> {
  return (await ipJson(where, "link", "show")).find(({ ifname }) => ifname === name);
}
