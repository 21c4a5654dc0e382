import { expect } from "bun:test";
import type { PluginObject } from "../support/chain.ts";
import { must } from "../support/exec.ts";
import { DEVICE, hostLab } from "../support/host-lab.ts";
import { linkOf } from "../support/ip.ts";
import { needs } from "../support/needs.ts";
import { blocksOf } from "./typed.ts";

/** docs/guides/vlan.md: what its two networks make, on kernels that have VLANs. */

const lab = hostLab({ device: "up", executables: ["bridge", "vlan", "host-local", "static"] });

/** The first plugin of the network that the guide shows under this name, with what a list adds to it. */
function pluginOf(name: string): PluginObject & { readonly type: string } {
  const texts = blocksOf("vlan").filter(({ language }) => language === "json");
  const lists = texts.map(({ text }) => JSON.parse(text) as List);
  const list = lists.find((each) => each.name === name);
  const [plugin] = list?.plugins ?? [];
  if (list === undefined || plugin === undefined) throw new Error(`the guide shows no ${name}`);
  return { cniVersion: list.cniVersion, name, ...plugin };
}

interface List {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly (PluginObject & { readonly type: string })[];
}

async function attach(name: string, operation: "ADD" | "DEL"): Promise<void> {
  const plugin = pluginOf(name);
  const attachment = { containerId: "id-one", netns: lab.one.netns, ifName: "eth0" };
  const answer = await lab.host.plugin(lab.own, plugin.type, operation, plugin, attachment);
  expect([answer.exitCode, answer.stdout]).toEqual([0, expect.any(String) as string]);
}

needs("ip", "kernel:bridge-vlan-filtering")(
  "a bridge keeps the container's port in its VLAN",
  async () => {
    await attach("office", "ADD");
    const shown = await must(["bridge", "vlan", "show"]);
    expect(shown).toMatch(/100 PVID Egress Untagged/);
    await attach("office", "DEL");
  },
);

needs("ip", "kernel:vlan")("a VLAN of an interface is the container's", async () => {
  expect(pluginOf("storage")["master"]).toBe(DEVICE);
  await attach("storage", "ADD");
  expect((await linkOf(lab.one, "eth0")).linkinfo).toMatchObject({
    info_kind: "vlan",
    info_data: { protocol: "802.1Q", id: 200 },
  });
  await attach("storage", "DEL");
});
