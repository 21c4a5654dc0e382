import { beforeAll, beforeEach, describe, expect } from "bun:test";
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { must, run } from "../support/exec.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { type Fault, faultOf } from "./judge.ts";
import { type Call, type JsonObject, Stage } from "./stage.ts";
import { containing, matching } from "./words.ts";

/**
 * A host on which something is in the way: the namespace, the names, the addresses, the tables,
 * the directories. ADD says what, and leaves everything as it found it.
 */

const NETWORKS = "/var/lib/cni/networks";
const IPAM = {
  type: "host-local",
  ranges: [[{ subnet: "10.9.0.0/24" }], [{ subnet: "fd00:9::/64" }]],
  routes: [{ dst: "0.0.0.0/0" }],
};
const BRIDGE = {
  ...{ cniVersion: "1.1.0", name: "n1", type: "bridge", bridge: "br0", isGateway: true },
  ...{ ipMasq: true, macspoofchk: true, ipam: IPAM },
};
const PREVIOUS: JsonObject = {
  cniVersion: "1.1.0",
  interfaces: [{ name: "eth0", sandbox: "/run/netns/c1" }],
  ips: [{ address: "10.9.0.2/24", interface: 0 }],
};
const PORTMAP = {
  ...{ cniVersion: "1.1.0", name: "n1", type: "portmap", prevResult: PREVIOUS },
  runtimeConfig: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] },
};

const test = skipBecause(hawserPlugins().missing);

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.create();
});
beforeEach(async () => {
  await stage.host.tidy();
});

function bridge(keys: JsonObject = {}, more: Partial<Call> = {}): Call {
  return { type: "bridge", config: { ...BRIDGE, ...keys }, ...more };
}

/** The failure of an ADD that must change nothing, the same from the executable and in process. */
async function refused(call: Call): Promise<Fault> {
  let fault: Fault | undefined;
  const changed = await stage.changesOf(async () => {
    fault = faultOf(await stage.run(call));
    const inside = faultOf(await stage.call(call));
    expect(inside.code).toBe(fault.code);
  });
  expect({ fault, changed }).toMatchObject({ changed: [] });
  return fault ?? { code: -1, text: "" };
}

/** After the hindrance is gone the very same ADD works, and DEL and GC leave nothing of it. */
async function worksAgain(call: Call): Promise<void> {
  const added = await stage.run(call);
  expect(added).toMatchObject({ exitCode: 0 });
  expect(await stage.run({ ...call, command: "DEL" })).toMatchObject({ exitCode: 0, stdout: "" });
}

describe("CNI_NETNS", () => {
  const cases: readonly (readonly [string, string, () => unknown, number])[] = [
    ["that does not exist", "/run/netns/none", () => undefined, 4],
    ["below a file", "/run/plain/ns", () => writeFileSync("/run/plain", "x"), 4],
    ["that is a plain file", "/run/plain", () => writeFileSync("/run/plain", "x"), 4],
    ["that is a directory", "/run/folder", () => mkdirSync("/run/folder", { recursive: true }), 4],
    ["that is a pipe", "/run/pipe", () => must(["mkfifo", "/run/pipe"]), 4],
    ["that is a device", "/dev/zero", () => undefined, 4],
    ["that is a loop of links", "/run/loop", () => symlinkSync("/run/loop", "/run/loop"), 4],
    ["of another type", "/proc/self/ns/uts", () => undefined, 4],
    ["that is the host's own", "/proc/self/ns/net", () => undefined, 8],
    ["that is too long for a path", `/run/${"n".repeat(5000)}`, () => undefined, 4],
    ["that is no path", "cni-1234", () => undefined, 4],
  ];
  for (const [what, netns, prepare, code] of cases) {
    test(`${what}: code ${code}, nothing is done by ADD and CHECK, and DEL is fine`, async () => {
      for (const path of ["/run/plain", "/run/pipe", "/run/loop", "/run/folder"]) {
        rmSync(path, { recursive: true, force: true });
      }
      await prepare();
      for (const type of ["bridge", "tuning", "loopback"]) {
        const config = { ...BRIDGE, type, prevResult: PREVIOUS, mtu: 1400 };
        const fault = await refused({ type, netns, config });
        expect({ type, ...fault }).toMatchObject({ type, code });
        expect(fault.text).toContain(netns.slice(0, 40));
        faultOf(await stage.run({ type, command: "CHECK", netns, config }));
        const del = await stage.run({ type, command: "DEL", netns, config });
        expect({ type, ...del }).toMatchObject({ type, exitCode: 0, stdout: "" });
      }
    });
  }
});

describe("a name that is taken", () => {
  test("a link that is no bridge bears the bridge's name", async () => {
    await must(["ip", "link", "add", "br0", "type", "veth", "peer", "name", "other0"]);
    const fault = await refused(bridge());
    expect(fault).toMatchObject({ code: 7 });
    expect(fault.text).toMatch(/"br0" already exists but is not a bridge/);
    await must(["ip", "link", "delete", "br0"]);
    await worksAgain(bridge());
  });

  test("the container has such an interface: code 4, and it stays", async () => {
    const ip = ["ip", "-n", stage.container.name, "link"];
    await must([...ip, "add", "eth0", "type", "bridge"]);
    const fault = await refused(bridge());
    expect(fault).toMatchObject({ code: 4, text: containing('"eth0"') });
    const config = bridge().config;
    expect(await stage.run({ type: "bridge", command: "DEL", config })).toMatchObject({
      exitCode: 0,
    });
    expect(await must([...ip, "show", "eth0"])).toContain("eth0");
    await must([...ip, "delete", "eth0"]);
    await worksAgain(bridge());
  });

  test("an ADD is repeated: code 4 or 11, and the attachment stays whole", async () => {
    expect(await stage.run(bridge())).toMatchObject({ exitCode: 0 });
    const before = await stage.host.snapshot([stage.container]);
    const fault = faultOf(await stage.run(bridge()));
    expect([4, 11]).toContain(fault.code);
    const after = await stage.host.snapshot([stage.container]);
    expect(after["link"]).toEqual(before["link"] ?? []);
    expect(after["nft"]).toEqual(before["nft"] ?? []);
    expect(await stage.run(bridge({}, { command: "DEL" }))).toMatchObject({ exitCode: 0 });
  });

  test("the bridge has another network's address: code 7, and it keeps it", async () => {
    await must(["ip", "link", "add", "br0", "up", "type", "bridge"]);
    await must(["ip", "link", "set", "br0", "down"]);
    await must(["ip", "address", "add", "10.77.0.1/24", "dev", "br0"]);
    const fault = await refused(bridge());
    expect(fault).toMatchObject({ code: 7 });
    expect(fault.text).toMatch(/10\.77\.0\.1\/24.*forceAddress/s);
  });

  test("an ADD that fails after forceAddress took an address gives it back", async () => {
    await must(["ip", "link", "add", "br0", "up", "type", "bridge"]);
    await must(["ip", "address", "add", "10.77.0.1/24", "dev", "br0"]);
    await must(["nft", "add", "table", "inet", "hawser_masquerade", "{ chain postrouting { }; }"]);
    await must([
      "nft",
      "add set inet hawser_masquerade from-n1-10.9.0.0/24 { type inet_service; }",
    ]);
    const fault = await refused(bridge({ forceAddress: true }));
    expect(fault.code).not.toBe(999);
  });
});

describe("nftables", () => {
  const tables: readonly (readonly [string, string[]])[] = [
    [
      "a set of ours has another key",
      [
        "add table inet hawser_masquerade { chain postrouting { type nat hook postrouting priority 100; }; }",
        "add set inet hawser_masquerade from-n1-10.9.0.0/24 { type inet_service; }",
      ],
    ],
    [
      "a map stands in a set's place",
      [
        "add table inet hawser_masquerade { chain postrouting { type nat hook postrouting priority 100; }; }",
        "add map inet hawser_masquerade from-n1-10.9.0.0/24 { type ipv4_addr : ipv4_addr; }",
      ],
    ],
    ["the table has no chain", ["add table inet hawser_masquerade"]],
  ];
  for (const [what, commands] of tables) {
    test(`masquerade: ${what}: an error that names it, and nothing else is changed`, async () => {
      for (const command of commands) await must(["nft", command]);
      const fault = await refused(bridge());
      expect(fault.code).not.toBe(999);
      expect(fault.text).toMatch(/hawser_masquerade/);
      await must(["nft", "flush", "ruleset"]);
      await worksAgain(bridge());
    });
  }

  test("port mappings: a map of ours has another key: an error that names it", async () => {
    await must(["nft", "add table inet hawser_ports"]);
    await must(["nft", "add set inet hawser_ports hostports4 { type ipv4_addr; }"]);
    const fault = await refused({ type: "portmap", config: PORTMAP });
    expect(fault.code).not.toBe(999);
    expect(fault.text).toMatch(/hawser_ports/);
    await must(["nft", "flush", "ruleset"]);
    await worksAgain({ type: "portmap", config: PORTMAP });
  });
});

describe("a file system that does not take part", () => {
  /** Lays a mount over a path while the work goes on. */
  async function mounted(words: string[], path: string, work: () => Promise<void>): Promise<void> {
    await must(["mount", ...words, path]);
    try {
      await work();
    } finally {
      await must(["umount", path]);
    }
  }

  async function readOnly(path: string, work: () => Promise<void>): Promise<void> {
    await must(["mount", "--bind", path, path]);
    await mounted(["-o", "remount,bind,ro"], path, work);
  }

  test("/proc/sys is read-only: forwarding cannot be switched on", async () => {
    await readOnly("/proc/sys", async () => {
      const fault = await refused(bridge());
      expect(fault).toMatchObject({ code: 5, text: containing("ip_forward") });
      const tuned = await refusedTuning();
      expect(tuned.text).toContain("somaxconn");
      expect(tuned.code).not.toBe(999);
    });
    await worksAgain(bridge());
  });

  test("only the second family's switch is read-only: the first one is switched back", async () => {
    await readOnly("/proc/sys/net/ipv6/conf/all/forwarding", async () => {
      const fault = await refused(bridge());
      expect(fault).toMatchObject({
        code: 5,
        text: containing("ipv6/conf/all/forwarding"),
      });
    });
    await worksAgain(bridge());
  });

  test("the directory of reservations is read-only", async () => {
    mkdirSync(NETWORKS, { recursive: true });
    await readOnly(NETWORKS, async () => {
      const fault = await refused(bridge());
      expect(fault).toMatchObject({
        code: 5,
        text: matching(/read-only.*ipam\.dataDir/s),
      });
    });
    await worksAgain(bridge());
  });

  test("the directory of reservations is full, at whichever file", async () => {
    mkdirSync(NETWORKS, { recursive: true });
    let failures = 0;
    for (let inodes = 2; inodes < 12; inodes++) {
      await mounted(["-t", "tmpfs", "-o", `nr_inodes=${inodes}`, "tmpfs"], NETWORKS, async () => {
        const answer = await stage.run(bridge());
        if (answer.exitCode === 0) return;
        failures++;
        expect(faultOf(answer)).toMatchObject({
          code: 5,
          text: containing("free some space"),
        });
        expect(await must(["ip", "-o", "link", "show", "type", "bridge"])).toBe("");
        expect(await must(["nft", "list", "ruleset"])).toBe("");
      });
      await stage.run(bridge({}, { command: "DEL" }));
      await stage.host.tidy();
      mkdirSync(NETWORKS, { recursive: true });
    }
    expect(failures).toBeGreaterThan(3);
  });

  test("the directory of state cannot be written, and HAWSER_STATE_DIR is advised", async () => {
    const hindrances = [
      { HAWSER_STATE_DIR: "/proc/none" },
      { HAWSER_STATE_DIR: "/etc/hostname/x" },
      { HAWSER_STATE_DIR: "/dev/full" },
    ];
    for (const env of hindrances) {
      const fault = await refused(bridge({}, { env }));
      expect(fault).toMatchObject({ code: 5, text: containing("HAWSER_STATE_DIR") });
      const mapped = await refused({ type: "portmap", config: PORTMAP, env });
      expect(mapped).toMatchObject({ code: 5, text: containing("HAWSER_STATE_DIR") });
    }
    await worksAgain(bridge());
  });

  test("case S16, kind: the lock is a directory: it gets another name, and all works", async () => {
    mkdirSync(`${NETWORKS}/n1/lock/full`, { recursive: true });
    await worksAgain(bridge());
    expect(readdirSync(`${NETWORKS}/n1`)).toContain("lock");
    const kept = readdirSync(`${NETWORKS}/n1`).find((name) => name.startsWith("lock.foreign-"));
    expect(readdirSync(`${NETWORKS}/n1/${kept}`)).toEqual(["full"]);
  });

  test("a network's name is longer than a file's may be: an error, and nothing is left", async () => {
    const name = "n".repeat(300);
    const fault = await refused(bridge({ name }));
    expect(fault).toMatchObject({ code: 5 });
    expect(await stage.run(bridge({ name }, { command: "DEL" }))).toMatchObject({ exitCode: 0 });
  });

  async function refusedTuning(): Promise<Fault> {
    await must(["ip", "-n", "c1", "link", "add", "eth0", "type", "bridge"]);
    try {
      const sysctl = { "net.core.somaxconn": "500" };
      const config = { ...BRIDGE, type: "tuning", prevResult: PREVIOUS, sysctl };
      return await refused({ type: "tuning", config });
    } finally {
      await must(["ip", "-n", "c1", "link", "delete", "eth0"]);
    }
  }
});

describe("an exhausted range", () => {
  test("code 11 in the words of the range, STATUS says it on stderr, and DEL of another makes room", async () => {
    const ipam = { type: "host-local", ranges: [[{ subnet: "10.9.0.0/30" }]] };
    expect(
      await stage.run(bridge({ ipam }, { containerId: "first", ifName: "eth7" })),
    ).toMatchObject({ exitCode: 0 });
    const fault = await refused(bridge({ ipam }));
    expect(fault).toMatchObject({
      code: 11,
      text: matching(/10\.9\.0\.[0-3].*GC.*range/s),
    });
    const status = await stage.run(bridge({ ipam }, { command: "STATUS" }));
    expect(status).toMatchObject({ exitCode: 0, stdout: "" });
    expect(status.stderr).toContain("no IP addresses available in range set: 10.9.0.1-10.9.0.2");
    const strict = { ...ipam, failStatusWhenFull: true };
    const failed = await stage.run(bridge({ ipam: strict }, { command: "STATUS" }));
    expect(faultOf(failed).code).toBe(50);
    await stage.run(bridge({ ipam }, { command: "DEL", containerId: "first", ifName: "eth7" }));
    await worksAgain(bridge({ ipam }));
  });
});

describe("a missing plugin", () => {
  test("the IPAM plugin is nowhere: code 50, the places searched are named", async () => {
    const changed = await stage.changesOf(async () => {
      const ipam = { ...IPAM, type: "no-such-ipam" };
      const fault = faultOf(await stage.run(bridge({ ipam })));
      expect(fault.code).toBe(50);
      expect(fault.text).toContain('"no-such-ipam"');
      expect(fault.text).toContain(stage.dir);
    });
    expect(changed).toEqual([]);
  });

  test("CNI_PATH leads nowhere: code 50", async () => {
    const env = { CNI_PATH: "/nonexistent/bin:/also/not" };
    const fault = faultOf(await stage.run(bridge({}, { env })));
    expect(fault).toMatchObject({
      code: 50,
      text: containing("/nonexistent/bin /also/not"),
    });
  });
});

describe("short resources", () => {
  needs("prlimit")("however few descriptors there are, a failed ADD leaves nothing", async () => {
    let failures = 0;
    for (let limit = 4; limit <= 26; limit += 2) {
      const call = bridge();
      let isAdded = false;
      const changed = await stage.changesOf(async () => {
        const answer = await run(["prlimit", `--nofile=${limit}`, `${stage.dir}/bridge`], {
          stdin: JSON.stringify(call.config),
          env: { PATH: process.env["PATH"] ?? "", ...stage.environment(call) },
        });
        isAdded = answer.exitCode === 0;
        if (isAdded) return;
        failures++;
        // With almost none the program itself cannot begin, and says so in its own way.
        if (answer.stdout === "") return;
        expect({ limit, ...faultOf(answer) }).not.toMatchObject({ code: 999 });
      });
      if (!isAdded) expect({ limit, changed }).toEqual({ limit, changed: [] });
      await stage.run({ ...call, command: "DEL" });
      await stage.host.tidy();
    }
    expect(failures).toBeGreaterThan(0);
  });
});
