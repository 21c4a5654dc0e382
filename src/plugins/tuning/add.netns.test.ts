import { describe, expect, test } from "bun:test";
import { statSync, writeFileSync } from "node:fs";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import {
  ALL,
  ARP_NOTIFY,
  BACKUP,
  FIRST_MAC,
  MAC,
  ORIGINAL,
  SOMAXCONN,
  tuningLab,
} from "../../../tests/support/tuning.ts";
import { defined } from "../../base/index.ts";
import { link } from "../../kernel/route/index.ts";

failOnLeakedDescriptors();

const lab = tuningLab();

describe("ADD", () => {
  test("sets every attribute, and backs up what was there in the reference plugin's format", async () => {
    const answer = await lab.call("ADD", ALL);
    expect(answer.exitCode).toBe(0);
    expect(lab.attributes()).toEqual(ALL);
    expect(lab.foreignBackup()).toBe(BACKUP);
    expect(lab.backupText()).toStartWith(BACKUP.slice(0, -2));
    expect(statSync(lab.backup).mode & 0o777).toBe(0o600);
    expect(lab.files()).toEqual(["c1_eth0.json"]);
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
    const own = { name: "eth0", mac: MAC, sandbox: lab.netns };
    expect(answer.json).toHaveProperty(["interfaces", 1], own);
  });

  test("leaves alone what no key names; 0 and false of mtu and promisc name nothing", async () => {
    const answer = await lab.call("ADD", { mtu: 0, promisc: false, mac: "" });
    expect(answer.json).toMatchObject({ interfaces: lab.prevResult["interfaces"] });
    expect(lab.attributes()).toEqual(ORIGINAL);
    expect(lab.files()).toEqual([]);
  });

  test("allmulti false and txQLen 0 are values", async () => {
    lab.socket((socket) => link.set(socket, { name: "eth0" }, { allmulti: true }));
    expect(await lab.call("ADD", { allmulti: false, txQLen: 0 })).toMatchObject({ exitCode: 0 });
    expect(lab.attributes()).toEqual({ ...ORIGINAL, allmulti: false, txQLen: 0 });
    expect(lab.foreignBackup()).toBe('{\n "allmulti": true,\n "txQLen": 1000\n}');
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
      const more = defined({ args });
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
    expect(lab.files()).toEqual([]);
  });
});
