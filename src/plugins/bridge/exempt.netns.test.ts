import { beforeEach, expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { ipam } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { askFrom } from "../../../tests/support/traffic.ts";
import { plugin } from "./index.ts";

// Destinations that see the container's own address, on a host whose iptables says so.

const PORT = 80;
const ONE = "10.1.0.2";
const ONE6 = "fd00:10:1::2";
const HOST = "192.0.2.1";
const HOST6 = "2001:db8::1";

const lab = pluginLab(plugin, { containers: [], outside: true });

// The machine outside knows the way to containers.
beforeEach(async () => {
  const replace = ["ip", "-n", lab.outside.name, "route", "replace"];
  await must([...replace, "10.1.0.0/16", "via", HOST]);
  await must([...replace, "fd00:10:1::/64", "via", HOST6]);
});

const keys = { isGateway: true, ipMasq: true, ipam: ipam(4, 6) };
const exempt = ["-s", "10.1.0.0/16", "-d", "192.0.2.0/24", "-j", "ACCEPT"];
const nat = async (...words: string[]): Promise<unknown> =>
  await must(["iptables", "-t", "nat", ...words]);

/** The addresses under which the machine outside sees container `one`, of both families. */
async function seen(one: Parameters<typeof askFrom>[0]): Promise<string[]> {
  const all = [lab.outside.address4, lab.outside.address6].map(
    async (ip) => await askFrom(one, ip, PORT),
  );
  return (await Promise.all(all)).map((answer) => answer.split(" ")[1] ?? "");
}

test("case P3: what iptables accepts before it masquerades leaves with the container's address", async () => {
  await nat("-A", "POSTROUTING", ...exempt);
  const [one] = await lab.join("one", keys);
  expect(await seen(one)).toEqual([ONE, HOST6]);
  await lab.call("CHECK", keys);
  await nat("-D", "POSTROUTING", ...exempt);
  expect(await seen(one)).toEqual([HOST, HOST6]);
  await lab.del(keys);
  const left = await must(["iptables-save", "-t", "nat"]);
  expect(left.split("\n").filter((line) => line.startsWith("-A"))).toEqual([]);
});

test("case P3, kind: an ACCEPT that comes first later is heard at once, in IPv6 as well", async () => {
  for (const program of ["iptables", "ip6tables"]) {
    await must([program, "-t", "nat", "-A", "POSTROUTING", "-o", "none", "-j", "RETURN"]);
  }
  const [one] = await lab.join("one", keys);
  expect(await seen(one)).toEqual([HOST, HOST6]);
  await nat("-I", "POSTROUTING", ...exempt);
  expect(await seen(one)).toEqual([ONE, HOST6]);
  await must([
    "ip6tables",
    "-t",
    "nat",
    "-I",
    "POSTROUTING",
    "-s",
    "fd00:10:1::/64",
    "-j",
    "ACCEPT",
  ]);
  expect(await seen(one)).toEqual([ONE, ONE6]);
});

test("case P3, kind: ipMasqExcept names destinations that are not masqueraded", async () => {
  const more = { ...keys, ipMasqExcept: ["192.0.2.0/24", "2001:db8:5::/48"] };
  const [one] = await lab.join("one", keys);
  expect(await seen(one)).toEqual([HOST, HOST6]);
  const [two] = await lab.join("two", more);
  expect(await seen(two)).toEqual(["10.1.0.3", HOST6]);
  expect(await seen(one)).toEqual([HOST, HOST6]);
  await lab.call("CHECK", more, { container: two });
  const sets = async (): Promise<string> =>
    await must(["nft", "list", "table", "inet", "hawser_masquerade"]);
  expect(await sets()).toContain("except-");
  await lab.del(more, { container: two });
  expect(await sets()).not.toContain("except-");
});

test("case P3, kind: ipMasqExcept is a list of subnets, of our own layout", async () => {
  for (const [more, text] of [
    [{ ipMasqExcept: ["192.0.2.0"] }, 'ipMasqExcept: "192.0.2.0" is no subnet'],
    [
      { ipMasqExcept: ["192.0.2.0/24"], ipMasqBackend: "iptables" },
      "ipMasqExcept does not go with the iptables backend",
    ],
  ] as const) {
    const { json } = await lab.call("ADD", { ...keys, ...more });
    expect(json).toMatchObject({ code: 7, msg: text });
  }
});
