import { describe, expect } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { has } from "../../../tests/support/features.ts";
import { skipBecause } from "../../../tests/support/needs.ts";
import {
  debianPlugins,
  hawserPlugins,
  newestPlugins,
  type PluginSet,
} from "../../../tests/support/plugin-sets.ts";
import { FAR4, FAR6, routingLab } from "../../../tests/support/routing-lab.ts";

const OWN = hawserPlugins();
const BLUE = { vrfname: "blue", table: 42 };

const lab = routingLab();

async function call(
  set: PluginSet,
  command: "ADD" | "CHECK" | "DEL",
  ifName: string,
): Promise<void> {
  await lab.program(set, "vrf", command, ifName, BLUE);
}

/** Names of the VRFs of the container. */
async function vrfs(): Promise<unknown[]> {
  const links = await lab.ip("-d", "link");
  const isVrf = (info: unknown): boolean => (info as { info_kind?: string })?.info_kind === "vrf";
  return links.filter(({ linkinfo }) => isVrf(linkinfo)).map(({ ifname }) => ifname);
}

function unless(...sets: PluginSet[]): string | undefined {
  const missing = sets.find((set) => set.missing !== undefined)?.missing;
  return missing ?? (has("kernel:vrf") ? undefined : "kernel:vrf");
}

describe("beside the Go plugin", () => {
  for (const go of [debianPlugins(), newestPlugins()]) {
    skipBecause(unless(OWN, go))(
      `what ${go.name} has added is checked and removed by ours, and the reverse`,
      async () => {
        await lab.connect("eth0", "net1");
        await call(go, "ADD", "eth0");
        await call(OWN, "ADD", "net1");
        await call(OWN, "CHECK", "net1");
        await call(go, "CHECK", "net1");
        expect(await vrfs()).toEqual(["blue"]);
        await call(OWN, "DEL", "eth0");
        expect(await vrfs()).toEqual(["blue"]);
        await call(go, "DEL", "net1");
        expect(await vrfs()).toEqual([]);
        await call(OWN, "DEL", "net1");
      },
      60_000,
    );
  }
});

skipBecause(unless(OWN))(
  "a ping through the VRF goes out by the interface and comes back",
  async () => {
    await lab.connect("eth0", "net1");
    await call(OWN, "ADD", "eth0");
    const inside = ["ip", "netns", "exec", lab.container.name];
    for (const far of [FAR4, FAR6]) {
      await must([...inside, "ping", "-c", "1", "-W", "3", "-I", "blue", far]);
    }
  },
  60_000,
);
