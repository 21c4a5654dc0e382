import { afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import {
  type BridgeResult,
  type CallOptions,
  callPlugin,
  ipam,
  ipJson,
  type Keys,
} from "../../../tests/support/bridge.ts";
import { leftOpen, openDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { type Container, Host, loseState } from "../../../tests/support/host.ts";
import { needs } from "../../../tests/support/needs.ts";
import { leaks } from "../../../tests/support/shared-objects.ts";
import { diff, type Snapshot } from "../../../tests/support/snapshot.ts";
import { plugin } from "./index.ts";

let host: Host;
let one: Container;
let clean: Snapshot;
beforeAll(async () => {
  host = await Host.create();
});
beforeEach(async () => {
  one = await host.container("one");
  clean = await host.snapshot();
});
afterEach(async () => {
  await host.remove(one).catch(() => undefined);
  await host.tidy();
});

const FULL = { ipMasq: true, ipam: ipam(4, 6) };
const BACKENDS = [undefined, "iptables", "nftables"] as const;

function withBackend(backend: string | undefined): Keys {
  return backend === undefined ? FULL : { ...FULL, ipMasqBackend: backend };
}

async function attach(keys: Keys, options: CallOptions = {}): Promise<BridgeResult> {
  const answer = await callPlugin(plugin, "ADD", one, keys, options);
  expect(answer).toMatchObject({ exitCode: 0, stderr: "" });
  return answer.json;
}

async function changes(): Promise<string[]> {
  const all = leaks(diff(clean, await host.snapshot()));
  return all.filter((line) => !line.includes("/run/netns/"));
}

async function del(keys: Keys, options: CallOptions = {}): Promise<void> {
  const answer = await callPlugin(plugin, "DEL", one, keys, options);
  expect(answer).toMatchObject({ exitCode: 0, stderr: "" });
}

describe("DEL", () => {
  for (const backend of BACKENDS) {
    const keys = withBackend(backend);
    const run = needs(backend === "iptables" ? "iptables" : "nft");

    run(`removes everything, twice in a row (${backend ?? "own layout"})`, async () => {
      const prevResult = await attach(keys);
      expect((await changes()).length).toBeGreaterThan(3);
      await del({ ...keys, prevResult });
      expect(await changes()).toEqual([]);
      await del({ ...keys, prevResult });
      expect(await changes()).toEqual([]);
    });

    run(`without namespace, prevResult and records (${backend ?? "own layout"})`, async () => {
      await attach(keys);
      loseState();
      await del(keys, { netns: "" });
      expect(await changes()).toEqual([]);
      expect(await ipJson(one, "link", "show", "type", "veth")).toEqual([]);
    });

    run(`removes rules when the namespace is gone (${backend ?? "own layout"})`, async () => {
      await attach(keys);
      await host.remove(one);
      await host.settled();
      await del({ ...keys, ipMasq: false });
      expect(await changes()).toEqual([]);
    });
  }

  test("reads of the configuration only what it needs", async () => {
    await attach(FULL);
    const broken = { ipam: { type: "host-local" }, mtu: "x", ipMasq: 7, prevResult: "y" };
    expect(await callPlugin(plugin, "DEL", one, broken)).toMatchObject({ exitCode: 0 });
    expect(await changes()).toEqual([]);
  });

  test("the host has no way to the address any more when IPAM is told", async () => {
    await attach(FULL);
    let routes = "none";
    const onIpam = async ({ operation }: { operation: string }): Promise<void> => {
      if (operation === "DEL") routes = await must(["ip", "route", "show", "10.1.0.2"]);
    };
    await del(FULL, { onIpam });
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
    const { json } = await callPlugin(plugin, "ADD", one, { ...FULL, ...keys }, options);
    expect(json).toMatchObject({ code });
    expect(await changes()).toEqual([]);
    expect(await ipJson(one, "link", "show", "type", "veth")).toEqual([]);
    expect(await must(["cat", "/proc/sys/net/ipv4/ip_forward"])).toBe("0\n");
  });

  test("the address is another container's: its route stays", async () => {
    await attach(FULL);
    const two = await host.container("two");
    const before = await host.snapshot([one, two]);
    const ips = [{ address: "10.1.0.2/16" }];
    const { json } = await callPlugin(
      plugin,
      "ADD",
      two,
      { ipam: { type: "host-local" } },
      {
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
    expect(diff(before, await host.snapshot([one, two]))).toEqual([]);
    await host.remove(two);
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
        const answer = await callPlugin(plugin, "ADD", one, withBackend(backend), options);
        if (answer.exitCode === 0) break;
        expect(answer.json).toMatchObject({ code: 11, msg: "enough" });
        expect([steps.at(-1), await changes()]).toEqual([steps.at(-1), []]);
        seen.push(steps.at(-1) ?? "");
      }
      const first = ["veth pair", "addresses", "interface", "host's end", "forwarding"];
      expect(seen.slice(0, 5)).toEqual(first);
    });
  }
});

describe("CHECK", () => {
  test("well after ADD, and when a later plugin has changed the MAC and told so", async () => {
    const result = await attach(FULL);
    const check = async (prevResult: unknown): ReturnType<typeof callPlugin> =>
      await callPlugin(plugin, "CHECK", one, { ...FULL, prevResult });
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
    ["masquerading", ["nft", "delete", "table", "inet", "hawser_masquerade"], "masquerading"],
  ];
  for (const [what, command, text] of damages) {
    needs("nft")(`tells ${what} that is missing`, async () => {
      const prevResult = await attach(FULL);
      await must(command);
      const { json } = await callPlugin(plugin, "CHECK", one, { ...FULL, prevResult });
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
    const prevResult = await attach(FULL);
    await must(["ip", ...words(prevResult.interfaces?.[0]?.name ?? "")]);
    const { json } = await callPlugin(plugin, "CHECK", one, { ...FULL, prevResult });
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
      const two = await host.container("two");
      await attach(keys);
      await callPlugin(plugin, "ADD", two, keys);
      const both = await host.snapshot([one, two]);
      for (const each of [valid("id-one", "id-two"), { ...valid(), name: "net2" }]) {
        const answer = await callPlugin(plugin, "GC", one, { ...keys, ...each });
        expect(answer).toMatchObject({ exitCode: 0, stderr: "" });
        expect(diff(both, await host.snapshot([one, two]))).toEqual([]);
      }
      await callPlugin(plugin, "GC", one, { ...keys, ...valid("id-two") });
      expect((await ipJson(undefined, "link", "show", "type", "veth")).length).toBe(1);
      const rules = await must(["nft", "list", "ruleset"]);
      expect([rules.includes("10.1.0.2"), rules.includes("10.1.0.3")]).toEqual([false, true]);
      await callPlugin(plugin, "GC", one, { ...keys, ...valid() });
      expect(await changes()).toEqual([]);
      await host.remove(two);
    });
  }

  test("STATUS asks IPAM", async () => {
    expect(await callPlugin(plugin, "STATUS", one, FULL)).toMatchObject({ exitCode: 0 });
    const full = { ipam: { type: "host-local", ranges: [[{ subnet: "10.1.0.0/30" }]] } };
    await attach(full);
    expect((await callPlugin(plugin, "STATUS", one, full)).json).toMatchObject({ code: 50 });
  });

  test("plan names each step and touches nothing", async () => {
    const env = { CNI_CONTAINERID: "c1", CNI_NETNS: one.netns, CNI_IFNAME: "eth0", CNI_PATH: "/x" };
    const config = { cniVersion: "1.1.0", name: "net1", type: "ptp", ...FULL, mtu: 1400 };
    const stdin = (): string => JSON.stringify(config);
    const lines = await plugin.plan?.({ env, stdin, stdout: () => {}, stderr: () => {} });
    const names = lines?.map((line) => line.split(":")[0]) ?? [];
    const first = ["veth pair", "addresses", "interface", "host's end", "forwarding", "masquerade"];
    expect(names.slice(0, 6)).toEqual(first);
    expect(diff(clean, await host.snapshot())).toEqual([]);
  });

  test("no operation leaves a socket or a namespace open", async () => {
    const cycle = async (): Promise<void> => {
      const prevResult = await attach(FULL);
      await callPlugin(plugin, "CHECK", one, { ...FULL, prevResult });
      await callPlugin(plugin, "ADD", one, FULL);
      await callPlugin(plugin, "GC", one, { ...FULL, ...valid("id-one") });
      await del(FULL);
    };
    await cycle();
    const before = openDescriptors();
    await cycle();
    expect(await leftOpen(before)).toEqual([]);
  });
});
