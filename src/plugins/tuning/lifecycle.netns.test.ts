import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { needs } from "../../../tests/support/needs.ts";
import {
  ALL,
  ARP_NOTIFY,
  BACKUP,
  FIRST_MAC,
  MAC,
  ORIGINAL,
  SOMAXCONN,
  TuningLab,
} from "../../../tests/support/tuning.ts";
import { link } from "../../kernel/route/index.ts";
import { plugin } from "./index.ts";

failOnLeakedDescriptors();

let lab: TuningLab;
beforeEach(() => {
  lab = new TuningLab();
});
afterEach(() => {
  lab[Symbol.dispose]();
});

describe("DEL", () => {
  test("493: restores attributes and sysctls, and leaves no file", async () => {
    const before = [lab.read(SOMAXCONN), lab.read(ARP_NOTIFY)];
    const sysctl = { "net.core.somaxconn": "300", "net.ipv4.conf.IFNAME.arp_notify": "1" };
    expect(await lab.call("ADD", { ...ALL, sysctl })).toMatchObject({ exitCode: 0 });
    expect(await lab.call("DEL", { ...ALL, sysctl })).toMatchObject({
      exitCode: 0,
      stdout: "",
      stderr: "",
    });
    expect(lab.attributes()).toEqual(ORIGINAL);
    expect([lab.read(SOMAXCONN), lab.read(ARP_NOTIFY)]).toEqual(before);
    expect(lab.files()).toEqual([]);
    expect(await lab.call("DEL", { ...ALL, sysctl })).toMatchObject({ exitCode: 0 });
  });

  test("restores switches that change others with them", async () => {
    lab.write("net/ipv4/conf/eth0/forwarding", "1");
    const sysctl = { "net.ipv4.conf.all.forwarding": "1", "net.ipv4.conf.IFNAME.forwarding": "0" };
    await lab.call("ADD", { sysctl });
    await lab.call("DEL", { sysctl });
    expect(lab.read("net/ipv4/conf/all/forwarding")).toBe("0");
    expect(lab.read("net/ipv4/conf/eth0/forwarding")).toBe("1");
  });

  test("needs nothing of the configuration: wrong keys, no prevResult, wrong arguments", async () => {
    await lab.call("ADD", { ...ALL, sysctl: { "net.core.somaxconn": "300" } });
    const keys = {
      mtu: "x",
      sysctl: [1],
      prevResult: 5,
      args: { cni: 1 },
    };
    expect(await lab.call("DEL", keys, { args: "what=ever" })).toMatchObject({ exitCode: 0 });
    expect(lab.attributes()).toEqual(ORIGINAL);
    expect(lab.backupText()).toBeUndefined();
  });

  test("own: without the namespace, or the interface, the backup goes all the same", async () => {
    await lab.call("ADD", ALL);
    expect(await lab.call("DEL", ALL, { netns: "" })).toMatchObject({ exitCode: 0 });
    expect(lab.files()).toEqual([]);
    await lab.call("ADD", { ...ALL, mtu: 1300 });
    lab.socket((socket) => link.delete(socket, { name: "eth0" }));
    expect(await lab.call("DEL", ALL)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(lab.files()).toEqual([]);
    lab.addLink("eth0");
    await lab.call("ADD", { ...ALL, sysctl: { "net.core.somaxconn": "300" } });
    lab.dropNetns();
    expect(await lab.call("DEL", ALL)).toMatchObject({ exitCode: 0, stdout: "" });
    expect(lab.files()).toEqual([]);
  });

  test("does not restore another namespace's values to one that came to have the same path", async () => {
    await lab.call("ADD", { ...ALL, sysctl: { "net.core.somaxconn": "300" } });
    const other = new TuningLab();
    try {
      other.write(SOMAXCONN, "999");
      expect(await lab.call("DEL", ALL, { netns: other.netns })).toMatchObject({ exitCode: 0 });
      expect([other.read(SOMAXCONN), lab.files()]).toEqual(["999", []]);
    } finally {
      other[Symbol.dispose]();
    }
  });

  test("does not restore what an earlier boot noted, though the namespace's numbers are the same", async () => {
    const keys = { ...ALL, sysctl: { "net.core.somaxconn": "300" } };
    await lab.call("ADD", keys);
    expect(lab.notes()).toMatchObject({ network: "net1", containerId: "c1", ifName: "eth0" });
    lab.changeNotes({ boot: "00000000-0000-0000-0000-000000000000" });
    expect(await lab.call("DEL", {})).toMatchObject({ exitCode: 0, stderr: "" });
    expect([lab.attributes(), lab.read(SOMAXCONN), lab.files()]).toEqual([ALL, "300", []]);
  });

  test("ADD does not take over what was noted in another boot or namespace", async () => {
    const others = [{ boot: "00000000-0000-0000-0000-000000000000" }, { netns: "4:1" }];
    for (const other of others) {
      await lab.call("ADD", { mtu: 1400, sysctl: { "net.core.somaxconn": "300" } });
      lab.changeNotes(other);
      await lab.call("ADD", { mtu: 1300, sysctl: { "net.core.somaxconn": "301" } });
      expect(await lab.call("DEL", {})).toMatchObject({ exitCode: 0, stderr: "" });
      expect([lab.attributes()["mtu"], lab.read(SOMAXCONN)]).toEqual([1400, "300"]);
    }
  });

  test("a key of ours that does not say whose it is: nothing is restored", async () => {
    await lab.call("ADD", ALL);
    writeFileSync(lab.backup, '{"mtu": 1300, "hawser": {"network": "net1"}}');
    const answer = await lab.call("DEL", ALL);
    expect(answer.stderr).toContain("is no backup and is removed");
    expect([answer.exitCode, lab.attributes(), lab.files()]).toEqual([0, ALL, []]);
  });

  test("removes what a killed ADD has left half written", async () => {
    mkdirSync(lab.dataDir, { recursive: true });
    writeFileSync(`${lab.backup}.aside`, '{\n "mac"');
    expect(await lab.call("DEL", ALL)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(lab.files()).toEqual([]);
  });

  needs("root")(
    "with another dataDir than ADD's: looks there, then in the default one",
    async () => {
      const run = join(lab.dataDir, "..", "run");
      mkdirSync(run, { recursive: true });
      // The namespace of mounts is this test's own.
      await must(["mount", "--bind", run, "/run"]);
      try {
        const keys = { ...ALL, sysctl: { "net.core.somaxconn": "300" } };
        const before = lab.read(SOMAXCONN);
        await lab.call("ADD", { ...keys, dataDir: "" });
        expect(readdirSync("/run/cni/tuning")).toEqual(["c1_eth0.json"]);
        expect(await lab.call("DEL", { name: "net2" })).toMatchObject({ exitCode: 0 });
        expect(readdirSync("/run/cni/tuning")).toEqual(["c1_eth0.json"]);
        expect(await lab.call("DEL", {})).toMatchObject({ exitCode: 0, stderr: "" });
        expect([lab.attributes(), lab.read(SOMAXCONN)]).toEqual([ORIGINAL, before]);
        expect(readdirSync("/run/cni/tuning")).toEqual([]);

        writeFileSync("/run/cni/tuning/c1_eth0.json", '{"mtu": 1300}');
        expect(await lab.call("DEL", {})).toMatchObject({ exitCode: 0 });
        expect(lab.attributes()).toEqual(ORIGINAL);
        expect(existsSync("/run/cni/tuning/c1_eth0.json")).toBeTrue();
      } finally {
        await must(["umount", "/run"]);
      }
    },
  );

  test("a backup that is torn is told, removed, and no reason to fail", async () => {
    await lab.call("ADD", ALL);
    writeFileSync(lab.backup, '{\n "mac": "02:');
    const answer = await lab.call("DEL", ALL);
    expect(answer).toMatchObject({ exitCode: 0 });
    expect(answer.stderr.match(/is no backup and is removed/gu)).toHaveLength(1);
    expect(lab.files()).toEqual([]);
  });

  test("an interface that was replaced: attributes are its own, sysctls the first ones", async () => {
    const before = lab.read(SOMAXCONN);
    await lab.call("ADD", { mtu: 1400, txQLen: 5, sysctl: { "net.core.somaxconn": "300" } });
    lab.socket((socket) => link.delete(socket, { name: "eth0" }));
    lab.addLink("eth0");
    lab.socket((socket) => link.set(socket, { name: "eth0" }, { mtu: 1450, txqlen: 6 }));
    await lab.call("ADD", { mtu: 1300, sysctl: { "net.core.somaxconn": "301" } });
    expect(lab.foreignBackup()).toBe('{\n "mtu": 1450\n}');
    await lab.call("DEL", {});
    expect(lab.attributes()).toEqual({ ...ORIGINAL, mtu: 1450, txQLen: 6 });
    expect(lab.read(SOMAXCONN)).toBe(before);
  });

  test("two tunings in one chain: the first state is what comes back", async () => {
    await lab.call("ADD", { mac: MAC, mtu: 1400, sysctl: { "net.core.somaxconn": "300" } });
    const before = lab.backupText();
    const failing = { mtu: 70_000, txQLen: 5, sysctl: { "net.core.somaxconn": "301" } };
    expect((await lab.call("ADD", failing)).exitCode).toBe(1);
    expect([lab.backupText(), lab.read(SOMAXCONN)]).toEqual([before, "300"]);
    expect(lab.attributes()).toEqual({ ...ORIGINAL, mac: MAC, mtu: 1400 });
    const second = { mtu: 1300, txQLen: 5, sysctl: { "net.core.somaxconn": "302" } };
    await lab.call("ADD", second);
    await lab.call("DEL", second);
    await lab.call("DEL", {});
    expect(lab.attributes()).toEqual(ORIGINAL);
    expect(lab.read(SOMAXCONN)).not.toStartWith("30");
  });
});

describe("CHECK", () => {
  const sysctl = { "net.core.somaxconn": "300", "net.ipv4.ip_local_port_range": "2000 3000" };
  const keys = { ...ALL, mac: MAC.toUpperCase(), sysctl };

  test("is content after ADD, whatever the case of the MAC and the blanks of a value", async () => {
    await lab.call("ADD", keys);
    expect(await lab.call("CHECK", keys)).toMatchObject({ exitCode: 0, stdout: "" });
  });

  const changes: [string, link.LinkChange, string][] = [
    ["MAC", { address: FIRST_MAC }, `MAC of eth0 is ${FIRST_MAC}, should be ${MAC}`],
    ["MTU", { mtu: 1399 }, "MTU of eth0 is 1399, should be 1400"],
    ["promiscuous mode", { promisc: false }, "promiscuous mode of eth0 is false, should be true"],
    ["all-multicast", { allmulti: false }, "all-multicast mode of eth0 is false, should be true"],
    ["queue length", { txqlen: 78 }, "transmit queue length of eth0 is 78, should be 77"],
  ];
  test.each(changes)("tells another %s", async (_what, change, msg) => {
    await lab.call("ADD", keys);
    lab.socket((socket) => link.set(socket, { name: "eth0" }, change));
    expect((await lab.call("CHECK", keys)).json).toMatchObject({ code: 100, msg });
  });

  test("tells another sysctl, an interface that is gone, and a missing prevResult", async () => {
    await lab.call("ADD", keys);
    lab.write(SOMAXCONN, "301");
    expect((await lab.call("CHECK", keys)).json).toMatchObject({
      code: 100,
      msg: 'sysctl net/core/somaxconn is "301", should be "300"',
    });
    expect((await lab.call("CHECK", { ...keys, prevResult: null })).json).toMatchObject({
      code: 7,
    });
    lab.socket((socket) => link.delete(socket, { name: "eth0" }));
    expect((await lab.call("CHECK", { mtu: 1400 })).json).toMatchObject({ code: 4 });
  });

  test("own: promiscuity that nobody configured is no difference", async () => {
    await lab.call("ADD", { mtu: 1400 });
    lab.socket((socket) => link.set(socket, { name: "eth0" }, { promisc: true }));
    expect(await lab.call("CHECK", { mtu: 1400 })).toMatchObject({ exitCode: 0 });
  });
});

describe("GC, STATUS and plan", () => {
  const valid = (...ids: string[]): Record<string, unknown> => ({
    "cni.dev/valid-attachments": ids.map((containerID) => ({ containerID, ifname: "eth0" })),
  });

  test("493: GC removes backups of attachments that are not valid, of this network alone", async () => {
    await lab.call("ADD", { ...ALL, sysctl: { "net.core.somaxconn": "300" } });
    expect(await lab.call("GC", valid("c1"))).toMatchObject({ exitCode: 0 });
    expect(await lab.call("GC", { ...valid(), name: "net2" })).toMatchObject({ exitCode: 0 });
    expect([lab.foreignBackup(), lab.files()]).toEqual([BACKUP, ["c1_eth0.json"]]);
    expect(await lab.call("GC", valid("other"))).toMatchObject({ exitCode: 0, stdout: "" });
    expect(lab.files()).toEqual([]);
  });

  test("GC leaves what is not ours: the Go plugin's, torn ones, directories, other files", async () => {
    await lab.call("ADD", { sysctl: { "net.core.somaxconn": "300" } });
    // What an ADD leaves that is killed before it names the file.
    copyFileSync(lab.backup, join(lab.dataDir, "c5_eth0.json.aside"));
    copyFileSync(lab.backup, join(lab.dataDir, "notes.txt"));
    writeFileSync(join(lab.dataDir, "c2_eth0.json"), '{\n "mtu": 1300\n}');
    writeFileSync(join(lab.dataDir, "c3_eth0.json"), '{\n "mac": "02:');
    mkdirSync(join(lab.dataDir, "c4_eth0.json"));
    expect(await lab.call("GC", valid())).toMatchObject({ exitCode: 0, stdout: "" });
    expect(lab.files().toSorted()).toEqual([
      ...["c2_eth0.json", "c3_eth0.json", "c4_eth0.json", "notes.txt"],
    ]);
  });

  test("GC without backups is content", async () => {
    expect(await lab.call("GC", valid())).toMatchObject({ exitCode: 0, stdout: "" });
  });

  test("STATUS tells a configuration that ADD would refuse, and else is well", async () => {
    const sysctl = { "net.ipv4.conf.IFNAME.arp_notify": "1" };
    expect(await lab.call("STATUS", { ...ALL, sysctl })).toMatchObject({ exitCode: 0, stdout: "" });
    expect((await lab.call("STATUS", { mac: "x" })).json).toMatchObject({ code: 7 });
    const dataDir = "/proc/sys/net/nowhere";
    const status = await lab.call("STATUS", { sysctl, dataDir });
    expect(status.json).toMatchObject({ code: 50, msg: `backups cannot be written to ${dataDir}` });
    writeFileSync(lab.allowlist, "^nothing$");
    expect((await lab.call("STATUS", { sysctl })).json).toMatchObject({ code: 7 });
  });

  test("plan says what ADD would do and touches nothing", async () => {
    const sysctl = { "net.core.somaxconn": "300", "net.ipv4.conf.IFNAME.arp_notify": "1" };
    const env = {
      ...{ CNI_CONTAINERID: "c1", CNI_NETNS: lab.netns, CNI_IFNAME: "eth0", CNI_PATH: "/x" },
    };
    const stdin = (): string => JSON.stringify(lab.config({ ...ALL, sysctl }));
    const io = { env, stdin, stdout: (): void => {}, stderr: (): void => {} };
    expect(await plugin.plan?.(io)).toEqual([
      `backup: ${lab.backup} keeps what is there before`,
      "sysctl: net/core/somaxconn = 300, net/ipv4/conf/eth0/arp_notify = 1",
      `link attributes: eth0 gets MAC ${MAC}, promiscuous mode on, MTU 1400, all-multicast mode on, transmit queue length 77`,
    ]);
    expect([lab.attributes(), lab.files()]).toEqual([ORIGINAL, []]);
  });
});
