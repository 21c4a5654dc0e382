import { describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import {
  ALL,
  BACKUP,
  FIRST_MAC,
  MAC,
  ORIGINAL,
  SOMAXCONN,
  tuningLab,
} from "../../../tests/support/tuning.ts";
import { link } from "../../kernel/route/index.ts";
import { plugin } from "./index.ts";

failOnLeakedDescriptors();

const lab = tuningLab();

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
