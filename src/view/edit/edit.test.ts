import { describe, expect, test } from "bun:test";
import { type JsonObject, type NetworkConfig, networkConfigFrom } from "../../spec/index.ts";
import { type Change, changesOf } from "./change.ts";

const SUBJECT = { network: "net1", addresses: ["10.1.0.5/24"] };

function network(plugins: readonly JsonObject[], more: JsonObject = {}): NetworkConfig {
  const json = { cniVersion: "1.1.0", name: "net1", plugins: [...plugins], ...more };
  return networkConfigFrom(json, JSON.stringify(json));
}

const ipam = { type: "host-local", subnet: "10.1.0.0/24" };
const bridge = { type: "bridge", bridge: "br1", mtu: 1500, ipam };

function between(then: NetworkConfig, now: NetworkConfig): Change[] {
  return changesOf(then, now, SUBJECT);
}

/** The only difference, in a few words. */
function only(then: JsonObject, now: JsonObject): string {
  const [change, ...others] = between(network([then]), network([now]));
  expect(others).toEqual([]);
  return `${change?.kind} ${change?.key}: ${change?.move}: ${change?.effect}`;
}

test("the same configuration, in another order of its keys, differs in nothing", () => {
  const other = { ipam, mtu: 1500, bridge: "br1", type: "bridge" };
  expect(between(network([bridge]), network([other]))).toEqual([]);
});

describe("a key of a plugin", () => {
  test.each([
    [{ mtu: 1400 }, "changed mtu: reattach: its links keep the MTU"],
    [{ bridge: "br2" }, "changed bridge: reattach: its port stays in the former bridge"],
    [{ stp: true }, "added stp: nothing: a bridge that exists stays as it is"],
    [{ dns: { nameservers: ["10.1.0.1"] } }, "added dns: restart: the resolver's settings"],
    [{ unknown: 1 }, "added unknown: reattach: what stands stays as its ADD made it"],
    [
      { ipam: { ...ipam, dataDir: "/else" } },
      "added ipam.dataDir: reattach: its address is noted in the former directory",
    ],
    [
      { ipam: { ...ipam, type: "static" } },
      "changed ipam.type: reattach: its address is the former",
    ],
  ])("%j is told with what it means", (keys, text) => {
    expect(only(bridge, { ...bridge, ...keys })).toStartWith(text);
  });

  test.each([
    ["10.1.0.0/28", "nothing: its address is within the new ranges"],
    ["10.1.0.128/25", "reattach: its address 10.1.0.5/24 is outside of the new ranges"],
    ["no subnet", "reattach: its address stays that of its ADD"],
  ])("a range of %s is compared with the attachment's address", (subnet, text) => {
    const now = { ...bridge, ipam: { ...ipam, subnet } };
    expect(only(bridge, now)).toBe(`changed ipam.subnet: ${text}`);
  });

  test("that is gone has no value now", () => {
    const { mtu: _mtu, ...without } = bridge;
    const [change] = between(network([bridge]), network([without]));
    expect(change).toMatchObject({ kind: "removed", was: 1500 });
    expect(change).not.toHaveProperty("is");
  });
});

describe("the list of plugins", () => {
  const firewall = { type: "firewall" };
  const portmap = { type: "portmap" };

  test("names those that were added and taken out", () => {
    const changes = between(network([bridge, firewall]), network([bridge, portmap]));
    expect(changes.map(({ plugin, kind, key }) => [plugin, kind, key])).toEqual([
      ["portmap", "added", ""],
      ["firewall", "removed", ""],
    ]);
  });

  test("in another order is one difference", () => {
    const changes = between(
      network([bridge, firewall, portmap]),
      network([bridge, portmap, firewall]),
    );
    expect(changes.map(({ key, kind }) => [key, kind])).toEqual([["plugins", "changed"]]);
  });

  test("may have a plugin twice", () => {
    const [one, other] = [
      { type: "tuning", mtu: 1400 },
      { type: "tuning", mtu: 1300 },
    ];
    const changes = between(network([bridge, one, one]), network([bridge, one, other]));
    expect(changes).toMatchObject([{ plugin: "tuning", key: "mtu", was: 1400, is: 1300 }]);
  });
});

test("what is the network's is told of it", () => {
  const changes = between(
    network([bridge]),
    network([bridge], { name: "net2", cniVersion: "1.0.0", disableGC: true }),
  );
  expect(changes.map(({ key, move }) => [key, move])).toEqual([
    ["name", "reattach"],
    ["cniVersion", "nothing"],
    ["disableGC", "nothing"],
  ]);
});

test("however much differs, so much is told", () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`key${at}`, at]));
  expect(between(network([bridge]), network([{ ...bridge, ...many }]))).toHaveLength(200);
});
