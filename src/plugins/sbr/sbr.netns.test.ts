import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { routingLab } from "../../../tests/support/routing-lab.ts";
import { plugin } from "./index.ts";

failOnLeakedDescriptors();

const lab = routingLab();

describe("ADD of sbr", () => {
  test("gives each address a rule, and a table with the interface's routes of its family", async () => {
    await lab.connect("eth0", "net1");
    await lab.succeed(plugin, "ADD", "net1");

    expect(await lab.rules()).toEqual([
      { priority: 32765, src: "10.2.0.2", table: "100" },
      { priority: 32765, src: "fd02::2", table: "101" },
    ]);
    expect(await lab.routes(100)).toEqual([
      "default via 10.2.0.1 dev net1",
      "10.2.0.0/24 dev net1 proto kernel scope link src 10.2.0.2",
    ]);
    expect(await lab.routes(101)).toEqual([
      "fd02::/64 dev net1 proto kernel metric 256",
      "fe80::/64 dev net1 proto kernel metric 256",
      "default via fd02::1 dev net1 metric 1024",
    ]);
  });

  test("takes the interface's routes out of the main table, and no other's", async () => {
    await lab.connect("eth0", "net1");
    await lab.succeed(plugin, "ADD", "net1");

    expect(await lab.routes("main", 4)).toEqual([
      "default via 10.1.0.1 dev eth0",
      "10.1.0.0/24 dev eth0 proto kernel scope link src 10.1.0.2",
    ]);
    expect(await lab.routes("main", 6)).toEqual([
      "fd01::/64 dev eth0 proto kernel metric 256",
      "fe80::/64 dev eth0 proto kernel metric 256",
      "fe80::/64 dev net1 proto kernel metric 256",
      "default via fd01::1 dev eth0 metric 1024",
    ]);
  });

  test("case S6, kind: waits for no lock that any user can hold on the container's namespace", async () => {
    await lab.connect("net1");
    const { netns } = lab.container;
    const held = Bun.spawn(["flock", "-x", netns, "sleep", "60"], {
      stdio: ["ignore", "ignore", "ignore"],
    });
    try {
      while (Bun.spawnSync(["flock", "-n", netns, "true"]).success) await Bun.sleep(5);
      await lab.succeed(plugin, "ADD", "net1");
      await lab.succeed(plugin, "DEL", "net1");
    } finally {
      held.kill();
      await held.exited;
    }
  });

  test("hands on the previous result", async () => {
    await lab.connect("net1");
    expect(await lab.succeed(plugin, "ADD", "net1")).toEqual(lab.result("net1"));
  });

  test("makes no table that rules lead to or routes are in", async () => {
    await lab.connect("eth0", "net1");
    const inside = ["ip", "-n", lab.container.name];
    await must([...inside, "route", "add", "192.0.2.0/24", "dev", "eth0", "table", "100"]);
    await must([...inside, "-6", "rule", "add", "from", "fd09::9", "lookup", "102"]);
    await lab.succeed(plugin, "ADD", "net1");
    expect((await lab.rules()).map(({ src, table }) => [src, table])).toEqual([
      ["10.2.0.2", "101"],
      ["fd02::2", "103"],
      ["fd09::9", "102"],
    ]);
  });

  test("with a table makes rules and nothing else", async () => {
    await lab.connect("eth0", "net1");
    const before = await lab.routes("all");
    await lab.succeed(plugin, "ADD", "net1", { table: 777 });
    expect((await lab.rules()).map(({ src, table }) => [src, table])).toEqual([
      ["10.2.0.2", "777"],
      ["fd02::2", "777"],
    ]);
    expect(await lab.routes("all")).toEqual(before);
  });

  test("takes the gateways of the configuration in place of those of IPAM", async () => {
    await lab.connect("eth0", "net1");
    await lab.succeed(plugin, "ADD", "net1", { gateways: ["10.2.0.77", "fd02::77"] });
    const defaults = [...(await lab.routes(100)), ...(await lab.routes(101))].filter((line) =>
      line.startsWith("default"),
    );
    expect(defaults).toEqual([
      "default via 10.2.0.77 dev net1",
      "default via fd02::77 dev net1 metric 1024",
    ]);
  });

  test("with source hints leaves the interface's networks in the main table", async () => {
    await lab.connect("eth0", "net1");
    await lab.succeed(plugin, "ADD", "net1", { addSourceHints: true });
    const main = (await lab.routes("main")).filter((line) => line.includes("net1"));
    expect(main).toEqual([
      "10.2.0.0/24 dev net1 proto kernel scope link src 10.2.0.2",
      "fd02::/64 dev net1 proto kernel src fd02::2 metric 256",
      "fe80::/64 dev net1 proto kernel metric 256",
    ]);
    await lab.succeed(plugin, "CHECK", "net1", { addSourceHints: true });
  });

  test("keeps each of several networks of one family apart", async () => {
    await lab.connect("net1");
    const inside = ["ip", "-n", lab.container.name];
    await must([...inside, "address", "add", "10.9.0.2/24", "dev", "net1"]);
    await must([...inside, "route", "add", "192.0.2.0/24", "via", "10.9.0.1", "dev", "net1"]);
    const prevResult = lab.result("net1", {
      ips: [{ address: "10.1.0.2/24", gateway: "10.1.0.1" }, { address: "10.9.0.2/24" }],
    });
    await lab.succeed(plugin, "ADD", "net1", { prevResult });
    expect(await lab.routes(100)).toEqual([
      "default via 10.1.0.1 dev net1",
      "10.1.0.0/24 dev net1 proto kernel scope link src 10.1.0.2",
    ]);
    expect(await lab.routes(101)).toEqual([
      "10.9.0.0/24 dev net1 proto kernel scope link src 10.9.0.2",
      "192.0.2.0/24 via 10.9.0.1 dev net1",
    ]);
    // No address of IPv6 was given: that family stays as it is.
    expect(await lab.routes("main", 6)).toContain("default via fd01::1 dev net1 metric 1024");
  });

  test("leaves everything as it was when a gateway cannot be reached", async () => {
    await lab.connect("eth0", "net1");
    const before = await lab.everything();
    const { exitCode, json } = await lab.call(plugin, "ADD", "net1", { gateways: ["192.0.2.9"] });
    expect({ exitCode, code: json["code"] }).toEqual({ exitCode: 1, code: 7 });
    expect(json["msg"]).toContain("default (IPv4) via 192.0.2.9 to table 100");
    expect(await lab.everything()).toEqual(before);
    expect(existsSync("/run/hawser/sbr") ? await must(["ls", "/run/hawser/sbr"]) : "").toBe("");
  });
});

describe("DEL of sbr", () => {
  test("removes rules and tables, and puts the routes back", async () => {
    await lab.connect("eth0", "net1");
    const before = await lab.everything();
    await lab.succeed(plugin, "ADD", "net1");
    await lab.succeed(plugin, "DEL", "net1");
    const after = await lab.everything();
    // Beside eth0's, the default route comes back behind the other's instead of before it.
    const sorted = (state: unknown): unknown => {
      const { routes, ...others } = state as { routes: string[] };
      return { ...others, routes: routes.toSorted() };
    };
    expect(sorted(after)).toEqual(sorted(before));
    expect(await must(["ls", "/run/hawser/sbr"])).toBe("");
    await lab.succeed(plugin, "DEL", "net1");
    expect(await lab.everything()).toEqual(after);
  });

  test("removes the rules when the interface is gone", async () => {
    await lab.connect("eth0", "net1");
    await lab.succeed(plugin, "ADD", "net1");
    await must(["ip", "-n", lab.container.name, "link", "delete", "net1"]);
    await lab.succeed(plugin, "DEL", "net1", { prevResult: undefined });
    expect(await lab.rules()).toEqual([]);
  });

  test("without notes goes by the previous result, and spares addresses of other interfaces", async () => {
    await lab.connect("eth0", "net1");
    await lab.succeed(plugin, "ADD", "net1");
    await must(["ip", "-n", lab.container.name, "link", "delete", "net1"]);
    await must(["ip", "-n", lab.container.name, "address", "add", "fd02::2/64", "dev", "eth0"]);
    await must(["rm", "-r", "/run/hawser"]);
    await lab.succeed(plugin, "DEL", "net1");
    expect((await lab.rules()).map(({ src }) => src)).toEqual(["fd02::2"]);
  });

  test("is fine without a namespace, and makes no file in its place", async () => {
    await lab.connect("net1");
    await lab.succeed(plugin, "ADD", "net1");
    await lab.host.remove(lab.container);
    for (const netns of ["", lab.container.netns]) {
      await lab.succeed(plugin, "DEL", "net1", {}, { netns });
    }
    expect(existsSync(lab.container.netns)).toBe(false);
    expect(await must(["ls", "/run/hawser/sbr"])).toBe("");
  });

  test("spares another container, to which the path leads by now", async () => {
    await lab.connect("eth0", "net1");
    await lab.succeed(plugin, "ADD", "net1");
    const containerId = lab.container.name;
    await lab.connect("eth0", "net1");
    const inside = ["ip", "-n", lab.container.name];
    await lab.succeed(plugin, "ADD", "net1");
    const rules = await lab.rules();
    // The note of ADD proves it.
    await lab.succeed(plugin, "DEL", "net1", {}, { containerId });
    expect(await lab.rules()).toEqual(rules);
    // Without notes, a mark on the link does.
    await must(["rm", "-r", "/run/hawser"]);
    await must([...inside, "link", "set", "net1", "alias", `net ${lab.container.name} net1`]);
    await lab.succeed(plugin, "DEL", "net1", {}, { containerId });
    expect(await lab.rules()).toEqual(rules);
    await must([...inside, "link", "set", "net1", "alias", ""]);
    await lab.succeed(plugin, "DEL", "net1", {}, { containerId });
    expect(await lab.rules()).toEqual([]);
  });

  test("of one of two in a chain leaves the other's rules", async () => {
    await lab.connect("eth0", "net1");
    await lab.succeed(plugin, "ADD", "net1");
    await lab.succeed(plugin, "ADD", "net1", { table: 777 });
    await lab.succeed(plugin, "CHECK", "net1");
    await lab.succeed(plugin, "CHECK", "net1", { table: 777 });
    await lab.succeed(plugin, "DEL", "net1", { table: 777 });
    expect((await lab.rules()).map(({ table }) => table)).toEqual(["100", "101"]);
    await lab.succeed(plugin, "DEL", "net1");
    expect(await lab.rules()).toEqual([]);
  });
});

describe("CHECK of sbr", () => {
  const spoilt: readonly [string, readonly string[], string][] = [
    ["a rule", ["rule", "del", "from", "10.2.0.2"], "the rule from 10.2.0.2 (net1) to table 100"],
    ["a route", ["route", "del", "default", "table", "100"], "route default (IPv4) via 10.2.0.1"],
    [
      "an IPv6 route",
      ["-6", "route", "del", "fd02::/64", "table", "101"],
      "route fd02::/64 of net1 is missing in table 101",
    ],
    ["the interface", ["link", "delete", "net1"], "interface net1 is missing"],
  ];
  for (const [what, words, text] of spoilt) {
    test(`names ${what} that is missing`, async () => {
      await lab.connect("eth0", "net1");
      await lab.succeed(plugin, "ADD", "net1");
      await lab.succeed(plugin, "CHECK", "net1");
      await must(["ip", "-n", lab.container.name, ...words]);
      const { json } = await lab.call(plugin, "CHECK", "net1");
      expect(json["code"]).toBe(100);
      expect(json["msg"]).toContain(text);
    });
  }

  test("names a route that is in the main table again", async () => {
    await lab.connect("eth0", "net1");
    await lab.succeed(plugin, "ADD", "net1");
    const inside = ["ip", "-n", lab.container.name];
    await must([...inside, "route", "add", "10.2.0.0/24", "dev", "net1", "src", "10.2.0.2"]);
    const { json } = await lab.call(plugin, "CHECK", "net1");
    expect(json["msg"]).toContain("route 10.2.0.0/24 of net1 is in the main table again");
  });

  test("overlooks routes and rules that others have added", async () => {
    await lab.connect("eth0", "net1");
    await lab.succeed(plugin, "ADD", "net1");
    const inside = ["ip", "-n", lab.container.name];
    await must([...inside, "rule", "add", "from", "192.0.2.7", "lookup", "100"]);
    await must([...inside, "route", "add", "192.0.2.0/24", "dev", "net1", "table", "100"]);
    await lab.succeed(plugin, "CHECK", "net1");
  });
});

test("DEL by a path that leads to another container leaves that one's rules", async () => {
  await lab.connect("net1");
  await lab.succeed(plugin, "ADD", "net1");
  const before = await lab.rules();
  expect(before).not.toEqual([]);
  await lab.succeed(plugin, "DEL", "net1", {}, { containerId: "stranger" });
  expect(await lab.rules()).toEqual(before);
});

test("GC forgets the attachments that are gone", async () => {
  await lab.connect("eth0", "net1");
  await lab.succeed(plugin, "ADD", "net1");
  await lab.succeed(plugin, "ADD", "eth0");
  const keep = { containerID: lab.container.name, ifname: "eth0" };
  await lab.succeed(plugin, "GC", "net1", { "cni.dev/valid-attachments": [keep] });
  expect((await must(["ls", "/run/hawser/sbr"])).trim().split("\n")).toHaveLength(1);
  await lab.succeed(plugin, "DEL", "eth0");
  expect((await lab.rules()).map(({ src }) => src)).toEqual(["10.2.0.2", "fd02::2"]);
});

test("STATUS is well where the kernel has rules, and judges the configuration", async () => {
  await lab.connect("net1");
  await lab.succeed(plugin, "STATUS", "net1");
  const { json } = await lab.call(plugin, "STATUS", "net1", { gateways: ["x"] });
  expect(json["msg"]).toBe("invalid static gateway IP address: x");
});

describe("a configuration that cannot be", () => {
  const wrong: readonly [Readonly<Record<string, unknown>>, string][] = [
    [
      { gateways: ["10.2.0.1", "fd02::1", "10.2.0.3"] },
      "gateways list cannot contain more than 2 entries (one IPv4, one IPv6)",
    ],
    [{ gateways: ["10.2.0.300"] }, "invalid static gateway IP address: 10.2.0.300"],
    [
      { gateways: ["10.2.0.1", "10.2.0.3"] },
      "gateways list contains multiple IPv4 addresses: 10.2.0.1 and 10.2.0.3",
    ],
    [{ prevResult: undefined }, "must be called as chained plugin"],
    [
      { prevResult: { cniVersion: "1.1.0", ips: [] } },
      "No IP addresses supplied on interface: net1",
    ],
    [{ table: 0 }, '"table" is 0, expected a routing table from 1 to 4294967295'],
    [{ table: -5 }, '"table" is -5, expected a routing table from 1 to 4294967295'],
    [{ table: 4294967296 }, '"table" is 4294967296, expected a routing table'],
  ];
  for (const [keys, text] of wrong) {
    test(`is refused before anything is touched: ${JSON.stringify(keys)}`, async () => {
      await lab.connect("net1");
      const before = await lab.everything();
      const { json } = await lab.call(plugin, "ADD", "net1", keys);
      expect(json["code"]).toBe(7);
      expect(json["msg"]).toContain(text);
      expect(await lab.everything()).toEqual(before);
    });
  }
});
