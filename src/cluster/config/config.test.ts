import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../spec/index.ts";
import { parseCluster, parsePlace, pathsOf } from "./index.ts";

const STORE = { files: { directory: "/tmp/store" } };
const V4 = { subnet: "10.42.0.0/16", store: STORE };
const HTTPS = "https://10.0.0.1:2379";

const parse = (ipam: JsonObject, name = "pods"): ReturnType<typeof parseCluster> =>
  parseCluster({ config: { ipam: { type: "cluster", ...ipam } }, network: name });

test("what a short configuration means", () => {
  const { fleet, store, overlay, place, node } = parse(V4);
  expect(fleet.subnets.map(String)).toEqual(["10.42.0.0/16"]);
  expect({ ...fleet, subnets: [] }).toEqual({
    network: "pods",
    subnets: [],
    blockSizes: [26],
    quarantineMs: 86_400_000,
    leaseSeconds: 30,
    restMs: 600_000,
    overlay: "none",
  });
  expect(store).toEqual({ kind: "files", directory: "/tmp/store" });
  expect(overlay).toEqual({ kind: "none", port: 0, vni: overlay.vni });
  expect(place).toEqual({ dataDir: "/var/lib/hawser/cluster", network: "pods" });
  expect(node).toBeUndefined();
});

test("what a whole configuration means", () => {
  const tls = { ca: "/etc/ca.pem", cert: "/etc/c.pem", key: "/etc/k.pem", serverName: "etcd" };
  const { fleet, store, overlay, place, node } = parse({
    network: "fleet-1",
    dataDir: "/data",
    subnets: ["10.42.0.0/16", "fd00:42::/64"],
    blockSize: 28,
    blockSize6: 120,
    store: { etcd: { endpoints: [HTTPS], tls, user: "u", passwordFile: "/etc/p", timeout: "2s" } },
    overlay: "wireguard",
    underlay: "2001:DB8::1",
    port: 51_821,
    mtu: 1400,
    quarantine: "never",
    lease: "10s",
    rest: "1h",
    node: "node-1",
  });
  expect(fleet.blockSizes).toEqual([28, 120]);
  expect(fleet.quarantineMs).toBeUndefined();
  expect([fleet.leaseSeconds, fleet.restMs, fleet.overlay]).toEqual([10, 3_600_000, "wireguard"]);
  expect(store).toEqual({
    ...{ kind: "etcd", endpoints: [HTTPS], timeoutMs: 2000 },
    ...{ tls, user: "u", passwordFile: "/etc/p" },
  });
  expect(overlay).toMatchObject({ underlay: "2001:db8::1", port: 51_821, mtu: 1400 });
  expect([place, node]).toEqual([{ dataDir: "/data", network: "fleet-1" }, "node-1"]);
});

test("the way between nodes is VXLAN where the store is for many, with a number of the network", () => {
  const etcd = { ...V4, store: { etcd: { endpoints: [HTTPS] } } };
  const { vni, ...one } = parse(etcd).overlay;
  expect(one).toEqual({ kind: "vxlan", port: 4789 });
  expect(parse(etcd).overlay.vni).toBe(vni);
  expect(parse(etcd, "other").overlay.vni).not.toBe(vni);
  expect(parse({ ...etcd, vni: 7 }).overlay.vni).toBe(7);
});

test("blocks are no larger than a small subnet", () => {
  expect(parse({ ...V4, subnet: "10.42.0.0/28" }).fleet.blockSizes).toEqual([28]);
  expect(parse({ ...V4, subnet: "fd00::/64" }).fleet.blockSizes).toEqual([122]);
});

const etcd = (keys: JsonObject): JsonObject => ({
  store: { etcd: { endpoints: [HTTPS], ...keys } },
});

const WRONG: readonly (readonly [name: string, ipam: JsonObject, message: RegExp])[] = [
  ["no subnet", { subnet: null }, /has no subnet/],
  ["host bits", { subnet: "10.42.0.1/16" }, /host bits/],
  ["no subnet at all", { subnet: "10.42.0.0" }, /invalid subnet "10\.42\.0\.0"/],
  ["a mapped address", { subnet: "::ffff:10.42.0.0/112" }, /invalid subnet/],
  ["two addresses", { subnet: "10.42.0.0/31" }, /too small/],
  ["the whole of IPv4", { subnet: "0.0.0.0/0" }, /no interface may have/],
  ["loopback", { subnet: "127.0.0.0/8" }, /no interface may have/],
  ["multicast", { subnet: "224.0.0.0/8" }, /no interface may have/],
  ["subnets that overlap", { subnets: ["10.42.1.0/24"] }, /10\.42\.0\.0\/16 and .* overlap/],
  ["two of a family", { subnets: ["10.43.0.0/16"] }, /both of IPv4/],
  ["a block larger than the subnet", { blockSize: 15 }, /blocks of \/15 do not fit/],
  ["a block smaller than an address", { blockSize: 33 }, /blocks of \/33 do not fit/],
  ["a negative block", { blockSize: -1 }, /do not fit/],
  ["a size of a family that is not there", { blockSize6: 122 }, /"blockSize6" is of IPv6/],
  ["too many blocks", { subnet: "fd00::/48" }, /too many blocks of \/122/],
  ["no store", { store: {} }, /names no engine/],
  ["two stores", { store: { ...STORE, etcd: { endpoints: [HTTPS] } } }, /names two engines/],
  ["no endpoint", etcd({ endpoints: [] }), /has no endpoint/],
  ["an endpoint without scheme", etcd({ endpoints: ["10.0.0.1:2379"] }), /invalid endpoint/],
  ["an endpoint with a path", etcd({ endpoints: [`${HTTPS}/v3`] }), /invalid endpoint/],
  ["http and https", etcd({ endpoints: [HTTPS, "http://10.0.0.2:2379"] }), /others http/],
  [
    "certificates for http",
    etcd({ endpoints: ["http://a:1"], tls: {} }),
    /for endpoints with http/,
  ],
  ["half a certificate", etcd({ tls: { cert: "/c" } }), /belong together/],
  ["a relative path", etcd({ tls: { ca: "ca.pem" } }), /expected an absolute path/],
  ["a user without password", etcd({ user: "u" }), /belong together/],
  ["a timeout without unit", etcd({ timeout: "5" }), /invalid timeout "5"/],
  ["a timeout of nothing", etcd({ timeout: "0s" }), /invalid timeout 0s/],
  ["a timeout longer than a lease", etcd({ timeout: "5m" }), /invalid timeout 5m/],
  ["an unknown overlay", { overlay: "geneve" }, /unknown overlay: "geneve"/],
  ["an underlay that is a path", { underlay: "../x y" }, /invalid underlay/],
  ["a vni of 0", { vni: 0 }, /invalid vni 0/],
  ["a port too large", { port: 65_536 }, /invalid port 65536/],
  ["a tiny MTU", { mtu: 10 }, /invalid MTU 10/],
  ["a quarantine without unit", { quarantine: "24" }, /invalid quarantine "24"/],
  ["a quarantine as short as a lease", { quarantine: "30s" }, /too short for a lease of 30s/],
  ["a lease of a second", { lease: "1s" }, /invalid lease 1s/],
  ["a network that is a path", { network: "../etc" }, /invalid name of a network/],
  ["a long network", { network: "n".repeat(64) }, /at most 63/],
  ["a node that is a path", { node: "a/b" }, /invalid name of a node/],
  ["an empty node", { node: "" }, /invalid name of a node/],
  ["a relative directory", { dataDir: "data" }, /expected an absolute path/],
];

describe("refused with code 7:", () => {
  test.each(WRONG)("%s", (_name, ipam, message) => {
    let thrown: unknown;
    try {
      parse({ ...V4, ...ipam });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 7 });
    const { msg, details } = thrown as { msg: string; details?: string };
    expect(`${msg} ${details ?? ""}`).toMatch(message);
  });
});

test.each(["node", "network", "dataDir", "subnet", "lease", "underlay", "overlay"])(
  "of a %s without end, an error repeats the beginning",
  (key) => {
    let thrown: unknown;
    try {
      parse({ ...V4, [key]: "~".repeat(5000) });
    } catch (error) {
      thrown = error;
    }
    const { msg = "", details = "" } = (thrown ?? {}) as { msg?: string; details?: string };
    expect(msg).not.toBe("");
    expect(`${msg} ${details}`.length).toBeLessThan(400);
  },
);

test("the files of a node are found by what DEL has, whatever else is wrong", () => {
  const ipam = { type: "cluster", subnet: 7, store: "x", dataDir: "/d", network: "n" };
  const place = parsePlace({ config: { ipam }, network: "pods" });
  expect(pathsOf(place)).toMatchObject({
    picture: "/d/n/picture.json",
    reservations: { dataDir: "/d/n", network: "reservations" },
  });
  expect(parsePlace({ config: {}, network: "pods" }).network).toBe("pods");
});
