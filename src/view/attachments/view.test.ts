import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "../../spec/index.ts";
import type { Places } from "../sources/index.ts";
import { type NodeAttachment, type NodeView, viewOfNode } from "./index.ts";

/** A path that leads to a namespace for as long as the test runs. */
const ALIVE = `/proc/${process.pid}/ns/net`;
const HOUR = 3_600_000;

let dir = "";
let places: Places;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "view-"));
  places = {
    cacheDirs: [join(dir, "cni"), join(dir, "cni/multus")],
    stateDir: join(dir, "state"),
    confDir: join(dir, "net.d"),
    dataDir: join(dir, "networks"),
  };
  for (const path of ["cni/results", "cni/multus/results", "state", "net.d", "networks"]) {
    mkdirSync(join(dir, path), { recursive: true });
  }
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function view(now?: number): NodeView {
  return viewOfNode(places, now === undefined ? {} : { now });
}

/** The only attachment; what else was read must have been understood. */
function only(now?: number): NodeAttachment {
  const { attachments, problems } = view(now);
  expect(problems).toEqual([]);
  expect(attachments).toHaveLength(1);
  return attachments[0] as NodeAttachment;
}

interface Cached {
  readonly id?: string;
  readonly network?: string;
  readonly ifName?: string;
  readonly netns?: string;
  readonly ip?: string;
  readonly more?: JsonObject;
  readonly cache?: string;
  readonly ipam?: JsonObject;
  readonly chained?: readonly JsonObject[];
}

const PORTMAP = { type: "portmap", capabilities: { portMappings: true } };
const HOST_LOCAL = { type: "host-local", ranges: [[{ subnet: "10.1.0.0/16" }]] };

/** A file as libcni writes it for an ADD by the Go plugins, without a link on this host. */
function cache(given: Cached = {}): string {
  const { id = "c1", network = "net1", ifName = "eth0", netns = ALIVE, ip = "10.1.0.2" } = given;
  const config = {
    cniVersion: "1.0.0",
    name: network,
    plugins: [{ type: "macvlan", ipam: given.ipam ?? HOST_LOCAL }, ...(given.chained ?? [PORTMAP])],
  };
  const path = join(dir, given.cache ?? "cni", "results", `${network}-${id}-${ifName}`);
  const entry = {
    ...{ kind: "cniCacheV1", containerId: id, ifName, networkName: network, netns },
    config: Buffer.from(JSON.stringify(config)).toString("base64"),
    cniArgs: [
      ["IgnoreUnknown", "1"],
      ["K8S_POD_NAMESPACE", "default"],
      ["K8S_POD_NAME", `pod-${id}`],
    ],
    capabilityArgs: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "TCP" }] },
    result: {
      cniVersion: "1.0.0",
      interfaces: [{ name: ifName, mac: "02:00:00:00:00:01", sandbox: netns }],
      ips: [{ address: `${ip}/16`, interface: 0 }],
    },
    ...given.more,
  };
  writeFileSync(path, JSON.stringify(entry));
  return path;
}

/** A reservation as host-local writes it. */
function reserve(ip: string, content = "c1\r\neth0", network = "net1", agoMs = HOUR): string {
  mkdirSync(join(dir, "networks", network), { recursive: true });
  const path = join(dir, "networks", network, ip);
  writeFileSync(path, content);
  const at = (Date.now() - agoMs) / 1000;
  utimesSync(path, at, at);
  return path;
}

test("what a runtime, the Go plugins and a file know becomes one attachment", () => {
  const file = cache();
  const path = reserve("10.1.0.2");
  writeFileSync(
    join(dir, "net.d/10-net1.conflist"),
    '{"cniVersion": "1.0.0", "name": "net1", "plugins": [{"type": "macvlan"}]}',
  );
  expect(only()).toMatchObject({
    ...{ network: "net1", containerId: "c1", ifName: "eth0", netns: ALIVE },
    ...{ state: "ok", findings: [], netnsState: "alive", finished: true, earlierBoot: false },
    sources: ["cache", "reservation"],
    pod: { namespace: "default", name: "pod-c1" },
    addresses: ["10.1.0.2/16"],
    mac: "02:00:00:00:00:01",
    ports: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }],
    networkFile: join(dir, "net.d/10-net1.conflist"),
    cacheFile: file,
    reservations: [{ address: "10.1.0.2", path }],
  });
});

test.each([
  ["no plugin that maps them", []],
  ["the plugin, without its capability", [{ type: "portmap" }]],
])("ports that a runtime remembers are none of a network with %s", (_, chained) => {
  cache({ chained });
  expect(only()).toMatchObject({ containerId: "c1", ports: [] });
});

test("networks that share a fleet's have their reservations in one directory, each its own", () => {
  const ipam = {
    ...{ type: "cluster", network: "pods", subnet: "10.1.0.0/16", dataDir: join(dir, "fleet") },
    store: { files: { directory: join(dir, "store") } },
  };
  for (const [at, network] of ["net1", "net2"].entries()) {
    const list = { cniVersion: "1.0.0", name: network, plugins: [{ type: "ptp", ipam }] };
    writeFileSync(join(dir, `net.d/1${at}-${network}.conflist`), JSON.stringify(list));
    cache({ id: `c${at}`, network, ip: `10.1.0.2${at}`, ipam });
    reserve(`10.1.0.2${at}`, `c${at}\r\neth0`, "../fleet/pods/reservations");
  }
  reserve("10.1.0.30", "c9\r\neth0", "../fleet/pods/reservations");
  const { attachments, problems } = view();
  expect(problems).toEqual([]);
  expect(
    attachments.map(({ network, containerId, state, reservations }) => [
      ...[network, containerId, state],
      ...reservations.map(({ address }) => address),
    ]),
  ).toEqual([
    ["net1", "c9", "leak", "10.1.0.30"],
    ["net1", "c0", "ok", "10.1.0.20"],
    ["net2", "c1", "ok", "10.1.0.21"],
  ]);
});

test("results of every version have their addresses", () => {
  const v020 = { cniVersion: "0.2.0", ip4: { ip: "10.1.0.2/16" }, ip6: { ip: "fd00::2/64" } };
  cache({ more: { result: v020 } });
  reserve("10.1.0.2");
  expect(only().addresses).toEqual(["10.1.0.2/16", "fd00::2/64"]);
});

test("each cache directory is read, and of two files of one attachment the later counts", () => {
  cache({ id: "a" });
  cache({ id: "b", cache: "cni/multus", ip: "10.1.0.3" });
  const older = cache({ id: "a", cache: "cni/multus" });
  utimesSync(older, 1, 1);
  const { attachments } = view();
  expect(attachments.map(({ containerId, cacheDir }) => [containerId, cacheDir])).toEqual([
    ["a", join(dir, "cni")],
    ["b", join(dir, "cni/multus")],
  ]);
});

describe("what the sources disagree about", () => {
  const names = (one: NodeAttachment): string[] => one.findings.map(({ name }) => name);

  test("a namespace that is gone is an orphan, and a DEL by identity takes it away", () => {
    cache({ netns: join(dir, "gone") });
    const one = only();
    expect([one.state, names(one)]).toEqual(["orphan", ["netns-gone"]]);
    expect(one.findings[0]?.remedy).toBe(`hawser del net1 --id c1 --cache-dir ${join(dir, "cni")}`);
  });

  test("a file in the place of a namespace, as one that was unmounted, is none", () => {
    writeFileSync(join(dir, "leftover"), "");
    cache({ netns: join(dir, "leftover") });
    expect(names(only())).toEqual(["netns-gone"]);
  });

  test("an ADD of an earlier boot is an orphan, whatever its path leads to now", () => {
    cache({ more: { hawser: { bootId: "another" } } });
    expect(names(only())).toEqual(["earlier-boot"]);
  });

  test("an ADD without a result is under way, and later was cut short", () => {
    cache({ more: { result: null } });
    const [young, old] = [only(), only(Date.now() + HOUR)];
    expect([young.state, young.findings[0]?.remedy]).toEqual([
      "unfinished",
      "wait for its ADD to end",
    ]);
    expect(old.findings[0]).toMatchObject({ name: "unfinished", text: "its ADD was cut short" });
  });

  test("a reservation that nothing else knows of is a leak, unless an ADD may have just made it", () => {
    const path = reserve("10.1.0.9", "dead\r\neth0");
    expect(only()).toMatchObject({ containerId: "dead", state: "leak", addresses: ["10.1.0.9"] });
    expect(only().findings[0]).toMatchObject({ name: "no-attachment", remedy: `rm ${path}` });
    reserve("10.1.0.9", "dead\r\neth0", "net1", 1000);
    expect(only().state).toBe("unfinished");
  });

  test("where its network is configured a leak is given back by the plugin", () => {
    reserve("10.1.0.9", "dead\r\nnet1");
    writeFileSync(
      join(dir, "net.d/net1.conflist"),
      '{"cniVersion": "1.0.0", "name": "net1", "plugins": [{"type": "bridge"}]}',
    );
    expect(only().findings[0]?.remedy).toBe("hawser del net1 --id dead --ifname net1");
  });

  test("a reservation of plugins before 0.7 is its container's, and one without it a leak", () => {
    cache();
    reserve("10.1.0.2", "c1");
    expect(only()).toMatchObject({ state: "ok", reservations: [{ address: "10.1.0.2" }] });
    reserve("10.1.0.3", "c2");
    expect(view().attachments.map(({ containerId, state }) => [containerId, state])).toEqual([
      ["c2", "leak"],
      ["c1", "ok"],
    ]);
  });

  test("a line by a person, and what was not written to its end, are no attachments", () => {
    reserve("10.1.0.4", "kept for the printer\n");
    reserve("10.1.0.5", "");
    expect(view()).toMatchObject({ attachments: [], problems: [] });
  });

  test("an address without a reservation may be given to another", () => {
    cache();
    expect(only()).toMatchObject({ state: "drift", findings: [{ name: "no-reservation" }] });
  });

  test("an address that is another plugin's needs none", () => {
    cache({ ipam: { type: "static" } });
    expect(only().state).toBe("ok");
    cache({ ip: "192.168.7.7" });
    expect(only().state).toBe("ok");
  });

  test("a reservation for another container is named, with its file", () => {
    cache();
    cache({ id: "c2", ip: "10.1.0.3" });
    const path = reserve("10.1.0.2", "c2\r\neth0");
    reserve("10.1.0.3", "c2\r\neth0");
    const one = view().attachments.find(({ containerId }) => containerId === "c1");
    expect(one?.findings).toMatchObject([
      { name: "reservation-of-another", text: `10.1.0.2 is reserved for c2 (${path})` },
    ]);
  });

  test("reservations lie where the configuration says", () => {
    const elsewhere = { ...HOST_LOCAL, dataDir: join(dir, "elsewhere") };
    cache({ ipam: elsewhere });
    mkdirSync(join(dir, "elsewhere/net1"), { recursive: true });
    mkdirSync(join(dir, "elsewhere/other"), { recursive: true });
    writeFileSync(join(dir, "elsewhere/net1/10.1.0.2"), "c1\r\neth0");
    writeFileSync(join(dir, "elsewhere/other/10.1.0.2"), "c9\r\neth0");
    expect(only().state).toBe("ok");
  });

  test("two that live with one address are both named", () => {
    cache();
    cache({ id: "c2" });
    cache({ id: "c3", netns: join(dir, "gone") });
    reserve("10.1.0.2");
    const twice = view().attachments.filter((one) => names(one).includes("address-twice"));
    expect(twice.map(({ containerId }) => containerId)).toEqual(["c1", "c2"]);
  });

  test("a link of the result that the host lacks is drift", () => {
    const interfaces = [
      { name: "cni0" },
      { name: "veth-none" },
      { name: "eth0", sandbox: ALIVE, mac: "02:00:00:00:00:01" },
    ];
    const plugin = { type: "bridge", bridge: "cni0", ipam: HOST_LOCAL };
    const config = { cniVersion: "1.0.0", name: "net1", plugins: [plugin] };
    const ips = [{ address: "10.1.0.2/16", interface: 2 }];
    cache({
      more: {
        config: Buffer.from(JSON.stringify(config)).toString("base64"),
        result: { cniVersion: "1.0.0", interfaces, ips },
      },
    });
    reserve("10.1.0.2");
    expect(only()).toMatchObject({
      hostLink: { name: "veth-none" },
      findings: [{ name: "link-missing", text: "its link veth-none is not on the host" }],
    });
  });
});

describe("what strangers wrote", () => {
  test("files that cannot be understood are named, stay, and hide no other", () => {
    cache();
    reserve("10.1.0.2");
    const results = join(dir, "cni/results");
    writeFileSync(join(results, "torn"), '{"kind": "cniCacheV1", ');
    writeFileSync(join(results, "list"), "[]");
    writeFileSync(join(results, "huge"), "");
    truncateSync(join(results, "huge"), 5 << 20);
    writeFileSync(join(results, "nameless"), '{"cniVersion": "0.2.0", "ip4": {}}');
    mkdirSync(join(results, "directory"));
    symlinkSync("/dev/zero", join(results, "endless"));
    symlinkSync(join(dir, "nothing"), join(results, "nowhere"));
    Bun.spawnSync(["mkfifo", join(results, "pipe")]);
    const before = readdirSync(results);
    const { attachments, problems } = view();
    expect(attachments).toHaveLength(1);
    expect(problems.map(({ source }) => source.slice(results.length + 1)).sort()).toEqual(
      ["directory", "endless", "huge", "list", "nameless", "pipe", "torn"].sort(),
    );
    expect(readdirSync(results)).toEqual(before);
  });

  test("where the only file that may know of it cannot be read, nothing is called a leak", () => {
    const path = cache({ id: "c7" });
    reserve("10.1.0.7", "c7\r\neth0");
    reserve("10.1.0.8", "c8\r\neth0");
    writeFileSync(path, "");
    const states = view().attachments.map(({ containerId, state }) => [containerId, state]);
    expect(states).toEqual([
      ["c7", "unclear"],
      ["c8", "leak"],
    ]);
    rmSync(join(dir, "cni"), { recursive: true });
    symlinkSync("cni", join(dir, "cni"));
    expect(view().attachments.map(({ state }) => state)).toEqual(["unclear", "unclear"]);
  });

  test("a source that is no directory is named, and the rest goes on", () => {
    cache();
    rmSync(join(dir, "networks"), { recursive: true });
    symlinkSync(join(dir, "networks"), join(dir, "networks"));
    const { attachments, problems } = view();
    expect(attachments).toHaveLength(1);
    expect(problems.map(({ source }) => source)).toEqual([join(dir, "networks")]);
  });

  test("nothing at all is an empty node", () => {
    rmSync(dir, { recursive: true });
    expect(view()).toMatchObject({ attachments: [], problems: [] });
  });

  test("names that a shell would act upon are quoted in what is to be typed", () => {
    cache({ id: "a;reboot", netns: join(dir, "gone") });
    expect(only().findings[0]?.remedy).toContain("--id 'a;reboot'");
  });

  test("a configuration that is none of a network's states nothing", () => {
    cache({ more: { config: Buffer.from('{"plugins": "x"}').toString("base64") } });
    expect(only().state).toBe("ok");
  });
});
