import { expect, test } from "bun:test";
import {
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { addressesOf, Lab } from "../../../tests/support/host-local.ts";

const SUBNET = { subnet: "10.1.0.0/29" };

test("ADD gives an address of each range set, the gateway, the routes and the dns", async () => {
  using lab = new Lab();
  const resolvConf = join(lab.dataDir, "resolv.conf");
  writeFileSync(
    resolvConf,
    "# a comment\n;another\nnameserver 10.0.0.1\n nameserver 10.0.0.2 \nnameserver\n" +
      "domain a.example\ndomain b.example\nsearch x y\nsearch z\noptions ndots:2\n\n",
  );
  const answer = await lab.add("cid1", {
    ...SUBNET,
    ranges: [[{ subnet: "fd00:1::/64", gateway: "fd00:1::9" }]],
    routes: [{ dst: "0.0.0.0/0" }, { dst: "10.5.5.5/8", gw: "10.1.0.7", mtu: 1400, table: 0 }],
    resolvConf,
  });
  expect(answer.json).toEqual({
    cniVersion: "1.1.0",
    ips: [
      { address: "10.1.0.2/29", gateway: "10.1.0.1" },
      { address: "fd00:1::1/64", gateway: "fd00:1::9" },
    ],
    routes: [{ dst: "0.0.0.0/0" }, { dst: "10.5.5.5/8", gw: "10.1.0.7", mtu: 1400, table: 0 }],
    dns: {
      nameservers: ["10.0.0.1", "10.0.0.2"],
      domain: "b.example",
      search: ["x", "y", "z"],
      options: ["ndots:2"],
    },
  });
});

test("950: the files on disk are those of the Go plugins, readable for root only", async () => {
  using lab = new Lab();
  await lab.add("cid1", { ...SUBNET, ranges: [[{ subnet: "fd00:1::/64" }]] }, { ifName: "net0" });
  expect(lab.reservations()).toEqual(["10.1.0.2", "fd00:1::2"]);
  expect(lab.read("10.1.0.2")).toBe("cid1\r\nnet0");
  expect(lab.read("last_reserved_ip.0")).toBe("10.1.0.2");
  expect(lab.read("last_reserved_ip.1")).toBe("fd00:1::2");
  expect(lab.read("lock")).toBe("");
  const mode = (name: string): number => statSync(join(lab.directory, name)).mode & 0o777;
  expect(mode("10.1.0.2")).toBe(0o600);
  expect(mode("last_reserved_ip.0")).toBe(0o600);
  expect(mode(".")).toBe(0o755);
});

test("case S2: an address whose holder has a control character in its name stays taken", async () => {
  using lab = new Lab();
  const two = { ...SUBNET, rangeStart: "10.1.0.2", rangeEnd: "10.1.0.3" };
  mkdirSync(lab.directory, { recursive: true });
  writeFileSync(join(lab.directory, "10.1.0.2"), "made-by-go\r\n\x01");
  const refused = await lab.add("cid1", two, { ifName: "\x01" });
  expect(refused.json).toMatchObject({
    code: 4,
    msg: "interface name contains a control character",
  });
  expect(addressesOf(await lab.add("cid1", two))).toEqual(["10.1.0.3"]);
  expect((await lab.add("cid2", two)).json).toMatchObject({ code: 11 });
  expect(lab.read("10.1.0.2")).toBe("made-by-go\r\n\x01");
});

test("addresses go round: a released one comes again only after all others", async () => {
  using lab = new Lab();
  const given: string[] = [];
  for (let round = 0; round < 6; round++) {
    given.push(...addressesOf(await lab.add("cid1", SUBNET)));
    await lab.del("cid1");
  }
  expect(given.map((ip) => ip.slice(-1))).toEqual(["2", "3", "4", "5", "6", "2"]);
});

test("the capability ipRanges comes before the configuration's ranges", async () => {
  using lab = new Lab();
  const config = lab.config(
    { ...SUBNET, ranges: [[{ subnet: "10.3.0.0/24" }]] },
    {
      runtimeConfig: { ipRanges: [[{ subnet: "10.2.0.0/24" }]] },
    },
  );
  const answer = await lab.call({ operation: "ADD", config });
  expect(addressesOf(answer)).toEqual(["10.2.0.2", "10.1.0.2", "10.3.0.2"]);
});

test("addresses are asked for by CNI_ARGS, args.cni.ips and the capability ips, all together", async () => {
  using lab = new Lab();
  const ranges = ["10.1.0.0/24", "10.2.0.0/24", "fd00::/64"].map((subnet) => [{ subnet }]);
  const config = lab.config(
    { ranges },
    {
      args: { cni: { ips: ["fd00::77"] } },
      runtimeConfig: { ips: ["10.2.0.66/24"] },
    },
  );
  const answer = await lab.call({ operation: "ADD", config, args: "IP=10.1.0.55" });
  expect(addressesOf(answer)).toEqual(["10.1.0.55", "10.2.0.66", "fd00::77"]);
  expect(lab.read("last_reserved_ip.0")).toBe("10.1.0.55");
});

test.each([
  ["IP=10.1.0.1", 4, "failed to allocate for range 0: requested ip 10.1.0.1 is subnet's gateway"],
  ["IP=10.9.0.1", 4, "failed to allocate all requested IPs: 10.9.0.1"],
  ["IP=zz", 4, "cannot understand ip: zz"],
  ["IP=10.1.0.4/33", 4, "cannot understand ip: 10.1.0.4/33"],
  ["MAC=x", 4, 'ARGS: unknown args ["MAC=x"]'],
  [
    "IP=10.1.0.2;IgnoreUnknown=1;MAC=x",
    11,
    "failed to allocate for range 0: requested IP address 10.1.0.2 is not available in " +
      "range set 10.1.0.1-10.1.0.6",
  ],
])("the argument %s fails with code %i and reserves nothing", async (args, code, msg) => {
  using lab = new Lab();
  await lab.add("other", SUBNET);
  const answer = await lab.add("cid1", SUBNET, { args });
  expect(answer.json).toMatchObject({ code, msg });
  expect(lab.reservations()).toEqual(["10.1.0.2"]);
});

test("the same address asked for in several ways is asked for once", async () => {
  using lab = new Lab();
  const config = lab.config(SUBNET, {
    args: { cni: { ips: ["10.1.0.5/24"] } },
    runtimeConfig: { ips: ["10.1.0.5"] },
  });
  const answer = await lab.call({ operation: "ADD", config, args: "IP=10.1.0.5" });
  expect(addressesOf(answer)).toEqual(["10.1.0.5"]);
});

test("a second address asked for in one range set is an error of the configuration", async () => {
  using lab = new Lab();
  const config = lab.config(SUBNET, { args: { cni: { ips: ["10.1.0.3", "10.1.0.4"] } } });
  const answer = await lab.call({ operation: "ADD", config });
  expect(answer.json).toMatchObject({
    code: 7,
    msg: "failed to allocate all requested IPs: 10.1.0.4",
  });
});

test("327: a second ADD for the same attachment is refused, and says how to get out", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  const answer = await lab.add("cid1", SUBNET);
  expect(answer.json).toMatchObject({
    code: 4,
    msg:
      "failed to allocate for range 0: 10.1.0.2 has been allocated to cid1, " +
      "duplicate allocation is not allowed",
  });
  expect(answer.json?.["details"]).toContain("run DEL for it, or GC for the network");
  expect(lab.reservations()).toEqual(["10.1.0.2"]);
  expect(addressesOf(await lab.add("cid1", SUBNET, { ifName: "eth1" }))).toEqual(["10.1.0.3"]);
});

test("a duplicate is also found in the old form that notes the container only", async () => {
  using lab = new Lab();
  await lab.add("other", SUBNET);
  writeFileSync(join(lab.directory, "10.1.0.5"), "cid1");
  const answer = await lab.add("cid1", SUBNET);
  expect(answer.json?.["msg"]).toContain("10.1.0.5 has been allocated to cid1");
});

test("an exhausted range is code 11: it can pass", async () => {
  using lab = new Lab();
  for (let n = 0; n < 5; n++) await lab.add(`cid${n}`, SUBNET);
  const answer = await lab.add("cid9", SUBNET);
  expect(answer.json).toMatchObject({
    code: 11,
    msg: "failed to allocate for range 0: no IP addresses available in range set: 10.1.0.1-10.1.0.6",
  });
  await lab.del("cid3");
  expect(addressesOf(await lab.add("cid9", SUBNET))).toEqual(["10.1.0.5"]);
});

test("own: when a later range set fails, the earlier ones' addresses are given back", async () => {
  using lab = new Lab();
  const ranges = [[{ subnet: "10.1.0.0/24" }], [{ subnet: "10.2.0.0/30" }]];
  await lab.add("cid1", { ranges });
  expect((await lab.add("cid2", { ranges })).json).toMatchObject({ code: 11 });
  expect(lab.reservations()).toEqual(["10.1.0.2", "10.2.0.2"]);
  expect(lab.read("10.1.0.2")).toBe("cid1\r\neth0");
});

test("own: a duplicate ADD does not take the first ADD's addresses away", async () => {
  using lab = new Lab();
  const one = [[{ subnet: "10.1.0.0/24" }]];
  await lab.add("cid1", { ranges: [...one, [{ subnet: "10.2.0.0/24" }]] });
  // The new first set is served, then the second one finds the duplicate.
  const ranges = [[{ subnet: "10.9.0.0/24" }], ...one];
  expect((await lab.add("cid1", { ranges })).json).toMatchObject({ code: 4 });
  expect(lab.reservations()).toEqual(["10.1.0.2", "10.2.0.2"]);
});

test("498: empty and torn reservations do not leak their addresses", async () => {
  using lab = new Lab();
  await lab.add("cid0", SUBNET);
  for (const [name, text] of Object.entries({ "10.1.0.3": "", "10.1.0.4": "\0\0\0\0" })) {
    writeFileSync(join(lab.directory, name), text);
    utimesSync(join(lab.directory, name), 1, 1);
  }
  expect(addressesOf(await lab.add("cid1", SUBNET))).toEqual(["10.1.0.3"]);
  expect(addressesOf(await lab.add("cid2", SUBNET, { args: "IP=10.1.0.4" }))).toEqual(["10.1.0.4"]);
  expect(lab.read("10.1.0.4")).toBe("cid2\r\neth0");
});

test("498: an empty file that is being written just now is left alone", async () => {
  using lab = new Lab();
  await lab.add("cid0", SUBNET);
  writeFileSync(join(lab.directory, "10.1.0.3"), "");
  const soon = Date.now() / 1000 + 60;
  utimesSync(join(lab.directory, "10.1.0.3"), soon, soon);
  expect(addressesOf(await lab.add("cid1", SUBNET))).toEqual(["10.1.0.4"]);
});

test("what a crash left aside is neither in the way nor written into", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  // The second name of a live reservation, as after a kill between link and unlink.
  const aside = join(lab.dataDir, ".tmp", "net1");
  rmSync(aside, { force: true });
  linkSync(join(lab.directory, "10.1.0.2"), aside);
  expect(addressesOf(await lab.add("cid2", SUBNET))).toEqual(["10.1.0.3"]);
  expect(lab.read("10.1.0.2")).toBe("cid1\r\neth0");
});

test("a kill while a reservation is written aside leaves an address that can be had", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  writeFileSync(join(lab.dataDir, ".tmp", "net1"), "ci");
  expect(addressesOf(await lab.add("cid2", SUBNET))).toEqual(["10.1.0.3"]);
  expect(lab.read("10.1.0.3")).toBe("cid2\r\neth0");
  expect(readdirSync(join(lab.dataDir, ".tmp"))).toEqual([]);
});

test("a kill before the last address was noted, or while it was, costs nothing", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  writeFileSync(join(lab.directory, "10.1.0.3"), "cid2\r\neth0");
  expect(addressesOf(await lab.add("cid3", SUBNET))).toEqual(["10.1.0.4"]);
  writeFileSync(join(lab.directory, "last_reserved_ip.0"), "");
  expect(addressesOf(await lab.add("cid4", SUBNET))).toEqual(["10.1.0.5"]);
});

test("a network directory on another file system works too", async () => {
  using lab = new Lab();
  // /dev/shm and the temporary directory are different file systems wherever the tests run.
  const shm = join("/dev/shm", `host-local-${process.pid}`);
  mkdirSync(shm);
  try {
    expect(statSync(shm).dev).not.toBe(statSync(lab.dataDir).dev);
    symlinkSync(shm, lab.directory);
    expect(addressesOf(await lab.add("cid1", SUBNET))).toEqual(["10.1.0.2"]);
    expect(lab.read("10.1.0.2")).toBe("cid1\r\neth0");
    await lab.del("cid1");
    expect(lab.reservations()).toEqual([]);
  } finally {
    rmSync(shm, { recursive: true });
  }
});

test("an unusable data directory is an I/O error that says what to do", async () => {
  using lab = new Lab();
  writeFileSync(join(lab.dataDir, "file"), "");
  const answer = await lab.add("cid1", { ...SUBNET, dataDir: join(lab.dataDir, "file") });
  expect(answer.json).toMatchObject({
    code: 5,
    details: "a part of the path is a file; set ipam.dataDir to a directory",
  });
});

test("a resolvConf that cannot be read fails before anything is reserved", async () => {
  using lab = new Lab();
  const answer = await lab.add("cid1", { ...SUBNET, resolvConf: "/nonexistent/resolv.conf" });
  expect(answer.json).toMatchObject({ code: 5 });
  expect(answer.json?.["msg"]).toContain("/nonexistent/resolv.conf");
  expect(() => lab.reservations()).toThrow("ENOENT");
});

test.each([
  [{}, "no IP ranges specified"],
  [{ ranges: [] }, "no IP ranges specified"],
  [{ gateway: "10.1.0.1" }, "no IP ranges specified"],
  [
    { subnet: "10.1.0.0/31" },
    "invalid range set 0: Network 10.1.0.0/31 too small to allocate from",
  ],
  [{ ranges: [[]] }, "invalid range set 0: empty range set"],
  [{ subnet: 7 }, 'invalid configuration: "ipam.subnet" is 7, expected a string'],
  [{ ...SUBNET, routes: [{ dst: "x" }] }, "invalid CIDR address: x"],
  [{ ...SUBNET, routes: [{ dst: "10.0.0.0/8", gw: "y" }] }, "invalid IP address: y"],
])("the configuration %j is refused with code 7", async (ipam, msg) => {
  using lab = new Lab();
  expect((await lab.add("cid1", ipam)).json).toMatchObject({ code: 7, msg });
});

test("a configuration without ipam, and too many addresses for its version, are refused", async () => {
  using lab = new Lab();
  const config = JSON.stringify({ cniVersion: "1.1.0", name: "net1", type: "bridge" });
  const answer = await lab.call({ operation: "ADD", config });
  expect(answer.json).toMatchObject({ code: 7, msg: "IPAM config missing 'ipam' key" });
  const ranges = [[{ subnet: "10.1.0.0/24" }], [{ subnet: "10.2.0.0/24" }]];
  const old = await lab.call({
    operation: "ADD",
    config: lab.config({ ranges }, { cniVersion: "0.2.0" }),
  });
  expect(old.json).toMatchObject({
    code: 7,
    msg: "CNI version 0.2.0 does not support more than 1 address per family",
  });
});

test("keys match without regard to case, as in Go", async () => {
  using lab = new Lab();
  expect(addressesOf(await lab.add("cid1", { Subnet: "10.7.0.0/24" }))).toEqual(["10.7.0.2"]);
});

test("1294: a gateway outside of the subnet is warned of, not refused", async () => {
  using lab = new Lab();
  const answer = await lab.add("cid1", { ...SUBNET, gateway: "10.9.9.9" });
  expect(answer.stderr).toContain("gateway 10.9.9.9 is not in network 10.1.0.0/29");
  expect(addressesOf(answer)).toEqual(["10.1.0.1"]);
});

test("an aborted signal ends the wait for the lock", async () => {
  using lab = new Lab();
  await lab.add("cid0", SUBNET);
  const hold = 'exec 9<"$1"; flock 9; exec sleep 20';
  const holder = Bun.spawn(["sh", "-c", hold, "sh", join(lab.directory, "lock")]);
  try {
    await Bun.sleep(100);
    const started = performance.now();
    const answer = await lab.add("cid1", SUBNET, { signal: AbortSignal.timeout(150) });
    expect(answer.exitCode).toBe(1);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(lab.reservations()).toEqual(["10.1.0.2"]);
  } finally {
    holder.kill();
  }
});

test("excluded addresses are given only to who asks for one", async () => {
  using lab = new Lab();
  const ipam = { ...SUBNET, exclude: ["10.1.0.2-10.1.0.4"] };
  expect(addressesOf(await lab.add("cid1", ipam))).toEqual(["10.1.0.5"]);
  expect(addressesOf(await lab.add("cid2", ipam, { args: "IP=10.1.0.3" }))).toEqual(["10.1.0.3"]);
  expect(addressesOf(await lab.add("cid3", ipam))).toEqual(["10.1.0.6"]);
  expect((await lab.add("cid4", ipam)).json).toMatchObject({
    code: 11,
    msg: expect.stringContaining("no IP addresses available") as string,
  });
  const strict = lab.config({ ...ipam, failStatusWhenFull: true });
  expect((await lab.call({ operation: "STATUS", config: strict })).json).toMatchObject({
    code: 50,
  });
  const wrong = await lab.add("cid5", { ...SUBNET, exclude: ["10.1.0.9-"] });
  expect(wrong.json).toMatchObject({
    code: 7,
    msg: expect.stringContaining("10.1.0.9-") as string,
  });
});
