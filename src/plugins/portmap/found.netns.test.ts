import { expect } from "bun:test";
import { join } from "node:path";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { needs, skipBecause } from "../../../tests/support/needs.ts";
import { debianPlugins, newestPlugins } from "../../../tests/support/plugin-sets.ts";
import { portLab } from "../../../tests/support/port-lab.ts";
import { Nftables } from "../../kernel/nftables/index.ts";
import { type FoundPort, foundPorts } from "./kind/found.ts";
import { targetText } from "./kind/mapping.ts";

requireOwnNamespaces();

// What is read from the kernel of mappings that each layout has, made by us and by the Go plugins.

const lab = portLab(1);

const MAPPINGS = [
  { hostPort: 8080, containerPort: 80, protocol: "tcp" },
  { hostPort: 8053, containerPort: 53, protocol: "udp" },
  { hostPort: 81, containerPort: 8081, protocol: "tcp", hostIP: "192.0.2.1" },
  { hostPort: 82, containerPort: 8082, protocol: "tcp", hostIP: "2001:db8::1" },
];
const TARGETS = [
  "tcp 192.0.2.1:81 → 10.1.0.11:8081",
  "tcp [2001:db8::1]:82 → [fd00:10:1::11]:8082",
  "tcp port 8080 → 10.1.0.11:80",
  "tcp port 8080 → [fd00:10:1::11]:80",
  "udp port 8053 → 10.1.0.11:53",
  "udp port 8053 → [fd00:10:1::11]:53",
];

function found(): FoundPort[] {
  using nft = Nftables.open();
  return foundPorts(nft);
}

function expectAll(all: readonly FoundPort[], whose: Partial<FoundPort>): void {
  expect(all.map(({ target }) => targetText(target)).toSorted()).toEqual(TARGETS);
  for (const each of all) expect(each).toMatchObject(whose);
}

const LAYOUTS = [
  { backend: "", whose: { layout: "own", mark: "net1 c1 eth0" } },
  { backend: "iptables", whose: { layout: "iptables", network: "net1", containerId: "c1" } },
  { backend: "nftables", whose: { layout: "nftables", containerId: "c1" } },
] as const;

for (const { backend, whose } of LAYOUTS) {
  const test = needs("nft", ...(backend === "iptables" ? (["iptables"] as const) : []));
  test(`the mappings of our layout ${backend === "" ? "by default" : backend} are found`, async () => {
    const call = { member: lab.member(1), mappings: MAPPINGS, keys: { backend } };
    expect(found()).toEqual([]);
    await lab.done("ADD", call);
    expectAll(found(), whose);
    await lab.done("DEL", call);
    expect(found()).toEqual([]);
  });
}

for (const { name, dir, backends, missing } of [debianPlugins(), newestPlugins()]) {
  for (const backend of backends) {
    skipBecause(missing)(`those of the portmap of ${name}, backend ${backend}, too`, async () => {
      const keys = name === "debian" ? {} : { backend };
      const call = { member: lab.member(1), mappings: MAPPINGS, keys };
      expect(await lab.callProgram(join(dir, "portmap"), "ADD", call)).toBe("");
      expectAll(found(), LAYOUTS.find((each) => each.backend === backend)?.whose ?? {});
      expect(await lab.callProgram(join(dir, "portmap"), "DEL", call)).toBe("");
    });
  }
}
