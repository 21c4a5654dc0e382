import { describe, expect, test } from "bun:test";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { has } from "../../../tests/support/features.ts";
import { needs } from "../../../tests/support/needs.ts";
import { routingLab } from "../../../tests/support/routing-lab.ts";
import { plugin } from "./index.ts";

failOnLeakedDescriptors();

const withVrf = needs("kernel:vrf");
const BLUE = { vrfname: "blue", table: 42 };

const lab = routingLab();

async function inside(...words: string[]): Promise<string> {
  return await must(["ip", "-n", lab.container.name, ...words]);
}

/** Name and table of each VRF, with the names of its interfaces. */
async function vrfs(): Promise<unknown[]> {
  const links = await lab.ip("-d", "link");
  return links.flatMap(({ ifname, flags, linkinfo }) => {
    const info = linkinfo as { info_kind?: string; info_data?: { table?: number } } | undefined;
    if (info?.info_kind !== "vrf") return [];
    const ports = links
      .filter(({ master }) => master === ifname)
      .map((each) => String(each["ifname"]))
      .toSorted((a, b) => a.localeCompare(b));
    const isUp = (flags as string[]).includes("UP");
    return [{ ifname, table: info.info_data?.table, isUp, ports }];
  });
}

/** Routes beside those that come with addresses. */
async function routes(table: string | number): Promise<string[]> {
  const all = await lab.routes(table);
  return all.filter((line) => !/^(?:local|broadcast|anycast|multicast) /.test(line));
}

describe("ADD of vrf", () => {
  withVrf("makes the VRF, and moves the interface with all its routes", async () => {
    await lab.connect("eth0", "net1");
    await inside("route", "add", "192.0.2.0/24", "via", "10.2.0.1", "dev", "net1", "mtu", "1300");
    const eth0 = (await lab.routes("main")).filter((line) => line.includes("eth0"));
    expect(await lab.succeed(plugin, "ADD", "net1", BLUE)).toEqual(lab.result("net1"));

    expect(await vrfs()).toEqual([{ ifname: "blue", table: 42, isUp: true, ports: ["net1"] }]);
    expect(await routes(42)).toEqual([
      "default via 10.2.0.1 dev net1",
      "10.2.0.0/24 dev net1 proto kernel scope link src 10.2.0.2",
      "192.0.2.0/24 via 10.2.0.1 dev net1 mtu 1300",
      "fd02::/64 dev net1 proto kernel metric 256",
      "fe80::/64 dev net1 proto kernel metric 256",
      "default via fd02::1 dev net1 metric 1024",
    ]);
    const main = await lab.routes("main");
    expect(main.filter((line) => line.includes("net1"))).toEqual([]);
    // The common default route of IPv6 has lost one of its two hops.
    expect(main.filter((line) => !line.startsWith("default")).toSorted()).toEqual(
      eth0.filter((line) => !line.startsWith("default")).toSorted(),
    );
    expect(main).toContain("default via fd01::1 dev eth0 metric 1024");
  });

  withVrf("moves a default route of IPv6 with several hops", async () => {
    await lab.connect("net1");
    const hops = ["via", "fd01::8", "dev", "net1", "weight", "3"];
    await inside("-6", "route", "del", "default");
    const first = ["nexthop", "via", "fd01::7", "dev", "net1"];
    await inside("-6", "route", "add", "default", ...first, "nexthop", ...hops);
    await lab.succeed(plugin, "ADD", "net1", BLUE);
    expect(await routes(42)).toContain(
      "default metric 1024 nexthop via fd01::7 dev net1 weight 1 nexthop via fd01::8 dev net1 weight 3",
    );
    await lab.succeed(plugin, "CHECK", "net1", BLUE);
  });

  for (const keep of ["0", "1"]) {
    withVrf(`keeps IPv6 addresses, keep_addr_on_down being ${keep}`, async () => {
      await lab.connect("net1");
      const key = `net.ipv6.conf.net1.keep_addr_on_down=${keep}`;
      await must(["ip", "netns", "exec", lab.container.name, "sysctl", "-q", "-w", key]);
      await lab.succeed(plugin, "ADD", "net1", BLUE);
      const text = await inside("-6", "-o", "address", "show", "dev", "net1", "scope", "global");
      expect(text).toContain("fd01::2/64");
      expect(text).not.toContain("tentative");
      expect(await lab.routes(42)).toContain("local fd01::2 dev net1 proto kernel metric 0");
      await lab.succeed(plugin, "CHECK", "net1", BLUE);
    });
  }

  withVrf("waits for duplicate address detection no longer than it takes", async () => {
    await lab.connect("net1");
    await must([
      ...["ip", "netns", "exec", lab.container.name, "sysctl", "-q", "-w"],
      ...["net.ipv6.conf.net1.keep_addr_on_down=1", "net.ipv6.conf.net1.accept_dad=1"],
    ]);
    await inside("address", "add", "fd0a::2/64", "dev", "net1");
    await Bun.sleep(2_500);
    await lab.succeed(plugin, "ADD", "net1", BLUE);
    expect(await lab.routes(42)).toContain("local fd0a::2 dev net1 proto kernel metric 0");
  });

  withVrf("puts two interfaces into one VRF, and takes the table it has", async () => {
    await lab.connect("eth0", "net1");
    await lab.succeed(plugin, "ADD", "eth0", BLUE);
    await lab.succeed(plugin, "ADD", "net1", { vrfname: "blue" });
    expect(await vrfs()).toEqual([
      { ifname: "blue", table: 42, isUp: true, ports: ["eth0", "net1"] },
    ]);
    await lab.succeed(plugin, "CHECK", "eth0", BLUE);
    await lab.succeed(plugin, "CHECK", "net1", { vrfname: "blue" });
  });

  withVrf("without a table takes the first that nothing uses", async () => {
    await lab.connect("eth0", "net1");
    await inside("route", "add", "192.0.2.0/24", "dev", "eth0", "table", "1");
    await inside("-6", "rule", "add", "from", "fd09::9", "lookup", "2");
    await inside("link", "add", "red", "type", "vrf", "table", "3");
    await lab.succeed(plugin, "ADD", "net1", { vrfname: "blue" });
    expect(await vrfs()).toContainEqual({ ifname: "blue", table: 4, isUp: true, ports: ["net1"] });
  });

  withVrf("keeps routes in tables of others where they are", async () => {
    await lab.connect("net1");
    await inside("route", "add", "default", "via", "10.1.0.1", "dev", "net1", "table", "77");
    await lab.succeed(plugin, "ADD", "net1", BLUE);
    expect(await routes(77)).toEqual(["default via 10.1.0.1 dev net1"]);
  });

  const wrong: readonly [string, readonly string[], Readonly<Record<string, unknown>>, string][] = [
    [
      "a VRF with another table",
      ["link", "add", "blue", "type", "vrf", "table", "9"],
      BLUE,
      "VRF blue already exist with different routing table 9",
    ],
    [
      "a link of that name",
      ["link", "add", "blue", "type", "bridge"],
      BLUE,
      "Netlink blue is not a VRF",
    ],
  ];
  for (const [what, words, keys, text] of wrong) {
    withVrf(`refuses ${what}, and changes nothing`, async () => {
      await lab.connect("net1");
      await inside(...words);
      const before = await lab.everything();
      const { json } = await lab.call(plugin, "ADD", "net1", keys);
      expect({ code: json["code"], msg: json["msg"] }).toEqual({ code: 7, msg: text });
      expect(await lab.everything()).toEqual(before);
    });
  }

  withVrf("refuses an interface that has a master, and takes its VRF back", async () => {
    await lab.connect("net1");
    await inside("link", "add", "br9", "type", "bridge");
    await inside("link", "set", "net1", "master", "br9");
    const before = await lab.everything();
    const { json } = await lab.call(plugin, "ADD", "net1", BLUE);
    expect(json["msg"]).toBe("interface net1 has already a master set: br9");
    expect(await lab.everything()).toEqual(before);
  });

  withVrf("that is given up in the middle leaves all as it was", async () => {
    await lab.connect("eth0", "net1");
    const before = await lab.everything();
    const signal = AbortSignal.abort();
    const { exitCode } = await lab.call(plugin, "ADD", "net1", BLUE, { signal });
    expect(exitCode).toBe(1);
    expect(await lab.everything()).toEqual(before);
  });
});

describe("DEL of vrf", () => {
  withVrf("takes the interface out, and the VRF away with the last one", async () => {
    await lab.connect("eth0", "net1");
    const before = await lab.everything();
    await lab.succeed(plugin, "ADD", "eth0", BLUE);
    await lab.succeed(plugin, "ADD", "net1", BLUE);
    await lab.succeed(plugin, "DEL", "net1", BLUE);
    expect(await vrfs()).toMatchObject([{ ifname: "blue", ports: ["eth0"] }]);
    await lab.succeed(plugin, "CHECK", "eth0", BLUE);
    await lab.succeed(plugin, "DEL", "eth0", BLUE);
    expect(await vrfs()).toEqual([]);
    const sorted = (state: unknown): unknown => ({
      ...(state as object),
      routes: (state as { routes: string[] }).routes.toSorted(),
    });
    expect(sorted(await lab.everything())).toEqual(sorted(before));
    await lab.succeed(plugin, "DEL", "eth0", BLUE);
  });

  withVrf("is fine when the interface is gone, and takes the empty VRF away", async () => {
    await lab.connect("net1");
    await lab.succeed(plugin, "ADD", "net1", BLUE);
    await inside("link", "delete", "net1");
    await lab.succeed(plugin, "DEL", "net1", BLUE);
    expect(await vrfs()).toEqual([]);
  });

  withVrf("finds the VRF by the interface when the configuration has another name", async () => {
    await lab.connect("net1");
    await lab.succeed(plugin, "ADD", "net1", BLUE);
    await lab.succeed(plugin, "DEL", "net1", { vrfname: 7, prevResult: undefined });
    expect(await vrfs()).toEqual([]);
  });

  withVrf("spares another container, to which the path leads by now", async () => {
    await lab.connect("net1");
    await lab.succeed(plugin, "ADD", "net1", BLUE);
    const containerId = lab.container.name;
    await lab.connect("net1");
    await lab.succeed(plugin, "ADD", "net1", BLUE);
    // The note of ADD proves it at first; later, without one, the mark on the link does.
    await inside("link", "set", "net1", "alias", `net ${lab.container.name} net1`);
    for (let time = 1; time <= 2; time++) {
      await lab.succeed(plugin, "DEL", "net1", BLUE, { containerId });
      expect(await vrfs()).toEqual([{ ifname: "blue", table: 42, isUp: true, ports: ["net1"] }]);
    }
  });

  withVrf("leaves a link of that name that is no VRF", async () => {
    await lab.connect("net1");
    await inside("link", "add", "blue", "type", "bridge");
    await lab.succeed(plugin, "DEL", "net1", BLUE);
    expect(await inside("link", "show", "blue")).toContain("blue");
  });
});

test("DEL is fine without VRF, interface or namespace", async () => {
  await lab.connect("net1");
  await lab.succeed(plugin, "DEL", "net1", BLUE);
  await lab.succeed(plugin, "DEL", "net1", BLUE, { ifName: "net9" });
  for (const netns of ["", "/run/netns/nobody"]) {
    await lab.succeed(plugin, "DEL", "net1", BLUE, { netns });
  }
});

describe("CHECK of vrf", () => {
  const spoilt: readonly [string, readonly string[], string][] = [
    ["an interface outside", ["link", "set", "net1", "nomaster"], "net1 is not in VRF blue"],
    ["no VRF", ["link", "delete", "blue"], "VRF blue is missing"],
    ["a VRF that is down", ["link", "set", "blue", "down"], "VRF blue is down"],
    [
      "a missing route",
      ["-6", "route", "del", "default", "table", "42"],
      "route to ::/0 of net1 is missing in table 42",
    ],
    ["no interface", ["link", "delete", "net1"], "interface net1 is missing"],
  ];
  for (const [what, words, text] of spoilt) {
    withVrf(`names ${what}`, async () => {
      await lab.connect("eth0", "net1");
      await lab.succeed(plugin, "ADD", "net1", BLUE);
      await lab.succeed(plugin, "CHECK", "net1", BLUE);
      await inside(...words);
      const { json } = await lab.call(plugin, "CHECK", "net1", BLUE);
      expect(json["code"]).toBe(100);
      expect(json["msg"]).toContain(text);
    });
  }

  withVrf("names another table", async () => {
    await lab.connect("net1");
    await lab.succeed(plugin, "ADD", "net1", BLUE);
    const { json } = await lab.call(plugin, "CHECK", "net1", { ...BLUE, table: 43 });
    expect(json["msg"]).toContain("VRF blue has table 42, not 43");
  });
});

withVrf("STATUS is well where the kernel has VRFs", async () => {
  await lab.connect("net1");
  await lab.succeed(plugin, "STATUS", "net1", BLUE);
});

const withoutVrf = has("kernel:vrf") ? undefined : test;
withoutVrf?.("a kernel without VRFs is told of by STATUS and ADD", async () => {
  await lab.connect("net1");
  const status = await lab.call(plugin, "STATUS", "net1", BLUE);
  expect(status.json).toMatchObject({ code: 50, msg: "the kernel has no VRF devices" });
  const before = await lab.everything();
  const add = await lab.call(plugin, "ADD", "net1", BLUE);
  expect(add.json).toMatchObject({ code: 5, msg: "the kernel has no VRF devices" });
  expect(await lab.everything()).toEqual(before);
});

describe("a configuration that cannot be", () => {
  const wrong: readonly [Readonly<Record<string, unknown>>, string][] = [
    [{}, "configuration is expected to have a valid vrf name"],
    [{ vrfname: "" }, "configuration is expected to have a valid vrf name"],
    [{ vrfname: "a/b" }, 'invalid VRF name "a/b"'],
    [{ vrfname: "abcdefghijklmnop" }, 'invalid VRF name "abcdefghijklmnop"'],
    [{ vrfname: "net1" }, "the interface has that name"],
    [{ ...BLUE, table: -1 }, '"table" is -1, expected a routing table from 0 to 4294967295'],
    [{ ...BLUE, table: 4294967296 }, '"table" is 4294967296, expected a routing table'],
    [{ ...BLUE, prevResult: undefined }, "must be called as chained plugin"],
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
