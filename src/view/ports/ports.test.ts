import { expect, test } from "bun:test";
import { Ip } from "../../addr/index.ts";
import type { FoundPort, NotedPorts, Target } from "../../plugins/portmap/index.ts";
import { portChain } from "../../state/iptables/index.ts";
import { ownerComment } from "../../state/owner/index.ts";
import { type PortFacts, type PortUser, portsOf } from "./ports.ts";

const web = { hostPort: 8080, containerPort: 80, protocol: "tcp" };

const user = (containerId: string, address: string, more: Partial<PortUser> = {}): PortUser => ({
  ...{ network: "one", containerId, ifName: "eth0", addresses: [`${address}/16`] },
  ...{ ports: [web], isGone: false, ...more },
});

function target(address: string, hostIp?: string): Target {
  const only = hostIp === undefined ? undefined : Ip.parse(hostIp);
  const mapping = { hostPort: 8080, containerPort: 80, protocol: "tcp", hostIp: only } as const;
  return { mapping, address: Ip.parse(address), hostIp: only };
}

const own = (address: string, containerId: string): FoundPort => ({
  layout: "own",
  target: target(address),
  mark: ownerComment({ network: "one", containerId, ifName: "eth0" }),
});
const noted = (address: string, containerId: string, waits = false): NotedPorts => ({
  owner: { network: "one", containerId, ifName: "eth0" },
  targets: [target(address)],
  waits,
});

/** State, container, holder and sources of each row. */
function rows(facts: Partial<PortFacts>): unknown[] {
  return portsOf({ users: [], noted: [], found: [], ...facts }).map(
    ({ state, owner, holder, sources }) => [
      state,
      owner.containerId,
      holder?.containerId,
      sources.join(),
    ],
  );
}

test("what cache, record and kernel know of one mapping is one row", () => {
  const facts = {
    users: [user("a", "10.1.0.2")],
    noted: [noted("10.1.0.2", "a")],
    found: [own("10.1.0.2", "a")],
  };
  expect(rows(facts)).toEqual([["mapped", "a", undefined, "own,record,attachment"]]);
});

test("of two that want a port one has it, and the other waits for it", () => {
  const facts = {
    users: [user("a", "10.1.0.2"), user("b", "10.1.0.3")],
    noted: [noted("10.1.0.2", "a"), noted("10.1.0.3", "b"), noted("10.1.0.3", "b", true)],
    found: [own("10.1.0.2", "a")],
  };
  expect(rows(facts)).toEqual([
    ["mapped", "a", undefined, "own,record,attachment"],
    ["waiting", "b", "a", "record,attachment"],
  ]);
});

test("of two chains of the iptables layout the first has the port", () => {
  const chain = (containerId: string, address: string): FoundPort => ({
    ...{ layout: "iptables", target: target(address), containerId, network: "one" },
    chain: portChain("one", containerId),
  });
  const facts = {
    users: [user("a", "10.1.0.2"), user("b", "10.1.0.3")],
    found: [chain("b", "10.1.0.3"), chain("a", "10.1.0.2")],
  };
  expect(rows(facts)).toEqual([
    ["mapped", "b", undefined, "iptables,attachment"],
    ["waiting", "a", "b", "iptables,attachment"],
  ]);
});

test("a mapping of a container that is gone is dead, one of nothing known is unknown", () => {
  const facts = {
    users: [user("a", "10.1.0.2", { isGone: true })],
    found: [own("10.1.0.2", "a")],
  };
  expect(rows(facts)).toEqual([["dead", "a", undefined, "own,attachment"]]);
  expect(rows({ found: [own("10.1.0.9", "x")] })).toEqual([["unknown", "x", undefined, "own"]]);
});

test("what is noted and not in the kernel is missing, or noted where the kernel is not known", () => {
  const users = [user("a", "10.1.0.2")];
  expect(rows({ users })).toEqual([["missing", "a", undefined, "attachment"]]);
  expect(rows({ users, found: undefined })).toEqual([["noted", "a", undefined, "attachment"]]);
});

test("an address of the host has its port beside that of all addresses", () => {
  const narrow = { ...web, hostIP: "192.0.2.1" };
  const facts = {
    users: [user("a", "10.1.0.2"), user("b", "10.1.0.3", { ports: [narrow] })],
    found: [
      own("10.1.0.2", "a"),
      { ...own("10.1.0.3", "b"), target: target("10.1.0.3", "192.0.2.1") },
    ],
  };
  expect(rows(facts)).toEqual([
    ["mapped", "b", undefined, "own,attachment"],
    ["mapped", "a", undefined, "own,attachment"],
  ]);
});

test("the layout of backend nftables names the container, and the address tells the attachment", () => {
  const found: FoundPort = { layout: "nftables", target: target("10.1.0.3"), containerId: "a" };
  const users = [user("a", "10.1.0.2", { ports: [] }), user("a", "10.1.0.3", { ifName: "eth1" })];
  expect(portsOf({ users, noted: [], found: [found] })).toMatchObject([
    { state: "mapped", owner: { network: "one", containerId: "a", ifName: "eth1" } },
  ]);
});
