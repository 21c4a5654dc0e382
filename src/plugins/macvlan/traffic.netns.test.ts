import { afterAll, afterEach, beforeAll, beforeEach, expect } from "bun:test";
import { callPlugin, ipam, type Keys, linkOf } from "../../../tests/support/bridge.ts";
import { attachPlugin, ChildLab, LAN4, LAN6, MASTER } from "../../../tests/support/child-lab.ts";
import { must } from "../../../tests/support/exec.ts";
import { failureOf } from "../../../tests/support/fails.ts";
import type { Container } from "../../../tests/support/host.ts";
import { needs } from "../../../tests/support/needs.ts";
import { askFrom, type Greeter, startGreeter } from "../../../tests/support/traffic.ts";
import { plugin } from "./index.ts";

/** Judged by real connections: servers answer with the address that they see the caller under. */

const run = needs("kernel:macvlan");
const PORT = 80;
const BASE = { master: MASTER, ipam: ipam(4) };

let lab: ChildLab;
const servers: Greeter[] = [];
const containers: Container[] = [];
beforeAll(async () => {
  lab = await ChildLab.create();
  await startServer(lab.lan);
});
/** The kernel ends namespaces late, and with them the links on an old master. */
beforeEach(async () => {
  await lab.plugIn();
});
afterEach(async () => {
  await Promise.all(servers.splice(1).map((server) => server.stop()));
  await Promise.all(containers.splice(0).map((container) => lab.host.remove(container)));
  await lab.host.tidy();
});
afterAll(async () => {
  await servers[0]?.stop();
});

async function startServer(container: Container): Promise<void> {
  servers.push(await startGreeter(container, PORT));
}

async function join(name: string, keys: Keys, serves = false): Promise<Container> {
  const container = await lab.host.container(name);
  containers.push(container);
  await attachPlugin(plugin, container, keys);
  if (serves) await startServer(container);
  return container;
}

run("containers reach each other and the wire behind the master, by IPv4 and IPv6", async () => {
  const keys = { ...BASE, ipam: ipam(4, 6) };
  const one = await join("one", keys);
  await join("two", keys, true);
  expect(await askFrom(one, "10.1.0.3", PORT)).toBe("two 10.1.0.2");
  expect(await askFrom(one, "fd00:10:1::3", PORT)).toBe("two fd00:10:1::2");
  expect(await askFrom(one, LAN4, PORT)).toBe("lan 10.1.0.2");
  expect(await askFrom(one, LAN6, PORT)).toBe("lan fd00:10:1::2");
  expect(await askFrom(lab.lan, "10.1.0.3", PORT)).toBe(`two ${LAN4}`);
});

run("private: the wire and not each other", async () => {
  const keys = { ...BASE, mode: "private" };
  const one = await join("one", keys);
  await join("two", keys, true);
  expect(await askFrom(one, LAN4, PORT)).toBe("lan 10.1.0.2");
  expect(await failureOf(askFrom(one, "10.1.0.3", PORT))).toBeDefined();
});

run("passthru: one container has the wire", async () => {
  const one = await join("one", { ...BASE, mode: "passthru" });
  expect(await askFrom(one, LAN4, PORT)).toBe("lan 10.1.0.2");
});

run("a new container under an old address is reached at once", async () => {
  await join("one", BASE, true);
  expect(await askFrom(lab.lan, "10.1.0.2", PORT)).toBe(`one ${LAN4}`);
  const [one] = containers;
  if (one === undefined) throw new Error("no container");
  await callPlugin(plugin, "DEL", one, BASE);
  await attachPlugin(plugin, one, { ...BASE, args: { cni: { ips: ["10.1.0.2"] } } });
  expect(await askFrom(lab.lan, "10.1.0.2", PORT)).toBe(`one ${LAN4}`);
});

run("an IPv6 address that somebody on the wire has: try again later, nothing stays", async () => {
  await must(["ip", "-n", "lan", "address", "add", "fd00:10:1::2/64", "dev", "lan0", "nodad"]);
  const one = await lab.host.container("one");
  containers.push(one);
  const { json } = await callPlugin(plugin, "ADD", one, { ...BASE, ipam: ipam(6) });
  expect(json).toMatchObject({ code: 11, msg: "somebody else has the address fd00:10:1::2" });
  expect(await failureOf(linkOf(one, "eth0"))).toBeDefined();
  await must(["ip", "-n", "lan", "address", "delete", "fd00:10:1::2/64", "dev", "lan0"]);
});
