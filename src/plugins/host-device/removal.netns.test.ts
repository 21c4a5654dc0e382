import { describe, expect, test } from "bun:test";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { loseState } from "../../../tests/support/host.ts";
import { DEVICE } from "../../../tests/support/host-lab.ts";
import { ipJson, linkAt, linkNames, linkOf } from "../../../tests/support/ip.ts";
import { type Answer, ipam } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { plugin } from "./index.ts";

failOnLeakedDescriptors();

const lab = pluginLab(plugin, { keys: { device: DEVICE }, device: "down", remembers: "host" });
const { one } = lab;

const KEYS = { device: DEVICE, ipam: ipam(4) };

async function del(keys: object = KEYS, options: { netns?: string } = {}): Promise<Answer> {
  const answer = await lab.call("DEL", { ...keys }, options);
  expect(answer).toMatchObject({ exitCode: 0, json: {} });
  return answer;
}

/** Brings the device to the host as the kernel brings hardware whose namespace has ended. */
async function asAfterTheEnd(name = "eth0"): Promise<void> {
  const pid = String(process.pid);
  await must(["ip", "-n", "one", "link", "set", "dev", "eth0", "netns", pid, "name", name]);
}

describe("DEL", () => {
  test("brings the device home under its name, down, twice in a row", async () => {
    const prevResult = await lab.must("ADD", KEYS);
    await del({ ...KEYS, prevResult });
    expect(await lab.changes()).toEqual([]);
    expect((await linkOf(undefined, DEVICE)).flags).not.toContain("UP");
    await del({ ...KEYS, prevResult });
    expect(await lab.changes()).toEqual([]);
    expect(await linkNames(one)).toEqual([]);
  });

  test("takes back what the container has changed of MAC and MTU", async () => {
    const { address } = await linkOf(undefined, DEVICE);
    await lab.must("ADD", KEYS);
    const words = ["address", "02:00:00:00:00:99", "mtu", "1400"];
    await must(["ip", "-n", "one", "link", "set", "dev", "eth0", ...words]);
    await del();
    expect(await linkOf(undefined, DEVICE)).toMatchObject({ address, mtu: 1500 });
  });

  test("gives the alias back that the device had", async () => {
    await must(["ip", "link", "set", DEVICE, "alias", "uplink to rack 3"]);
    await lab.must("ADD");
    expect((await linkOf(one, "eth0")).ifalias).toBe(DEVICE);
    await del();
    expect((await linkOf(undefined, DEVICE)).ifalias).toBe("uplink to rack 3");
  });

  for (const [what, ...words] of [
    ["renamed", "name", "other"],
    ["without its alias", "alias", ""],
    ["with an alias of its own", "alias", "lo"],
    ["with another MAC", "address", "02:00:00:00:00:99"],
  ]) {
    test(`766: finds a device that the container has left ${what}`, async () => {
      await lab.must("ADD", KEYS);
      await must(["ip", "-n", "one", "link", "set", "eth0", "down"]);
      await must(["ip", "-n", "one", "link", "set", "dev", "eth0", ...words]);
      await del();
      expect(await lab.changes()).toEqual([]);
    });
  }

  test("without a record, the alias tells the name", async () => {
    await lab.must("ADD", KEYS);
    loseState();
    await del();
    expect(await lab.changes()).toEqual([]);
  });

  test("without a record, a renamed device is known by its alias or by its MAC", async () => {
    for (const keys of [
      { device: DEVICE },
      { hwaddr: (await linkOf(undefined, DEVICE)).address },
    ]) {
      const prevResult = await lab.must("ADD", keys);
      loseState();
      await must(["ip", "-n", "one", "link", "set", "eth0", "down"]);
      await must(["ip", "-n", "one", "link", "set", "dev", "eth0", "name", "other"]);
      await del({ ...keys, prevResult });
      expect(await linkNames(undefined)).toEqual([DEVICE]);
    }
  });

  test("an alias that is no name is not believed, and nothing of the host is touched", async () => {
    await lab.must("ADD", KEYS);
    loseState();
    await must(["ip", "-n", "one", "link", "set", "dev", "eth0", "alias", "../../x y"]);
    await del();
    expect(await linkNames(undefined)).toEqual([]);
    expect(await linkNames(one)).toEqual(["eth0"]);
  });

  test("needs nothing of the configuration but the type of IPAM", async () => {
    await lab.must("ADD", KEYS);
    const broken = { device: 5, hwaddr: [], pciBusID: "../x", runtimeConfig: { deviceID: "gone" } };
    await del({ ...broken, ipam: { ...KEYS.ipam }, dns: 7, prevResult: "x" });
    expect(await lab.changes()).toEqual([]);
  });

  test("a PCI device that has vanished is no reason to keep the address", async () => {
    await lab.must("ADD", KEYS);
    await must(["ip", "-n", "one", "link", "delete", "eth0"]);
    await del({ pciBusID: "ffff:ff:1f.7", ipam: KEYS.ipam });
    expect((await lab.changes()).filter((line) => line.startsWith("+"))).toEqual([]);
  });

  test("leaves the interface of another attachment alone", async () => {
    await lab.must("ADD", { device: DEVICE, name: "first" });
    await del({ device: DEVICE, name: "second" });
    expect(await linkNames(one)).toEqual(["eth0"]);
    await del({ device: DEVICE, name: "first" });
    expect(await linkNames(undefined)).toEqual([DEVICE]);
  });

  test("a name that the host has given away: the device comes home under another, and it says so", async () => {
    await lab.must("ADD", KEYS);
    await must(["ip", "link", "add", DEVICE, "type", "veth", "peer", "name", "stranger"]);
    const { stderr } = await del();
    expect(stderr).toContain(`another ${DEVICE}`);
    expect(stderr).toContain("dev0");
    expect((await linkOf(undefined, "dev0")).ifalias).toBe(DEVICE);
    await must(["ip", "link", "delete", DEVICE]);
    await must(["ip", "link", "delete", "dev0"]);
  });
});

describe("DEL when the namespace is gone", () => {
  test("1196: releases the address, for a path that leads nowhere and for none", async () => {
    for (const netns of ["/run/netns/gone", "", "/etc/hostname"]) {
      await lab.must("ADD", KEYS);
      await del(KEYS, { netns });
      const files = (await lab.changes()).filter((line) => line.includes("/var/lib/cni"));
      expect(files).toEqual([]);
      await del();
    }
  });

  test("brings the device out of a namespace that lives on and that the call does not name", async () => {
    await lab.must("ADD", KEYS);
    await del(KEYS, { netns: "" });
    expect(await lab.changes()).toEqual([]);
  });

  for (const name of ["eth0", "dev17"]) {
    test(`gives a device its name back that the kernel has brought home as ${name}`, async () => {
      await lab.must("ADD", KEYS);
      await asAfterTheEnd(name);
      await lab.host.remove(one);
      await del();
      expect(await lab.changes()).toEqual([]);
    });

    test(`also one of the Go plugin, which keeps no record (${name})`, async () => {
      await lab.must("ADD", KEYS);
      loseState();
      await asAfterTheEnd(name);
      await del(KEYS, { netns: "" });
      expect(await lab.changes()).toEqual([]);
    });
  }

  test("a veth is gone with its namespace, and DEL succeeds", async () => {
    await lab.must("ADD", KEYS);
    await lab.host.remove(one);
    for (let wait = 0; wait < 100 && (await linkAt(lab.lan, "lan0")) !== undefined; wait++) {
      await Bun.sleep(20);
    }
    await del();
    expect((await lab.changes()).filter((line) => line.startsWith("+"))).toEqual([]);
  });
});

describe("GC", () => {
  async function gc(valid: readonly object[]): Promise<void> {
    const keys = { ...KEYS, "cni.dev/valid-attachments": valid };
    expect(await lab.call("GC", keys)).toMatchObject({ exitCode: 0, stderr: "" });
  }

  test("brings devices home whose attachments are gone, and keeps those of valid ones", async () => {
    await lab.must("ADD");
    await gc([{ containerID: "id-one", ifname: "eth0" }]);
    expect(await linkNames(one)).toEqual(["eth0"]);
    await gc([{ containerID: "id-two", ifname: "eth0" }]);
    expect(await linkNames(one)).toEqual([]);
    expect(await lab.changes()).toEqual([]);
  });

  test("names a device that the kernel has brought home", async () => {
    await lab.must("ADD");
    await asAfterTheEnd();
    await lab.host.remove(one);
    await gc([]);
    expect(await lab.changes()).toEqual([]);
  });

  test("leaves devices of other networks alone", async () => {
    await lab.must("ADD", { device: DEVICE, name: "other" });
    await gc([]);
    expect(await linkNames(one)).toEqual(["eth0"]);
    await del({ device: DEVICE, name: "other" });
  });
});

describe("CHECK", () => {
  for (const [what, ...words] of [
    ["alias", "link", "set", "dev", "eth0", "alias", "other"],
    ["MAC", "link", "set", "dev", "eth0", "address", "02:00:00:00:00:99"],
    ["down", "link", "set", "dev", "eth0", "down"],
    ["address", "address", "flush", "dev", "eth0"],
    ["route", "route", "delete", "default"],
    ["missing", "link", "delete", "eth0"],
  ]) {
    test(`names the difference: ${what}`, async () => {
      const prevResult = await lab.must("ADD", KEYS);
      await lab.must("CHECK", { ...KEYS, prevResult });
      await must(["ip", "-n", "one", ...words]);
      const { json } = await lab.call("CHECK", { ...KEYS, prevResult });
      expect(json.code).toBe(100);
      expect(json.msg).toContain(what ?? "");
    });
  }

  test("names a sandbox that is another one", async () => {
    const result = await lab.must("ADD", KEYS);
    const interfaces = (result.interfaces ?? []).map((each) => ({ ...each, sandbox: "/else" }));
    const prevResult = { ...result, interfaces };
    const { json } = await lab.call("CHECK", { ...KEYS, prevResult });
    expect(json).toMatchObject({ code: 100 });
    expect(json.msg).toContain("/else");
    expect((await ipJson(one, "link", "show", "eth0")).length).toBe(1);
  });
});
