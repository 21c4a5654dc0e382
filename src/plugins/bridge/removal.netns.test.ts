import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { leftOpen, openDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { has } from "../../../tests/support/features.ts";
import { loseState } from "../../../tests/support/host.ts";
import { addressesOf, ipJson, linkOf } from "../../../tests/support/ip.ts";
import { needs } from "../../../tests/support/needs.ts";
import { type AddResult, ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { defined } from "../../base/index.ts";
import { plugin } from "./index.ts";

const lab = pluginLab(plugin, { remembers: "host" });
const { one } = lab;

const FULL = { isGateway: true, ipMasq: true, macspoofchk: true, ipam: ipam(4, 6) };

/** What the attachment has left; bridge, forwarding and empty sets belong to the host. */
async function leftovers(): Promise<string[]> {
  return (await lab.changes()).filter((line) => !isEmptyGuard(line));
}

/** The bare table of source checks, with its sets empty. */
function isEmptyGuard(line: string): boolean {
  return /^\+ nft: (?!.*"elem":).*"hawser_macspoof"/u.test(line);
}

describe("DEL", () => {
  for (const backend of [undefined, "iptables", "nftables"]) {
    const name = backend ?? "own layout";
    const keys: Keys = backend === undefined ? FULL : { ...FULL, ipMasqBackend: backend };

    needs(backend === "iptables" ? "iptables" : "nft")(
      `removes everything of the attachment, twice in a row (${name})`,
      async () => {
        const prevResult = await lab.add(keys);
        expect((await leftovers()).length).toBeGreaterThan(3);
        await lab.del({ ...keys, prevResult });
        expect(await leftovers()).toEqual([]);
        expect(await ipJson(one, "link", "show", "type", "veth")).toEqual([]);
        await lab.del({ ...keys, prevResult });
        expect(await leftovers()).toEqual([]);
      },
    );

    needs(backend === "iptables" ? "iptables" : "nft")(
      `810: removes rules without a namespace, without prevResult and without records (${name})`,
      async () => {
        await lab.add(keys);
        loseState();
        await lab.del(keys, { netns: "" });
        expect(await leftovers()).toEqual([]);
        expect(await ipJson(one, "link", "show", "type", "veth")).toEqual([]);
      },
    );

    needs(backend === "iptables" ? "iptables" : "nft")(
      `1078: removes rules when the namespace is gone (${name})`,
      async () => {
        await lab.add(keys);
        await lab.host.remove(one);
        await lab.del(keys);
        await lab.host.settled();
        expect(await leftovers()).toEqual([]);
      },
    );
  }

  test("own: a namespace path that is something else is no reason to stop", async () => {
    await lab.add(FULL);
    await lab.del(FULL, { netns: "/etc/hostname" });
    expect(await leftovers()).toEqual([]);
  });

  test("removes what another configuration has made: the keys may have changed since", async () => {
    await lab.add(FULL);
    const broken = { ipam: { type: "host-local" }, bridge: 5, mtu: "x", prevResult: "y" };
    expect(await lab.call("DEL", broken)).toMatchObject({ exitCode: 0 });
    expect(await leftovers()).toEqual([]);
  });

  test("leaves the other interfaces of the container, other containers and the bridge alone", async () => {
    const two = await lab.host.container("two");
    await lab.add(FULL);
    await lab.add(FULL, { ifName: "eth1" });
    await lab.add(FULL, { container: two });
    await lab.del(FULL);
    expect((await ipJson(undefined, "link", "show", "master", "cni0")).length).toBe(2);
    expect(await addressesOf(one, "eth1")).toHaveLength(2);
    const elements = await must(["nft", "list", "table", "inet", "hawser_masquerade"]);
    expect(elements).not.toContain("10.1.0.2");
    expect(elements).toContain("10.1.0.3");
    expect(elements).toContain("10.1.0.4");
    expect((await linkOf(undefined, "cni0")).flags).toContain("UP");
    await lab.host.remove(two);
  });

  test("does not touch a link that bears the name of our veth and is a stranger's", async () => {
    const result = await lab.add({});
    const name = result.interfaces?.[1]?.name ?? "";
    await lab.del({});
    await must(["ip", "link", "add", name, "type", "veth", "peer", "name", "other"]);
    await lab.del({}, { netns: "" });
    expect((await linkOf(undefined, name)).ifname).toBe(name);
    await must(["ip", "link", "delete", name]);
  });

  test("791, 666: the port forwards nothing any more when IPAM is asked to release, and is still there", async () => {
    await lab.add(FULL);
    const states: unknown[] = [];
    const onIpam = async (): Promise<void> => {
      const [port] = await ipJson(undefined, "link", "show", "master", "cni0");
      states.push(port?.linkinfo?.info_slave_data?.["state"]);
      states.push((await addressesOf(one, "eth0")).length);
    };
    expect(await lab.call("DEL", FULL, { onIpam })).toMatchObject({ exitCode: 0 });
    expect(states).toEqual(["disabled", 2]);
    expect(await leftovers()).toEqual([]);
  });

  test("an IPAM that fails is told, and everything else is removed", async () => {
    await lab.add(FULL);
    const failing = async (io: { stdout: (text: string) => void }): Promise<number> => {
      await Promise.resolve(io.stdout('{"cniVersion":"1.1.0","code":11,"msg":"later"}'));
      return 1;
    };
    const answer = await lab.call("DEL", FULL, { ipam: failing });
    expect(answer.json).toMatchObject({ code: 11, msg: "later" });
    const left = (await leftovers()).filter((line) => !line.includes("/var/lib/cni/"));
    expect(left).toEqual([]);
    await lab.del(FULL);
    expect(await leftovers()).toEqual([]);
  });
});

describe("CHECK", () => {
  let result: AddResult;
  const check = async (keys: Keys = FULL): Promise<unknown> => {
    const answer = await lab.call("CHECK", { ...keys, prevResult: result });
    return answer.exitCode === 0 ? "well" : (answer.json.msg ?? "");
  };

  for (const backend of [undefined, "iptables", "nftables"]) {
    needs("nft", "iptables")(`is content after ADD (${backend ?? "own layout"})`, async () => {
      const keys = {
        ...FULL,
        ...defined({ ipMasqBackend: backend }),
        ...{ promiscMode: true, portIsolation: true, isDefaultGateway: true },
      };
      result = await lab.add(keys);
      expect(await check(keys)).toBe("well");
    });
  }

  for (const [name, keys, said] of [
    ["case P14, kind", { isGateway: true }, "isGateway"],
    ["case P14, kind", { ipMasq: true }, "ipMasq"],
    ["case P14", { isDefaultGateway: true, ipMasq: true }, "isDefaultGateway and ipMasq"],
  ] as const) {
    test(`${name}: without IPAM nothing comes of ${said}, and stderr says so`, async () => {
      const answer = await lab.call("ADD", { ...keys, ipam: {} });
      expect(answer).toMatchObject({
        exitCode: 0,
        stderr: `bridge: without a type in "ipam" nothing comes of ${said}\n`,
      });
      await lab.del({ ipam: {} });
    });
  }

  test("own: without IPAM it does not ask for any (`ipam: {}`)", async () => {
    result = await lab.add({ ipam: {} });
    expect(await check({ ipam: {} })).toBe("well");
  });

  test("886: routes without a gateway are found", async () => {
    const keys = {
      ...FULL,
      isGateway: false,
      ipam: { ...ipam(4), routes: [{ dst: "192.0.2.0/24" }] },
    };
    result = await lab.add(keys);
    expect(await check(keys)).toBe("well");
  });

  test("a watcher's promiscuity is no difference", async () => {
    result = await lab.add(FULL);
    await must(["ip", "link", "set", "dev", "cni0", "promisc", "on"]);
    expect(await check()).toBe("well");
  });

  const inOne = ["ip", "-n", "one"];
  const damages: [string, string[], string][] = [
    [
      "a missing address",
      [...inOne, "address", "delete", "10.1.0.2/16", "dev", "eth0"],
      "10.1.0.2/16",
    ],
    ["a missing route", [...inOne, "route", "delete", "default"], "route to 0.0.0.0/0"],
    ["an interface that is down", [...inOne, "link", "set", "dev", "eth0", "down"], "eth0 is down"],
    [
      "a missing interface",
      [...inOne, "link", "delete", "eth0"],
      "eth0 is missing in the container",
    ],
    ["a bridge that is down", ["ip", "link", "set", "dev", "cni0", "down"], "cni0 is down"],
    ["a missing bridge", ["ip", "link", "delete", "cni0"], "cni0 is missing on the host"],
    ["a missing gateway", ["ip", "address", "flush", "dev", "cni0"], "gateway address 10.1.0.1/16"],
    ["forwarding that is off", ["sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward"], "IPv4"],
    ["missing masquerading", ["nft", "delete", "table", "inet", "hawser_masquerade"], "masquerade"],
    [
      "a masquerading that no rule does",
      ["nft", "flush", "chain", "inet", "hawser_masquerade", "postrouting"],
      "masquerade: chain postrouting",
    ],
    [
      "a source check that no rule does",
      ["nft", "flush", "chain", "bridge", "hawser_macspoof", "prerouting"],
      "source check: chain prerouting",
    ],
    [
      "a missing source check",
      ["nft", "delete", "table", "bridge", "hawser_macspoof"],
      "source check",
    ],
  ];
  for (const [what, command, text] of damages) {
    needs("nft")(`tells ${what}`, async () => {
      result = await lab.add(FULL);
      await must(command);
      expect(await check()).toContain(text);
    });
  }

  test("tells a port that left the bridge, and one whose flags were changed", async () => {
    result = await lab.add(FULL);
    const port = result.interfaces?.[1]?.name ?? "";
    await must(["ip", "link", "set", "dev", port, "type", "bridge_slave", "hairpin", "on"]);
    expect(await check()).toContain("hairpin mode");
    await must(["ip", "link", "set", "dev", port, "nomaster"]);
    expect(await check()).toContain("is no port of bridge cni0");
  });

  test("needs a previous result", async () => {
    await lab.add({});
    expect((await lab.call("CHECK", {})).json).toMatchObject({ code: 7 });
  });
});

const RECORDS = "/run/hawser/masquerade";

describe("GC, STATUS and plan", () => {
  const valid = (...ids: string[]): Keys => ({
    ...FULL,
    "cni.dev/valid-attachments": ids.map((containerID) => ({ containerID, ifname: "eth0" })),
  });

  test("1013: GC removes what belongs to no valid attachment, and keeps the rest", async () => {
    const two = await lab.host.container("two");
    await lab.add(FULL);
    await lab.add(FULL, { container: two });
    expect(await lab.call("GC", valid("id-one", "id-two"))).toMatchObject({ exitCode: 0 });
    expect((await ipJson(undefined, "link", "show", "master", "cni0")).length).toBe(2);
    expect(await lab.call("GC", valid("id-two"))).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await ipJson(undefined, "link", "show", "master", "cni0")).length).toBe(1);
    const rules = await must(["nft", "list", "ruleset"]);
    expect(rules).not.toContain("id-one");
    expect(rules).toContain("id-two");
    expect(await lab.call("GC", { ...valid(), name: "net2" })).toMatchObject({
      exitCode: 0,
    });
    expect(await must(["nft", "list", "ruleset"])).toContain("id-two");
    expect(await lab.call("GC", valid())).toMatchObject({ exitCode: 0 });
    expect(await lab.changes()).toEqual([]);
    expect(await must(["nft", "list", "ruleset"])).not.toContain("hawser_");
    await lab.host.remove(two);
  });

  needs("nft")("GC leaves a valid attachment alone whose record is of another boot", async () => {
    await lab.add(FULL);
    const [name = ""] = readdirSync(RECORDS).filter((each) => each.endsWith(".json"));
    const record = readFileSync(join(RECORDS, name), "utf8");
    const earlier = record.replace(/"bootId":\s*"[^"]*"/u, '"bootId":"earlier"');
    expect(earlier).not.toBe(record);
    writeFileSync(join(RECORDS, name), earlier);
    expect(await lab.call("GC", valid("id-one"))).toMatchObject({ exitCode: 0 });
    expect(await must(["nft", "list", "table", "inet", "hawser_masquerade"])).toContain("id-one");
  });

  for (const backend of ["iptables", "nftables"]) {
    needs("nft", "iptables")(`GC removes the rules of the ${backend} backend too`, async () => {
      const keys = { ...FULL, ipMasqBackend: backend };
      const two = await lab.host.container("two");
      await lab.add(keys);
      await lab.add(keys, { container: two });
      await lab.call("GC", { ...valid("id-two"), ipMasqBackend: backend });
      const rules = await must(["nft", "list", "ruleset"]);
      expect([rules.includes("id-one"), rules.includes("id-two")]).toEqual([false, true]);
      expect(rules).not.toContain("10.1.0.2");
      await lab.call("GC", { ...valid(), ipMasqBackend: backend });
      expect(await must(["nft", "list", "ruleset"])).not.toContain("id-two");
      expect(await leftovers()).toEqual([]);
      await lab.host.remove(two);
    });
  }

  needs("nft")("GC removes nftables rules that another implementation has left", async () => {
    await lab.add({ ...FULL, ipMasqBackend: "nftables" });
    loseState();
    await lab.call("GC", { ...valid(), name: "net2" });
    expect(await must(["nft", "list", "ruleset"])).toContain("id: id-one");
    await lab.call("GC", valid());
    expect(await must(["nft", "list", "ruleset"])).not.toContain("id: id-one");
  });

  test("STATUS: well on a fresh host; a name that is taken is told with code 50", async () => {
    expect(await lab.call("STATUS", FULL)).toMatchObject({ exitCode: 0 });
    await must(["ip", "link", "add", "cni0", "type", "veth", "peer", "name", "other"]);
    expect((await lab.call("STATUS", FULL)).json).toMatchObject({
      code: 50,
      msg: '"cni0" already exists but is not a bridge',
    });
    await must(["ip", "link", "delete", "cni0"]);
    expect((await lab.call("STATUS", { vlan: 4095 })).json).toMatchObject({ code: 7 });
    const full = {
      type: "host-local",
      failStatusWhenFull: true,
      ranges: [[{ subnet: "10.1.0.0/30" }]],
    };
    await lab.add({ ipam: full });
    expect((await lab.call("STATUS", { ipam: full })).json).toMatchObject({ code: 50 });
  });

  test("STATUS: a program that the backend runs, and is not there, is told with code 50", async () => {
    const iptables = { ...FULL, ipMasqBackend: "iptables" };
    expect((await lab.call("STATUS", iptables)).exitCode).toBe(0);
    const env = { PATH: "/nonexistent" };
    expect((await lab.call("STATUS", iptables, { env })).json).toMatchObject({ code: 50 });
    expect((await lab.call("STATUS", FULL, { env })).exitCode).toBe(0);
  });

  test("STATUS: VLANs are refused where the kernel's bridges cannot filter, and only there", async () => {
    await must(["ip", "link", "add", "cni0", "type", "bridge"]);
    const { json } = await lab.call("STATUS", { vlan: 5 });
    expect(json).toMatchObject(has("kernel:bridge-vlan-filtering") ? {} : { code: 50 });
  });

  test("plan names each step and touches nothing", async () => {
    const env = { CNI_CONTAINERID: "c1", CNI_NETNS: one.netns, CNI_IFNAME: "eth0", CNI_PATH: "/x" };
    const config = { cniVersion: "1.1.0", name: "net1", type: "bridge", ...FULL, mtu: 1400 };
    const stdin = (): string => JSON.stringify(config);
    const lines = await plugin.plan?.({ env, stdin, stdout: () => {}, stderr: () => {} });
    expect(lines?.map((line) => line.split(":")[0])).toEqual([
      ...["bridge", "veth pair", "source check", "bridge port", "addresses", "interface"],
      ...["gateway", "forwarding", "masquerade", "bridge port ready", "announcement"],
    ]);
    expect(lines?.[0]).toBe("bridge: cni0 on the host, up, MTU 1400");
    expect(await lab.differences()).toEqual([]);
  });
});

test("no operation leaves a socket or a namespace open", async () => {
  await lab.add(FULL); // loads everything that stays open
  await lab.call("DEL", FULL);
  const before = openDescriptors();
  const prevResult = await lab.add(FULL);
  await lab.call("CHECK", { ...FULL, prevResult });
  await lab.call("ADD", FULL);
  await lab.call("DEL", FULL);
  await lab.call("STATUS", FULL);
  await lab.call("GC", { ...FULL, "cni.dev/valid-attachments": [] });
  expect(await leftOpen(before)).toEqual([]);
});
