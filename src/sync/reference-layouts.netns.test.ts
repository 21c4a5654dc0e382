import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout } from "bun:test";
import { rmSync } from "node:fs";
import { needs } from "../../tests/support/needs.ts";
import { run } from "../../tests/support/ruleset.ts";
import { networkOf, PORT, piecesOf, SyncLab } from "../../tests/support/sync-lab.ts";
import { askFrom } from "../../tests/support/traffic.ts";
import type { JsonObject, NetworkConfig } from "../spec/index.ts";

const test = needs("iptables", "ip6tables", "nft");
setDefaultTimeout(60_000);

let lab: SyncLab;
beforeAll(async () => {
  lab = await SyncLab.create();
});
afterEach(async () => {
  await lab.clear();
});
afterAll(async () => {
  await lab.host.remove(lab.outside);
});

/** The layouts of the Go plugins, which other programs flush by name. */
function listOf(backend: "iptables" | "nftables"): NetworkConfig {
  const ipam = { type: "host-local", subnet: "10.1.0.0/24", routes: [{ dst: "0.0.0.0/0" }] };
  const bridge: JsonObject = { type: "bridge", bridge: "br0", isGateway: true, ipMasq: true };
  const firewall = { type: "firewall", backend: "iptables" };
  return networkOf("dbnet", [
    { ...bridge, ipMasqBackend: backend, ipam },
    { type: "portmap", backend, capabilities: { portMappings: true } },
    ...(backend === "iptables" ? [firewall] : []),
  ]);
}

const saved = (): string[] =>
  run(["iptables-save"])
    .split("\n")
    .filter((line) => !/^[#:]/u.test(line))
    .toSorted();

for (const [what, words] of Object.entries({
  "the flush of all of iptables": ["iptables -t nat -F", "iptables -F"],
  "the rules that lead to the container's chains": [
    "iptables -t nat -F POSTROUTING",
    "iptables -t nat -F CNI-HOSTPORT-DNAT",
    "iptables -F CNI-FORWARD",
  ],
  "a ruleset that is flushed by nft": ["nft flush ruleset"],
})) {
  test(`iptables: ${what} is made good, and strangers' rules stay`, async () => {
    const list = listOf("iptables");
    const blue = await lab.container("blue");
    await lab.runtime.add(list, lab.conf(blue));
    await lab.greeter(blue);
    const whole = saved();
    for (const each of words) run(each.split(" "));
    run("iptables -A FORWARD -s 203.0.113.7 -j DROP".split(" "));
    expect(saved()).not.toEqual(expect.arrayContaining(whole));
    const [report] = await lab.sync();
    expect([piecesOf(report, "left"), piecesOf(report, "restored")]).toEqual([
      [],
      ["bridge/masquerade", "portmap/port mappings", "firewall/firewall"],
    ]);
    expect(saved()).toEqual([...whole, "-A FORWARD -s 203.0.113.7/32 -j DROP"].toSorted());
    expect(await askFrom(lab.outside, lab.outside.hostAddress4, PORT)).toContain("blue");
    expect((await lab.sync())[0]?.state).toBe("fine");
    run("iptables -D FORWARD -s 203.0.113.7 -j DROP".split(" "));
  });
}

test("nftables: the rules of the Go plugins' tables are put back", async () => {
  const list = listOf("nftables");
  const blue = await lab.container("blue");
  await lab.runtime.add(list, lab.conf(blue));
  await lab.greeter(blue);
  run(["nft", "flush", "chain", "inet", "cni_plugins_masquerade", "masq_checks"]);
  run(["nft", "delete", "table", "ip", "cni_hostport"]);
  const [report] = await lab.sync();
  expect(piecesOf(report, "restored")).toEqual(["bridge/masquerade", "portmap/port mappings"]);
  expect(await askFrom(lab.outside, lab.outside.hostAddress4, PORT)).toContain("blue");
});

test("without records: the container's own chain is a proof, and where it is gone nothing is", async () => {
  const list = listOf("iptables");
  const blue = await lab.container("blue");
  await lab.runtime.add(list, lab.conf(blue));
  await lab.greeter(blue);
  const forget = (): void => rmSync("/run/hawser", { recursive: true });
  forget();
  run("iptables -t nat -F CNI-HOSTPORT-DNAT".split(" "));
  const [report] = await lab.sync();
  expect(piecesOf(report, "restored")).toContain("portmap/port mappings");
  expect(await askFrom(lab.outside, lab.outside.hostAddress4, PORT)).toContain("blue");
  forget();
  run(["nft", "flush", "ruleset"]);
  const [again] = await lab.sync();
  expect(piecesOf(again, "left")).toEqual(["portmap/port mappings", "firewall/firewall"]);
});

test("as after an ADD of the Go plugins: rules by the chain's name, and the container is left alone", async () => {
  const list = listOf("iptables");
  const blue = await lab.container("blue");
  await lab.runtime.add(list, lab.conf(blue));
  rmSync("/run/hawser", { recursive: true });
  const ports = JSON.parse(run("ip -j link show master br0".split(" "))) as { ifname: string }[];
  run(["ip", "link", "set", ports[0]?.ifname ?? "", "alias", ""]);
  run("ip -n blue route delete default".split(" "));
  run("iptables -t nat -F POSTROUTING".split(" "));
  const [report] = await lab.sync();
  expect(piecesOf(report, "restored")).toEqual(["bridge/masquerade", "portmap/port mappings"]);
  expect(piecesOf(report, "left")).toEqual(["bridge/interface"]);
  expect(report?.plugins[0]?.pieces?.find(({ state }) => state === "left")?.reason).toBe(
    "nothing proves that the namespace is that of the ADD",
  );
  expect(run("ip -n blue route show default".split(" "))).toBe("");
});
