import { expect } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { failureOf } from "../../../tests/support/fails.ts";
import { DEVICE, LAN4, LAN6 } from "../../../tests/support/host-lab.ts";
import { linkOf } from "../../../tests/support/ip.ts";
import { needs } from "../../../tests/support/needs.ts";
import { ipam } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { askFrom } from "../../../tests/support/traffic.ts";
import { plugin } from "./index.ts";

/** Judged by real connections: servers answer with the address that they see the caller under. */

const run = needs("kernel:macvlan");
const PORT = 80;
const BASE = { master: DEVICE, ipam: ipam(4) };

const lab = pluginLab(plugin, {
  containers: [],
  device: "up",
  prepare: (made) => made.serveAlways(made.lan),
});

run("containers reach each other and the wire behind the master, by IPv4 and IPv6", async () => {
  const keys = { ...BASE, ipam: ipam(4, 6) };
  const [one] = await lab.join("one", keys);
  await lab.joinServing("two", keys);
  expect(await askFrom(one, "10.1.0.3", PORT)).toBe("two 10.1.0.2");
  expect(await askFrom(one, "fd00:10:1::3", PORT)).toBe("two fd00:10:1::2");
  expect(await askFrom(one, LAN4, PORT)).toBe("lan 10.1.0.2");
  expect(await askFrom(one, LAN6, PORT)).toBe("lan fd00:10:1::2");
  expect(await askFrom(lab.lan, "10.1.0.3", PORT)).toBe(`two ${LAN4}`);
});

run("private: the wire and not each other", async () => {
  const keys = { ...BASE, mode: "private" };
  const [one] = await lab.join("one", keys);
  await lab.joinServing("two", keys);
  expect(await askFrom(one, LAN4, PORT)).toBe("lan 10.1.0.2");
  expect(await failureOf(askFrom(one, "10.1.0.3", PORT))).toBeDefined();
});

run("passthru: one container has the wire", async () => {
  const [one] = await lab.join("one", { ...BASE, mode: "passthru" });
  expect(await askFrom(one, LAN4, PORT)).toBe("lan 10.1.0.2");
});

run("a new container under an old address is reached at once", async () => {
  await lab.joinServing("one", BASE);
  expect(await askFrom(lab.lan, "10.1.0.2", PORT)).toBe(`one ${LAN4}`);
  await lab.call("DEL", BASE);
  await lab.add({ ...BASE, args: { cni: { ips: ["10.1.0.2"] } } });
  expect(await askFrom(lab.lan, "10.1.0.2", PORT)).toBe(`one ${LAN4}`);
});

run("an IPv6 address that somebody on the wire has: try again later, nothing stays", async () => {
  await must(["ip", "-n", "lan", "address", "add", "fd00:10:1::2/64", "dev", "lan0", "nodad"]);
  const one = await lab.container("one");
  const { json } = await lab.call("ADD", { ...BASE, ipam: ipam(6) });
  expect(json).toMatchObject({ code: 11, msg: "somebody else has the address fd00:10:1::2" });
  expect(await failureOf(linkOf(one, "eth0"))).toBeDefined();
  await must(["ip", "-n", "lan", "address", "delete", "fd00:10:1::2/64", "dev", "lan0"]);
});
