import { expect } from "bun:test";
import { must, ownEnvironment } from "../../../tests/support/exec.ts";
import { needs } from "../../../tests/support/needs.ts";
import { Prefix } from "../../addr/index.ts";
import { addIptables } from "./iptables.ts";

/** The rules of the iptables layout, as iptables has them. */

needs("iptables", "iptables-save")(
  "D309 every network is spared before the one rule that masquerades",
  async () => {
    const owner = { network: "net1", containerId: "id-one", ifName: "eth0" };
    const addresses = ["10.9.0.2/24", "10.77.0.2/16", "10.77.0.3/16"].map((text) =>
      Prefix.parse(text),
    );
    await addIptables(owner, addresses, ownEnvironment());
    const lines = (await must(["iptables-save", "-t", "nat"])).split("\n");
    const rules = lines.filter((line) => line.startsWith("-A CNI-"));
    expect(rules.map((line) => line.replace(/^-A \S+ | -m comment --comment ".*"/g, ""))).toEqual([
      "-d 10.9.0.0/24 -j ACCEPT",
      "-d 10.77.0.0/16 -j ACCEPT",
      "! -d 224.0.0.0/4 -j MASQUERADE",
    ]);
    const sources = lines.filter((line) => line.startsWith("-A POSTROUTING "));
    expect(sources.map((line) => / -s (\S+) /.exec(line)?.[1])).toEqual([
      "10.9.0.2/32",
      "10.77.0.2/32",
      "10.77.0.3/32",
    ]);
  },
);
