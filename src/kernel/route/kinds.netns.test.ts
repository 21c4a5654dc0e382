import { describe, expect, test } from "bun:test";
import { needs } from "../../../tests/support/needs.ts";
import { jsonIn, pairForEachTest, runIn } from "../../../tests/support/route-pair.ts";
import { link } from "./index.ts";

const pair = pairForEachTest();
const IPVLAN_MODES = ["l2", "l3", "l3s"] as const;

/** What ip says of the link's kind, and what it says of that kind's own settings. */
function shown(name: string): { kind: unknown; data: unknown } {
  const [one] = jsonIn(pair().host, `ip -d -j link show dev ${name}`) as [
    { linkinfo?: { info_kind?: unknown; info_data?: unknown } },
  ];
  return { kind: one.linkinfo?.info_kind, data: one.linkinfo?.info_data };
}

describe("kinds of links", () => {
  needs("kernel:dummy")("ip sees the dummy that we made", () => {
    const index = link.add(pair().onHost, { name: "d0", kind: "dummy", mtu: 1300, up: true });
    expect(shown("d0").kind).toBe("dummy");
    expect(link.get(pair().onHost, index)).toMatchObject({ kind: "dummy", mtu: 1300, up: true });
  });

  needs("kernel:vlan")("ip sees the VLAN that we made, and we see the one that ip made", () => {
    const { bridge } = pair().connect();
    const id = 4094;
    link.add(pair().onHost, { name: "v0", kind: "vlan", linkIndex: bridge, vlan: { id } });
    expect(shown("v0")).toMatchObject({ kind: "vlan", data: { protocol: "802.1Q", id } });
    runIn(pair().host, "ip link add link br0 name v1 type vlan id 5");
    const found = link.get(pair().onHost, { name: "v1" });
    expect(found).toMatchObject({ kind: "vlan", linkIndex: bridge, vlan: { id: 5 } });
  });

  for (const mode of IPVLAN_MODES) {
    needs("kernel:ipvlan")(`ip and we see an ipvlan in mode ${mode} alike`, () => {
      const { host } = pair().connect();
      link.set(pair().onHost, host, { master: 0 });
      link.add(pair().onHost, { name: "i0", kind: "ipvlan", linkIndex: host, ipvlan: { mode } });
      expect(shown("i0")).toMatchObject({ kind: "ipvlan", data: { mode } });
      const found = link.get(pair().onHost, { name: "i0" });
      expect(found).toMatchObject({ kind: "ipvlan", linkIndex: host, ipvlan: { mode } });
    });
  }

  needs("kernel:vrf")("a VRF has its table, and links that it masters", () => {
    const { host } = pair().connect();
    const table = 70_000;
    const vrf = link.add(pair().onHost, { name: "red", kind: "vrf", up: true, vrf: { table } });
    expect(shown("red")).toMatchObject({ kind: "vrf", data: { table } });
    expect(link.get(pair().onHost, vrf)).toMatchObject({ kind: "vrf", vrf: { table } });
    link.set(pair().onHost, host, { master: vrf });
    expect(link.list(pair().onHost, { master: vrf }).map(({ name }) => name)).toEqual(["host0"]);
    expect(jsonIn(pair().host, "ip -j link show master red")).toMatchObject([{ ifname: "host0" }]);
  });

  needs("kernel:vlan", "kernel:ipvlan")("parents may be in another namespace", () => {
    const { host } = pair().connect();
    const netns = pair().cont;
    link.set(pair().onHost, host, { master: 0 });
    const vlan = { name: "v0", kind: "vlan", linkIndex: host, netns, vlan: { id: 9 } };
    const ipvlan = { name: "i0", kind: "ipvlan", linkIndex: host, netns };
    for (const spec of [vlan, ipvlan]) {
      const made = link.add(pair().onHost, spec);
      const found = link.get(pair().inCont, { name: spec.name });
      expect(found).toMatchObject({ index: made, kind: spec.kind, linkIndex: host });
    }
  });

  test("a kind that no kernel has is refused", () => {
    const make = (): number => link.add(pair().onHost, { name: "x0", kind: "no-such-kind" });
    expect(make).toThrow("operation not supported");
    expect(link.get(pair().onHost, { name: "x0" })).toBeUndefined();
  });
});
