import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { FIRST_MAC, TuningLab } from "../../../tests/support/tuning.ts";
import { link } from "../../kernel/route/index.ts";
import type { TrialOutcome } from "../../plugin/index.ts";
import { plugin } from "./index.ts";

failOnLeakedDescriptors();

const MAC = "c2:11:22:33:44:55";
const ALL = { mac: MAC, mtu: 1400, promisc: true, allmulti: true, txQLen: 77 };
const ORIGINAL = { mac: FIRST_MAC, mtu: 1500, promisc: false, allmulti: false, txQLen: 1000 };
const BACKUP = `{
 "mac": "${FIRST_MAC}",
 "promisc": false,
 "mtu": 1500,
 "allmulti": false,
 "txQLen": 1000
}`;
const SOMAXCONN = "net/core/somaxconn";
const ARP_NOTIFY = "net/ipv4/conf/eth0/arp_notify";

let lab: TuningLab;
beforeEach(() => {
  lab = new TuningLab();
});
afterEach(() => {
  lab[Symbol.dispose]();
});

/** Files of records that a call left. */
function records(): string[] {
  return ["tuning-link", "tuning-sysctl"].flatMap((kind) => {
    try {
      return readdirSync(`${lab.state}/${kind}`).map((name) => `${kind}/${name}`);
    } catch {
      return [];
    }
  });
}

function interfacesOf({ json }: TrialOutcome): unknown {
  return (json as { interfaces?: unknown } | undefined)?.interfaces;
}

describe("ADD", () => {
  test("sets every attribute, and backs up what was there in the reference plugin's format", async () => {
    const answer = await lab.call("ADD", ALL);
    expect(answer.exitCode).toBe(0);
    expect(lab.attributes()).toEqual(ALL);
    expect(lab.backupText()).toBe(BACKUP);
    expect(statSync(lab.backup).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(lab.backup))).toEqual(["c1_eth0.json"]);
  });

  test("hands the result on, with MAC and MTU of the container's interface alone", async () => {
    const answer = await lab.call("ADD", ALL);
    expect(answer.json).toEqual({
      cniVersion: "1.1.0",
      interfaces: [
        { name: "eth0", mac: "02:00:00:00:00:99" },
        { name: "eth0", mac: MAC, mtu: 1400, sandbox: lab.netns },
        { name: "eth1", mac: FIRST_MAC, sandbox: lab.netns },
      ],
      ips: [{ address: "10.1.2.3/16", interface: 1 }],
    });
  });

  test("tells no MTU in versions before 1.1.0", async () => {
    const prevResult = { ...lab.prevResult, cniVersion: "1.0.0" };
    const answer = await lab.call("ADD", { ...ALL, cniVersion: "1.0.0", prevResult });
    expect(interfacesOf(answer)).toContainEqual({ name: "eth0", mac: MAC, sandbox: lab.netns });
  });

  test("leaves alone what no key names; 0 and false of mtu and promisc name nothing", async () => {
    const answer = await lab.call("ADD", { mtu: 0, promisc: false, mac: "" });
    expect(answer.json).toMatchObject({ interfaces: lab.prevResult["interfaces"] });
    expect(lab.attributes()).toEqual(ORIGINAL);
    expect([lab.backupText(), records()]).toEqual([undefined, []]);
  });

  test("allmulti false and txQLen 0 are values", async () => {
    lab.socket((socket) => link.set(socket, { name: "eth0" }, { allmulti: true }));
    expect(await lab.call("ADD", { allmulti: false, txQLen: 0 })).toMatchObject({ exitCode: 0 });
    expect(lab.attributes()).toEqual({ ...ORIGINAL, allmulti: false, txQLen: 0 });
    expect(lab.backupText()).toBe('{\n "allmulti": true,\n "txQLen": 1000\n}');
  });

  test("MAC: configuration < CNI_ARGS < capability < args.cni", async () => {
    const mac = (last: number): string => `c2:00:00:00:00:0${last}`;
    const steps: [Record<string, unknown>, string | undefined, string][] = [
      [{}, undefined, mac(1)],
      [{}, `MAC=${mac(2)}`, mac(2)],
      [{ runtimeConfig: { mac: mac(3) } }, `MAC=${mac(2)}`, mac(3)],
      [{ runtimeConfig: { mac: mac(3) }, args: { cni: { mac: mac(4) } } }, "MAC=x", mac(4)],
    ];
    for (const [keys, args, wanted] of steps) {
      const more = args === undefined ? {} : { args };
      expect(await lab.call("ADD", { mac: mac(1), ...keys }, more)).toMatchObject({ exitCode: 0 });
      expect(lab.attributes()["mac"]).toBe(wanted);
    }
  });

  test("args.cni overrides every attribute", async () => {
    const keys = { mtu: 1300, promisc: true, allmulti: false, txQLen: 5 };
    const cni = { mtu: 1400, promisc: false, allmulti: true, txQLen: 6 };
    expect(await lab.call("ADD", { ...keys, args: { cni } })).toMatchObject({ exitCode: 0 });
    expect(lab.attributes()).toEqual({ ...cni, mac: FIRST_MAC });
  });

  test("own: args.cni.sysctl without a sysctl key in the configuration is no crash", async () => {
    const cni = { sysctl: { "net.core.somaxconn": "300" } };
    expect(await lab.call("ADD", { args: { cni } })).toMatchObject({ exitCode: 0 });
    expect(lab.read(SOMAXCONN)).toBe("300");
  });

  test("own: args.cni.sysctl overrides a key in its place and adds others", async () => {
    const sysctl = { "net.core.somaxconn": "200", "net.ipv4.ip_default_ttl": "60" };
    const cni = { sysctl: { "net.core.somaxconn": "300", "net.ipv4.conf.IFNAME.arp_notify": "1" } };
    expect(await lab.call("ADD", { sysctl, args: { cni } })).toMatchObject({ exitCode: 0 });
    expect([lab.read(SOMAXCONN), lab.read(ARP_NOTIFY)]).toEqual(["300", "1"]);
    expect(lab.read("net/ipv4/ip_default_ttl")).toBe("60");
  });

  test("1075: sysctls are set in the order of the configuration", async () => {
    const all = "net.ipv4.conf.all.forwarding";
    const one = "net.ipv4.conf.IFNAME.forwarding";
    await lab.call("ADD", { sysctl: { [all]: "1", [one]: "0" } });
    expect(lab.read("net/ipv4/conf/eth0/forwarding")).toBe("0");
    await lab.call("ADD", { sysctl: { [one]: "0", [all]: "0" } });
    await lab.call("ADD", { sysctl: { [one]: "0", [all]: "1" } });
    expect(lab.read("net/ipv4/conf/eth0/forwarding")).toBe("1");
  });

  test("798: the interface's name is put in after dots became slashes, so it may have dots", async () => {
    lab.addLink("eth0.100");
    const sysctl = {
      "net.ipv4.conf.IFNAME.arp_notify": "1",
      "net/ipv4/conf/IFNAME/arp_ignore": "2",
    };
    const answer = await lab.call("ADD", { sysctl }, { ifName: "eth0.100" });
    expect(answer.exitCode).toBe(0);
    expect(lab.read("net/ipv4/conf/eth0.100/arp_notify")).toBe("1");
    expect(lab.read("net/ipv4/conf/eth0.100/arp_ignore")).toBe("2");
  });

  test("779: a key outside of /proc/sys/net is refused, however it is written", async () => {
    const keys = ["kernel.hostname", "net", "/../kernel/net/x", "/proc/sys/net/core/x", "netx.y"];
    for (const key of keys) {
      const { json } = await lab.call("ADD", { sysctl: { [key]: "x" } });
      expect(json).toMatchObject({
        code: 7,
        msg: `invalid net sysctl key: ${JSON.stringify(key)}`,
      });
    }
  });

  test("730: duplicate keys are refused before anything is set", async () => {
    const config = JSON.stringify(lab.config({ sysctl: { "net.core.somaxconn": "1" } })).replace(
      '"sysctl":{',
      '"sysctl":{"net.core.somaxconn":"2",',
    );
    const before = lab.read(SOMAXCONN);
    expect((await lab.call("ADD", {}, { config })).json).toMatchObject({
      code: 7,
      msg: "duplicated sysctl keys are not allowed",
    });
    expect(lab.read(SOMAXCONN)).toBe(before);
  });

  test("693: the allowlist holds for ADD, on the key as it is written, and not for CHECK and DEL", async () => {
    writeFileSync(lab.allowlist, "^net\\.ipv4\\.conf\\.IFNAME\\.[a-z_]+$\n");
    const sysctl = { "net.ipv4.conf.IFNAME.arp_notify": "1" };
    expect(await lab.call("ADD", { sysctl })).toMatchObject({ exitCode: 0 });
    writeFileSync(lab.allowlist, "^net\\.ipv4\\.conf\\.eth0\\.");
    expect((await lab.call("ADD", { sysctl })).json).toMatchObject({
      code: 7,
      msg: expect.stringContaining(
        "Sysctl net.ipv4.conf.IFNAME.arp_notify is not allowed",
      ) as string,
    });
    expect(await lab.call("CHECK", { sysctl })).toMatchObject({ exitCode: 0 });
    expect(await lab.call("DEL", { sysctl })).toMatchObject({ exitCode: 0 });
  });

  const wrong: [string, Record<string, unknown>, string][] = [
    ["a value that is no string", { sysctl: { "net.core.somaxconn": 5 } }, "expected a string"],
    ["a value that is null", { sysctl: { "net.core.somaxconn": null } }, "expected a string"],
    ["a sysctl that is no object", { sysctl: ["net.core.somaxconn"] }, "expected an object"],
    ["an MTU that is negative", { mtu: -1 }, '"mtu" is -1'],
    [
      "an argument of the wrong type",
      { args: { cni: { txQLen: "5" } } },
      '"args.cni.txQLen" is "5"',
    ],
    ["a MAC that is none", { mac: "nonsense" }, "address nonsense: invalid MAC address"],
  ];
  test.each(wrong)("refuses %s with code 7", async (_what, keys, text) => {
    const { json } = await lab.call("ADD", keys);
    expect(json).toMatchObject({ code: 7, msg: expect.stringContaining(text) as string });
  });

  test("needs a previous result, a namespace and the interface", async () => {
    const alone = await lab.call("ADD", { mtu: 1400, prevResult: null });
    expect(alone.json).toMatchObject({ code: 7, msg: "must be called as chained plugin" });
    const gone = await lab.call("ADD", { mtu: 1400 }, { netns: "/nonexistent/netns" });
    expect(gone.json).toMatchObject({ code: 4 });
    const other = await lab.call("ADD", { mtu: 1400 }, { ifName: "eth9" });
    expect(other.json).toMatchObject({
      code: 4,
      msg: 'failed to get "eth9": it is missing in the container',
    });
    expect(records()).toEqual([]);
  });
});

describe("a failed ADD takes everything back", () => {
  test("a sysctl that the kernel does not have", async () => {
    const before = lab.read(SOMAXCONN);
    const sysctl = { "net.core.somaxconn": "300", "net.core.nothing": "1" };
    const { json } = await lab.call("ADD", { sysctl });
    expect(json).toMatchObject({
      code: 7,
      msg: 'failed to set sysctl "net.core.nothing": read sysctl net/core/nothing: no such file or directory',
    });
    expect([lab.read(SOMAXCONN), records()]).toEqual([before, []]);
  });

  test("a value that the kernel refuses, after others were set", async () => {
    const before = lab.read(SOMAXCONN);
    const sysctl = { "net.core.somaxconn": "300", "net.ipv4.ip_default_ttl": "many" };
    expect((await lab.call("ADD", { sysctl })).json).toMatchObject({ code: 7 });
    expect([lab.read(SOMAXCONN), records()]).toEqual([before, []]);
  });

  test("an attribute that the kernel refuses, after sysctls and others were set", async () => {
    const before = lab.read(SOMAXCONN);
    const sysctl = { "net.core.somaxconn": "300" };
    const { json } = await lab.call("ADD", { ...ALL, sysctl, mtu: 70_000 });
    expect(json).toMatchObject({
      code: 7,
      msg: expect.stringContaining("failed to set MTU of eth0 to 70000") as string,
    });
    expect(lab.attributes()).toEqual(ORIGINAL);
    expect(lab.read(SOMAXCONN)).toBe(before);
    expect([lab.backupText(), records()]).toEqual([undefined, []]);
  });

  test("a backup that cannot be written: nothing was changed", async () => {
    mkdirSync(dirname(lab.dataDir));
    writeFileSync(lab.dataDir, "a file where a directory should be");
    const { json } = await lab.call("ADD", ALL);
    expect(json).toMatchObject({ code: 5, details: '"dataDir" can name another directory' });
    expect([lab.attributes(), records()]).toEqual([ORIGINAL, []]);
  });
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
    expect([lab.backupText(), records()]).toEqual([undefined, []]);
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

  test("needs nothing of the configuration: wrong keys, no prevResult, another dataDir", async () => {
    await lab.call("ADD", { ...ALL, sysctl: { "net.core.somaxconn": "300" } });
    const keys = {
      mtu: "x",
      sysctl: [1],
      dataDir: "/nonexistent",
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
    expect([lab.backupText(), records()]).toEqual([undefined, []]);
    await lab.call("ADD", { ...ALL, mtu: 1300 });
    lab.socket((socket) => link.delete(socket, { name: "eth0" }));
    expect(await lab.call("DEL", ALL)).toMatchObject({ exitCode: 0, stderr: "" });
    expect([lab.backupText(), records()]).toEqual([undefined, []]);
    lab.addLink("eth0");
    await lab.call("ADD", { ...ALL, sysctl: { "net.core.somaxconn": "300" } });
    lab.dropNetns();
    expect(await lab.call("DEL", ALL)).toMatchObject({ exitCode: 0, stdout: "" });
    expect([lab.backupText(), records()]).toEqual([undefined, []]);
  });

  test("does not restore another namespace's values to one that came to have the same path", async () => {
    await lab.call("ADD", { ...ALL, sysctl: { "net.core.somaxconn": "300" } });
    const other = new TuningLab();
    try {
      other.write(SOMAXCONN, "999");
      expect(await lab.call("DEL", ALL, { netns: other.netns })).toMatchObject({ exitCode: 0 });
      expect([other.read(SOMAXCONN), lab.backupText(), records()]).toEqual(["999", undefined, []]);
    } finally {
      other[Symbol.dispose]();
    }
  });

  test("a backup that is torn is told, removed, and no reason to fail", async () => {
    await lab.call("ADD", ALL);
    writeFileSync(lab.backup, '{\n "mac": "02:');
    const answer = await lab.call("DEL", ALL);
    expect(answer).toMatchObject({ exitCode: 0 });
    expect(answer.stderr).toContain("is no backup and is removed");
    expect(lab.backupText()).toBeUndefined();
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
    expect([lab.backupText(), records().length]).toEqual([BACKUP, 2]);
    expect(await lab.call("GC", valid("other"))).toMatchObject({ exitCode: 0, stdout: "" });
    expect([lab.backupText(), records()]).toEqual([undefined, []]);
  });

  test("GC leaves a backup that somebody else has written since", async () => {
    await lab.call("ADD", ALL);
    writeFileSync(lab.backup, '{\n "mtu": 1300\n}');
    await lab.call("GC", valid());
    expect([lab.backupText(), records()]).toEqual(['{\n "mtu": 1300\n}', []]);
  });

  test("STATUS tells a configuration that ADD would refuse, and else is well", async () => {
    const sysctl = { "net.ipv4.conf.IFNAME.arp_notify": "1" };
    expect(await lab.call("STATUS", { ...ALL, sysctl })).toMatchObject({ exitCode: 0, stdout: "" });
    expect((await lab.call("STATUS", { mac: "x" })).json).toMatchObject({ code: 7 });
    writeFileSync(lab.allowlist, "^nothing$");
    expect((await lab.call("STATUS", { sysctl })).json).toMatchObject({ code: 7 });
  });

  test("plan says what ADD would do and touches nothing", async () => {
    const sysctl = { "net.core.somaxconn": "300", "net.ipv4.conf.IFNAME.arp_notify": "1" };
    const env = {
      ...{ CNI_CONTAINERID: "c1", CNI_NETNS: lab.netns, CNI_IFNAME: "eth0", CNI_PATH: "/x" },
      HAWSER_STATE_DIR: lab.state,
    };
    const stdin = (): string => JSON.stringify(lab.config({ ...ALL, sysctl }));
    const io = { env, stdin, stdout: (): void => {}, stderr: (): void => {} };
    expect(await plugin.plan?.(io)).toEqual([
      "sysctl: net/core/somaxconn = 300, net/ipv4/conf/eth0/arp_notify = 1",
      `link attributes: eth0 gets MAC ${MAC}, promiscuous mode on, MTU 1400, all-multicast mode on, transmit queue length 77`,
    ]);
    expect([lab.attributes(), lab.backupText(), records()]).toEqual([ORIGINAL, undefined, []]);
  });

  test("state cannot be noted: nothing is changed", async () => {
    mkdirSync(dirname(lab.state), { recursive: true });
    writeFileSync(lab.state, "a file where a directory should be");
    chmodSync(lab.state, 0o600);
    const before = lab.read(SOMAXCONN);
    const { json } = await lab.call("ADD", { sysctl: { "net.core.somaxconn": "300" } });
    expect(json).toMatchObject({ code: 5 });
    expect(lab.read(SOMAXCONN)).toBe(before);
  });
});
