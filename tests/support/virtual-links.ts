import { expect } from "bun:test";
import type { Plugin } from "../../src/plugin/index.ts";
import { plugin as dummy } from "../../src/plugins/dummy/index.ts";
import { plugin as ipvlan } from "../../src/plugins/ipvlan/index.ts";
import { plugin as macvlan } from "../../src/plugins/macvlan/index.ts";
import { plugin as vlan } from "../../src/plugins/vlan/index.ts";
import { must } from "./exec.ts";
import type { Feature } from "./features.ts";
import type { Container } from "./host.ts";
import { DEVICE } from "./host-lab.ts";
import { type AddResult, type CallOptions, callPlugin, ipam, type Keys } from "./plugin-call.ts";

/** A plugin that makes a virtual link in the container, with the keys of its simplest network. */
export interface VirtualLinkCase {
  readonly type: "macvlan" | "ipvlan" | "vlan" | "dummy";
  readonly plugin: Plugin;
  readonly keys: Keys;
  readonly needs: readonly Feature[];
  readonly hasMaster: boolean;
}

export const CASES: readonly VirtualLinkCase[] = [
  caseOf("macvlan", macvlan, { master: DEVICE, ipam: ipam(4) }),
  caseOf("ipvlan", ipvlan, { master: DEVICE, ipam: ipam(4) }),
  caseOf("vlan", vlan, { master: DEVICE, vlanId: 7, ipam: ipam(4) }),
  caseOf("dummy", dummy, { ipam: ipam(4) }),
];

function caseOf(type: VirtualLinkCase["type"], plugin: Plugin, keys: Keys): VirtualLinkCase {
  return { type, plugin, keys, needs: [`kernel:${type}`], hasMaster: "master" in keys };
}

/** ADD of any plugin that has to succeed. */
export async function attachPlugin(
  plugin: Plugin,
  container: Container,
  keys: Keys,
  options: CallOptions = {},
): Promise<AddResult> {
  const answer = await callPlugin(plugin, "ADD", container, keys, options);
  expect(answer).toMatchObject({ exitCode: 0 });
  return answer.json;
}

/** A link of its own for a container, to be a master there; its other end is on the host. */
export async function innerMaster(container: Container, name = "inner0"): Promise<void> {
  const words = ["type", "veth", "peer", "name", `out-${container.name}`];
  await must(["ip", "link", "add", name, "netns", container.name, ...words]);
  await must(["ip", "-n", container.name, "link", "set", "dev", name, "up"]);
  await must(["ip", "link", "set", "dev", `out-${container.name}`, "up"]);
}
