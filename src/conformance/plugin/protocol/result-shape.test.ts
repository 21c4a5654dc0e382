import { expect, test } from "bun:test";
import { faultsOf } from "./result-shape.ts";

const IP = { address: "10.1.0.5/16", gateway: "10.1.0.1", interface: 0 };
const LINK = { name: "eth0", mac: "00:11:22:33:44:55", sandbox: "/run/netns/a" };

test("a right result of each family has no fault", () => {
  const routes = [{ dst: "0.0.0.0/0", gw: "10.1.0.1" }, { dst: "::/0" }];
  const dns = { nameservers: ["8.8.8.8", "::1"], domain: "d", search: ["s"], options: ["o"] };
  const ip4 = { ip: "10.1.0.5/16", gateway: "10.1.0.1", routes };
  expect(faultsOf("0.2.0", { cniVersion: "0.2.0", ip4, ip6: { ip: "fd00::1/64" }, dns })).toEqual(
    [],
  );
  const old = { interfaces: [LINK], ips: [{ version: "4", ...IP }], routes, dns };
  expect(faultsOf("0.4.0", old)).toEqual([]);
  const more = { mtu: 1400, advmss: 1360, priority: 1, table: 0, scope: 0 };
  const newest = {
    interfaces: [{ ...LINK, mtu: 1500, socketPath: "/s", pciID: "0000:01:00.0" }],
    ips: [IP, { address: "fd00::5/64" }],
    routes: [{ ...routes[0], ...more }],
    dns,
  };
  expect(faultsOf("1.1.0", newest)).toEqual([]);
});

test("what no version knows, and lists that Go writes as null, are no fault", () => {
  const result = { ips: [{ ...IP, interface: null, version: "4", x: 1 }], routes: null, y: [] };
  expect(faultsOf("1.0.0", result)).toEqual([]);
});

test.each([
  ["0.2.0", { ip4: { ip: "fd00::1/64" } }, "result.ip4.ip"],
  ["0.2.0", { ip6: {} }, "result.ip6.ip"],
  [
    "0.2.0",
    { ip4: { ip: "10.0.0.1/24", routes: [{ gw: "10.0.0.2" }] } },
    "result.ip4.routes[0].dst",
  ],
  ["0.4.0", { ips: [{ address: "10.0.0.1/24" }] }, "result.ips[0].version"],
  ["0.4.0", { ips: [{ version: "6", address: "10.0.0.1/24" }] }, "result.ips[0].version"],
  ["1.0.0", { ips: [{ address: "10.0.0.1" }] }, "result.ips[0].address"],
  ["1.0.0", { ips: [{ address: "10.0.0.1/33" }] }, "result.ips[0].address"],
  ["1.0.0", { ips: [{ gateway: "10.0.0.1" }] }, "result.ips[0].address"],
  ["1.0.0", { ips: [{ address: IP.address, gateway: "10.0.0.1/24" }] }, "result.ips[0].gateway"],
  ["1.0.0", { ips: [IP] }, "result.ips[0].interface"],
  ["1.0.0", { interfaces: [LINK], ips: [{ ...IP, interface: -1 }] }, "result.ips[0].interface"],
  ["1.0.0", { interfaces: [LINK], ips: [{ ...IP, interface: "0" }] }, "result.ips[0].interface"],
  ["1.0.0", { interfaces: { name: "eth0" } }, "result.interfaces"],
  ["1.0.0", { interfaces: [{ mac: LINK.mac }] }, "result.interfaces[0].name"],
  ["1.0.0", { interfaces: [{ ...LINK, mac: "banana" }] }, "result.interfaces[0].mac"],
  ["1.1.0", { interfaces: [{ ...LINK, mtu: "1500" }] }, "result.interfaces[0].mtu"],
  ["1.1.0", { routes: [{ dst: "default" }] }, "result.routes[0].dst"],
  ["1.1.0", { routes: [{ dst: "10.0.0.0/8", table: -1 }] }, "result.routes[0].table"],
  ["1.1.0", { dns: { nameservers: ["dns.test"] } }, "result.dns.nameservers[0]"],
  ["1.1.0", { dns: [] }, "result.dns"],
])("in %s, %j has a fault at %s", (version, result, at) => {
  const [fault, ...more] = faultsOf(version, result);
  expect(fault).toStartWith(`${at} is `);
  expect(more).toEqual([]);
});
