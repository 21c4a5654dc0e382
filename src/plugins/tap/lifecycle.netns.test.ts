import { describe, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { leftOpen, openDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { needs } from "../../../tests/support/needs.ts";
import {
  type Answer,
  type CallOptions,
  ipam,
  type Keys,
} from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { startable } from "../../../tests/support/programs.ts";
import { Netns } from "../../kernel/netns/index.ts";
import {
  IFF_MULTI_QUEUE,
  IFF_NO_PI,
  IFF_TAP,
  openTun,
  setTunInterface,
} from "../../kernel/sys/index.ts";
import { plugin } from "./index.ts";

const PEER = fileURLToPath(new URL("../../../tests/fixtures/tap-peer.ts", import.meta.url));

const lab = pluginLab(plugin, { remembers: "containers" });
const { one } = lab;

/** Starts a program in the container that attaches to eth0. */
function peer(flags: number, count: number, ...before: string[]): Bun.Subprocess<"ignore", "pipe"> {
  const inside = ["nsenter", `--net=${one.netns}`, "--", ...before];
  const argv = [...inside, process.execPath, PEER, "eth0", String(flags), String(count)];
  return Bun.spawn(startable(argv), { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
}

/** The next line of a program. */
function lines(stream: ReadableStream<Uint8Array>): () => Promise<string> {
  const reader = stream.getReader();
  let text = "";
  return async () => {
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`it ended after ${JSON.stringify(text)}`);
      text += new TextDecoder().decode(value);
    }
    const [line = "", ...rest] = text.split("\n");
    text = rest.join("\n");
    return line;
  };
}

describe("a program attaches to the tap", () => {
  test("frames of the container come out of it, and its answers go in", async () => {
    const result = await lab.add({ mac: "c2:11:22:33:44:55", ipam: ipam(4) });
    const program = peer(IFF_TAP | IFF_NO_PI, 100);
    const next = lines(program.stdout);
    expect(await next()).toBe("attached");
    const asking = lab.host.exec(one, [process.execPath, "-e", ASK_GATEWAY]);
    const frame = Buffer.from(await next(), "hex");
    expect(frame.subarray(0, 14).toString("hex")).toBe("ffffffffffff" + "c21122334455" + "0806");
    expect(frame.subarray(28, 32)).toEqual(Buffer.from([10, 1, 0, 2]));
    expect(frame.subarray(38, 42)).toEqual(Buffer.from([10, 1, 0, 1]));
    await asking;
    const neighbours = await must(["ip", "-n", "one", "neigh", "show", "10.1.0.1"]);
    expect(neighbours).toContain("lladdr 02:00:00:00:00:99");
    program.kill("SIGKILL");
    await program.exited;
    // The tap outlives the process that was attached to it.
    const check = { ipam: ipam(4), prevResult: result };
    expect(await lab.call("CHECK", check)).toMatchObject({ exitCode: 0 });
  });

  test("multiQueue: several descriptors, and one that does not ask for it is refused", async () => {
    await lab.add({ multiQueue: true });
    using netns = Netns.open(one.netns);
    using first = netns.run(openTun);
    using second = netns.run(openTun);
    using third = netns.run(openTun);
    const flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE;
    setTunInterface(first, "eth0", flags);
    setTunInterface(second, "eth0", flags);
    expect(() => setTunInterface(third, "eth0", IFF_TAP | IFF_NO_PI)).toThrow("invalid argument");
  });

  needs("root", "setpriv")("owner and group may attach without privilege, others not", async () => {
    await must(["mount", "-t", "tmpfs", "-o", "mode=755", "own-tun", "/dev/net"]);
    await must(["mknod", "-m", "666", "/dev/net/tun", "c", "10", "200"]);
    const cases: [Keys, number, number, number][] = [
      [{ owner: 1234 }, 1234, 99, 0],
      [{ owner: 1234 }, 1235, 99, 3],
      [{ group: 555 }, 1234, 555, 0],
      [{ group: 555 }, 1234, 556, 3],
      [{ owner: 1234, group: 555 }, 1234, 555, 0],
      [{ owner: 1234, group: 555 }, 1235, 555, 3],
      [{}, 1234, 99, 0],
    ];
    const found: unknown[] = [];
    for (const [keys, uid, gid] of cases) {
      await lab.add(keys);
      const as = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
      found.push([keys, uid, gid, await peer(IFF_TAP | IFF_NO_PI, 0, ...as).exited]);
      await lab.call("DEL", keys);
    }
    await must(["umount", "/dev/net"]);
    expect(found).toEqual(cases);
  });
});

/** A datagram to the gateway makes the kernel ask for its MAC. */
const ASK_GATEWAY = `
const s = require("node:dgram").createSocket("udp4");
s.send("x", 9, "10.1.0.1", () => setTimeout(() => s.close(), 300));
`;

describe("a failed ADD leaves nothing", () => {
  test("the name is taken, by a link of any kind: it stays as it was", async () => {
    const inside = ["ip", "-n", "one"];
    const others: [string, string[]][] = [
      ["a tap", ["tuntap", "add", "mode", "tap", "name", "eth0"]],
      ["a veth", ["link", "add", "eth0", "type", "veth", "peer", "name", "other"]],
      ["a bridge", ["link", "add", "eth0", "type", "bridge"]],
    ];
    for (const [what, words] of others) {
      await must([...inside, ...words]);
      const before = await lab.host.snapshot([one]);
      const { json } = await lab.call("ADD", { owner: 1, group: 1 });
      expect({ what, json }).toMatchObject({
        json: { code: 4, msg: 'interface "eth0" already exists in the container' },
      });
      expect(await lab.host.snapshot([one])).toEqual(before);
      await must([...inside, "link", "delete", "eth0"]);
    }
  });

  test("IPAM fails, or gives a route that cannot be", async () => {
    const failing: CallOptions = {
      ipam: async (io) => {
        const error = { cniVersion: "1.1.0", code: 142, msg: "no address today" };
        await Promise.resolve(io.stdout(JSON.stringify(error)));
        return io.env["CNI_COMMAND"] === "ADD" ? 1 : 0;
      },
    };
    expect((await lab.call("ADD", { ipam: ipam(4) }, failing)).json).toMatchObject({
      code: 142,
    });
    expect(await lab.changes()).toEqual([]);
    const routes = [{ dst: "192.0.2.0/24", gw: "203.0.113.1" }];
    const { json } = await lab.call("ADD", { ipam: { ...ipam(4), routes } });
    expect(json).toMatchObject({ code: 7 });
    expect(await lab.changes()).toEqual([]);
  });

  needs("root")("without /dev/net/tun: ADD and STATUS say so with code 50", async () => {
    await must(["mount", "-t", "tmpfs", "no-tun", "/dev/net"]);
    try {
      for (const verb of ["ADD", "STATUS"] as const) {
        const { json } = await lab.call(verb, { ipam: ipam(4) });
        expect(json).toMatchObject({
          code: 50,
          msg: "no tap can be made: open /dev/net/tun: no such file or directory",
        });
      }
      expect(await lab.changes()).toEqual([]);
    } finally {
      await must(["umount", "/dev/net"]);
    }
    expect(await lab.call("STATUS", {})).toMatchObject({ exitCode: 0 });
  });
});

describe("DEL", () => {
  test("removes tap and address, twice in a row, and without a namespace", async () => {
    const prevResult = await lab.add({ ipam: ipam(4, 6) });
    const del = (options: CallOptions = {}): Promise<Answer> =>
      lab.call("DEL", { ipam: ipam(4, 6), prevResult }, options);
    expect(await del()).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await lab.changes()).toEqual([]);
    expect(await del()).toMatchObject({ exitCode: 0, stderr: "" });
    for (const netns of ["", "/nonexistent", "/etc/hostname"]) {
      await lab.add({ ipam: ipam(4, 6) });
      expect(await del({ netns })).toMatchObject({ exitCode: 0, stderr: "" });
      expect((await lab.changes()).filter((line) => line.includes("networks"))).toEqual([]);
      expect(await del()).toMatchObject({ exitCode: 0 });
    }
  });

  test("a link of the name that is no tap stays", async () => {
    for (const words of [
      ["tuntap", "add", "mode", "tun", "name", "eth0"],
      ["link", "add", "eth0", "type", "bridge"],
    ]) {
      await must(["ip", "-n", "one", ...words]);
      const before = await lab.host.snapshot([one]);
      expect(await lab.call("DEL", {})).toMatchObject({ exitCode: 0 });
      expect(await lab.host.snapshot([one])).toEqual(before);
      await must(["ip", "-n", "one", "link", "delete", "eth0"]);
    }
  });

  test("finds the tap by its mark when the container has renamed it", async () => {
    await lab.add({});
    await must(["ip", "-n", "one", "link", "set", "dev", "eth0", "down"]);
    await must(["ip", "-n", "one", "link", "set", "dev", "eth0", "name", "vnet7"]);
    expect(await lab.call("DEL", { mtu: "broken" })).toMatchObject({ exitCode: 0 });
    expect(await lab.changes()).toEqual([]);
  });
});

describe("CHECK", () => {
  const damages: [string, string[], string][] = [
    ["a missing tap", ["link", "delete", "eth0"], "interface eth0 is missing"],
    ["another MAC", ["link", "set", "eth0", "address", "02:00:00:00:00:07"], "MAC of eth0"],
    ["another MTU", ["link", "set", "eth0", "mtu", "1300"], "MTU of eth0 is 1300 instead of 1500"],
    ["a missing address", ["address", "flush", "dev", "eth0"], "address 10.1.0.2/16 is missing"],
    ["a tap that is down", ["link", "set", "eth0", "down"], "interface eth0 is down"],
  ];
  test.each(damages)("tells %s", async (_what, words, text) => {
    const prevResult = await lab.add({ ipam: ipam(4) });
    await must(["ip", "-n", "one", ...words]);
    const { json } = await lab.call("CHECK", { ipam: ipam(4), prevResult });
    expect(json).toMatchObject({ code: 100, msg: expect.stringContaining(text) as string });
  });

  test("tells a tun, and another number of queues", async () => {
    const prevResult = await lab.add({});
    const { json } = await lab.call("CHECK", { multiQueue: true, prevResult });
    expect(json.msg).toBe("multiQueue of eth0 is false instead of true");
    await must(["ip", "-n", "one", "link", "delete", "eth0"]);
    await must(["ip", "-n", "one", "tuntap", "add", "mode", "tun", "name", "eth0"]);
    const check = await lab.call("CHECK", { prevResult });
    expect(check.json).toMatchObject({ code: 100, msg: "interface eth0 is no tap" });
  });
});

test("GC asks IPAM; plan names the steps and touches nothing", async () => {
  await lab.add({ ipam: ipam(4) });
  const keys = { ipam: ipam(4), "cni.dev/valid-attachments": [] };
  expect(await lab.call("GC", keys)).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await lab.changes()).filter((line) => line.includes("networks"))).toEqual([]);
  const env = { CNI_CONTAINERID: "c1", CNI_NETNS: one.netns, CNI_IFNAME: "net1", CNI_PATH: "/x" };
  const config = { cniVersion: "1.1.0", name: "net1", type: "tap", owner: 7, bridge: "br0" };
  const stdin = (): string => JSON.stringify(config);
  const lines = await plugin.plan?.({ env, stdin, stdout: () => {}, stderr: () => {} });
  expect(lines?.[0]).toBe("tap: net1 in the container, user 7, port of br0");
});

test("no operation leaves a descriptor open", async () => {
  const cycle = async (): Promise<void> => {
    const prevResult = await lab.add({ ipam: ipam(4) });
    await lab.call("CHECK", { ipam: ipam(4), prevResult });
    await lab.call("ADD", { ipam: ipam(4) });
    await lab.call("STATUS", {});
    await lab.call("DEL", { ipam: ipam(4) });
  };
  await cycle();
  const before = openDescriptors();
  await cycle();
  expect(await leftOpen(before)).toEqual([]);
});
