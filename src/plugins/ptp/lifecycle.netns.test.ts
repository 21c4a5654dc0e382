import { describe, expect, test } from "bun:test";
import { leftOpen, openDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { loseState } from "../../../tests/support/host.ts";
import { ipJson } from "../../../tests/support/ip.ts";
import { needs } from "../../../tests/support/needs.ts";
import {
  type Answer,
  type CallOptions,
  ipam,
  type Keys,
} from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { diff } from "../../../tests/support/snapshot.ts";
import type { PluginEntry } from "../../invoke/index.ts";
import { plugin } from "./index.ts";

const lab = pluginLab(plugin, { remembers: "host" });
const { one } = lab;

const FULL = { ipMasq: true, ipam: ipam(4, 6) };
const BACKENDS = [undefined, "iptables", "nftables"] as const;

function withBackend(backend: string | undefined): Keys {
  return backend === undefined ? FULL : { ...FULL, ipMasqBackend: backend };
}

describe("DEL", () => {
  for (const backend of BACKENDS) {
    const keys = withBackend(backend);
    const run = needs(backend === "iptables" ? "iptables" : "nft");

    run(`removes everything, twice in a row (${backend ?? "own layout"})`, async () => {
      const prevResult = await lab.add(keys);
      expect((await lab.changes()).length).toBeGreaterThan(3);
      await lab.del({ ...keys, prevResult });
      expect(await lab.changes()).toEqual([]);
      await lab.del({ ...keys, prevResult });
      expect(await lab.changes()).toEqual([]);
    });

    run(`without namespace, prevResult and records (${backend ?? "own layout"})`, async () => {
      await lab.add(keys);
      loseState();
      await lab.del(keys, { netns: "" });
      expect(await lab.changes()).toEqual([]);
      expect(await ipJson(one, "link", "show", "type", "veth")).toEqual([]);
    });

    run(`removes rules when the namespace is gone (${backend ?? "own layout"})`, async () => {
      await lab.add(keys);
      await lab.host.remove(one);
      await lab.host.settled();
      await lab.del({ ...keys, ipMasq: false });
      expect(await lab.changes()).toEqual([]);
    });
  }

  test("reads of the configuration only what it needs", async () => {
    await lab.add(FULL);
    const broken = { ipam: { type: "host-local" }, mtu: "x", ipMasq: 7, prevResult: "y" };
    expect(await lab.call("DEL", broken)).toMatchObject({ exitCode: 0 });
    expect(await lab.changes()).toEqual([]);
  });

  test("the host has no way to the address any more when IPAM is told", async () => {
    await lab.add(FULL);
    let routes = "none";
    const onIpam = async ({ operation }: { operation: string }): Promise<void> => {
      if (operation === "DEL") routes = await must(["ip", "route", "show", "10.1.0.2"]);
    };
    await lab.del(FULL, { onIpam });
    expect(routes).toBe("");
  });
});

describe("a failed ADD leaves the host as it was", () => {
  const failures: [string, Keys, CallOptions, number][] = [
    [
      "a route that cannot be",
      { ipam: { ...ipam(4, 6), routes: [{ dst: "192.0.2.0/24", gw: "203.0.113.1" }] } },
      {},
      7,
    ],
    [
      "no program for the backend",
      { ipMasqBackend: "iptables" },
      { env: { PATH: "/nonexistent" } },
      50,
    ],
    ["no place for records", {}, { env: { HAWSER_STATE_DIR: "/proc/nothing" } }, 5],
    ["no such namespace", {}, { netns: "/nonexistent" }, 4],
  ];
  test.each(failures)("%s", async (_what, keys, options, code) => {
    const { json } = await lab.call("ADD", { ...FULL, ...keys }, options);
    expect(json).toMatchObject({ code });
    expect(await lab.changes()).toEqual([]);
    expect(await ipJson(one, "link", "show", "type", "veth")).toEqual([]);
    expect(await must(["cat", "/proc/sys/net/ipv4/ip_forward"])).toBe("0\n");
  });

  test("the address is another container's: its route stays", async () => {
    await lab.add(FULL);
    const two = await lab.host.container("two");
    const before = await lab.host.snapshot([one, two]);
    const ips = [{ address: "10.1.0.2/16" }];
    const { json } = await lab.call(
      "ADD",
      { ipam: { type: "host-local" } },
      {
        container: two,
        ipam: async (io) => {
          const answer = JSON.stringify({ cniVersion: "1.1.0", ips });
          await Promise.resolve(io.env["CNI_COMMAND"] === "ADD" && io.stdout(answer));
          return 0;
        },
      },
    );
    expect(json).toMatchObject({
      code: 11,
      msg: expect.stringMatching(
        /the host has a route for 10.1.0.2 already, to veth\w+/u,
      ) as string,
    });
    expect(diff(before, await lab.host.snapshot([one, two]))).toEqual([]);
    await lab.host.remove(two);
  });

  test("a fleet's addresses came from another node: the overlay's routes to that one give way", async () => {
    const addresses = ["10.1.0.2", "fd00:1::2"];
    await must(["ip", "link", "add", "fleet0", "type", "bridge"]);
    await must(["ip", "link", "set", "fleet0", "up"]);
    for (const address of addresses) {
      await must(["ip", "route", "add", address, "dev", "fleet0", "proto", "72"]);
    }
    const two = await lab.host.container("two");
    const ips = [{ address: "10.1.0.2/16" }, { address: "fd00:1::2/64" }];
    const played: PluginEntry = async (io) => {
      const answer = JSON.stringify({ cniVersion: "1.1.0", ips });
      await Promise.resolve(io.env["CNI_COMMAND"] === "ADD" && io.stdout(answer));
      return 0;
    };
    const add = async (type: string): ReturnType<typeof lab.call> =>
      await lab.call("ADD", { ipam: { type } }, { container: two, ipam: played });
    expect((await add("host-local")).json).toMatchObject({ code: 11 });
    expect(await add("cluster")).toMatchObject({ exitCode: 0 });
    for (const address of addresses) {
      expect(await must(["ip", "route", "get", address])).toContain(" dev veth");
    }
    await must(["ip", "link", "delete", "fleet0"]);
    await lab.host.remove(two);
  });

  for (const backend of BACKENDS) {
    test(`the caller gives up after any step (${backend ?? "own layout"})`, async () => {
      const seen: string[] = [];
      for (let after = 1; ; after++) {
        const controller = new AbortController();
        const steps: string[] = [];
        const onStep = ({ step }: { step: string }): void => {
          steps.push(step);
          if (steps.length === after) controller.abort(new Error("enough"));
        };
        const options = { signal: controller.signal, onStep };
        const answer = await lab.call("ADD", withBackend(backend), options);
        if (answer.exitCode === 0) break;
        expect(answer.json).toMatchObject({ code: 11, msg: "enough" });
        expect([steps.at(-1), await lab.changes()]).toEqual([steps.at(-1), []]);
        seen.push(steps.at(-1) ?? "");
      }
      const first = ["veth pair", "addresses", "interface", "host's end", "forwarding"];
      expect(seen.slice(0, 5)).toEqual(first);
    });
  }
});

describe("CHECK", () => {
  test("well after ADD, and when a later plugin has changed the MAC and told so", async () => {
    const result = await lab.add(FULL);
    const check = async (prevResult: unknown): Promise<Answer> =>
      await lab.call("CHECK", { ...FULL, prevResult });
    expect(await check(result)).toMatchObject({ exitCode: 0, stderr: "" });
    const mac = "02:00:00:00:00:07";
    await must(["ip", "-n", "one", "link", "set", "eth0", "address", mac]);
    expect((await check(result)).json.msg).toStartWith("MAC of eth0 is 02:00:00:00:00:07 instead");
    const interfaces = result.interfaces?.map((each) => (each.sandbox ? { ...each, mac } : each));
    expect(await check({ ...result, interfaces })).toMatchObject({ exitCode: 0 });
  });

  const inside = ["ip", "-n", "one"];
  const damages: [string, string[], string][] = [
    ["a missing pair", [...inside, "link", "delete", "eth0"], "interface eth0 is missing"],
    ["an address inside", [...inside, "address", "flush", "dev", "eth0"], "address 10.1.0.2/16"],
    ["the default route", [...inside, "route", "delete", "default"], "route to 0.0.0.0/0"],
    [
      "the way to the subnet",
      [...inside, "route", "delete", "10.1.0.0/16"],
      "route to 10.1.0.0/16 via 10.1.0.1",
    ],
    ["forwarding", ["sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward"], "IPv4"],
    ["masquerading", ["nft", "delete", "table", "inet", "hawser_masquerade"], "masquerade"],
  ];
  for (const [what, command, text] of damages) {
    needs("nft")(`tells ${what} that is missing`, async () => {
      const prevResult = await lab.add(FULL);
      await must(command);
      const { json } = await lab.call("CHECK", { ...FULL, prevResult });
      expect(json).toMatchObject({ code: 100, msg: expect.stringContaining(text) as string });
    });
  }

  const ofHost: [string, (name: string) => string[], string][] = [
    [
      "the gateway's address",
      (name) => ["address", "delete", "10.1.0.1/32", "dev", name],
      "10.1.0.1/32",
    ],
    [
      "the route to the container",
      (name) => ["route", "delete", "10.1.0.2", "dev", name],
      "10.1.0.2/32",
    ],
    [
      "the route of IPv6",
      (name) => ["-6", "route", "delete", "fd00:10:1::2", "dev", name],
      "fd00:10:1::2/128",
    ],
    ["the host's end up", (name) => ["link", "set", name, "down"], "is down on the host"],
  ];
  test.each(ofHost)("tells %s that is missing on the host", async (_what, words, text) => {
    const prevResult = await lab.add(FULL);
    await must(["ip", ...words(prevResult.interfaces?.[0]?.name ?? "")]);
    const { json } = await lab.call("CHECK", { ...FULL, prevResult });
    expect(json).toMatchObject({ code: 100, msg: expect.stringContaining(text) as string });
  });
});

describe("GC, STATUS and plan", () => {
  const valid = (...ids: string[]): Keys => ({
    "cni.dev/valid-attachments": ids.map((containerID) => ({ containerID, ifname: "eth0" })),
  });

  for (const backend of BACKENDS) {
    const run = needs("nft", ...(backend === "iptables" ? ["iptables"] : []));
    run(`GC removes what is not valid, and nothing else (${backend ?? "own layout"})`, async () => {
      const keys = withBackend(backend);
      const two = await lab.host.container("two");
      await lab.add(keys);
      await lab.call("ADD", keys, { container: two });
      const both = await lab.host.snapshot([one, two]);
      for (const each of [valid("id-one", "id-two"), { ...valid(), name: "net2" }]) {
        const answer = await lab.call("GC", { ...keys, ...each });
        expect(answer).toMatchObject({ exitCode: 0, stderr: "" });
        expect(diff(both, await lab.host.snapshot([one, two]))).toEqual([]);
      }
      await lab.call("GC", { ...keys, ...valid("id-two") });
      expect((await ipJson(undefined, "link", "show", "type", "veth")).length).toBe(1);
      const rules = await must(["nft", "list", "ruleset"]);
      expect([rules.includes("10.1.0.2"), rules.includes("10.1.0.3")]).toEqual([false, true]);
      await lab.call("GC", { ...keys, ...valid() });
      expect(await lab.changes()).toEqual([]);
      await lab.host.remove(two);
    });
  }

  test("STATUS asks IPAM", async () => {
    expect(await lab.call("STATUS", FULL)).toMatchObject({ exitCode: 0 });
    const full = {
      ipam: { type: "host-local", failStatusWhenFull: true, ranges: [[{ subnet: "10.1.0.0/30" }]] },
    };
    await lab.add(full);
    expect((await lab.call("STATUS", full)).json).toMatchObject({ code: 50 });
  });

  test("plan names each step and touches nothing", async () => {
    const env = { CNI_CONTAINERID: "c1", CNI_NETNS: one.netns, CNI_IFNAME: "eth0", CNI_PATH: "/x" };
    const config = { cniVersion: "1.1.0", name: "net1", type: "ptp", ...FULL, mtu: 1400 };
    const stdin = (): string => JSON.stringify(config);
    const lines = await plugin.plan?.({ env, stdin, stdout: () => {}, stderr: () => {} });
    const names = lines?.map((line) => line.split(":")[0]) ?? [];
    const first = ["veth pair", "addresses", "interface", "host's end", "forwarding", "masquerade"];
    expect(names.slice(0, 6)).toEqual(first);
    expect(await lab.differences()).toEqual([]);
  });

  test("no operation leaves a socket or a namespace open", async () => {
    const cycle = async (): Promise<void> => {
      const prevResult = await lab.add(FULL);
      await lab.call("CHECK", { ...FULL, prevResult });
      await lab.call("ADD", FULL);
      await lab.call("GC", { ...FULL, ...valid("id-one") });
      await lab.del(FULL);
    };
    await cycle();
    const before = openDescriptors();
    await cycle();
    expect(await leftOpen(before)).toEqual([]);
  });
});
