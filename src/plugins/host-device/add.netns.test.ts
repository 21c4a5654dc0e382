import { describe, expect, test } from "bun:test";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { DEVICE, LAN4, LAN6 } from "../../../tests/support/host-lab.ts";
import { addressesOf, ipJson, linkNames, linkOf } from "../../../tests/support/ip.ts";
import { needs } from "../../../tests/support/needs.ts";
import { ipam } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { leaks } from "../../../tests/support/shared-objects.ts";
import { diff } from "../../../tests/support/snapshot.ts";
import { askFrom, startGreeter } from "../../../tests/support/traffic.ts";
import { plugin } from "./index.ts";

failOnLeakedDescriptors();

const lab = pluginLab(plugin, { keys: { device: DEVICE }, device: "up" });
const { one } = lab;

describe("ADD", () => {
  test("moves the device, keeps its MAC and writes its name into the alias", async () => {
    const before = await linkOf(undefined, DEVICE);
    const result = await lab.must("ADD");
    expect(result).toEqual({
      cniVersion: "1.1.0",
      interfaces: [{ name: "eth0", mac: before.address, mtu: 1500, sandbox: one.netns }],
    });
    expect(await linkNames(undefined)).toEqual([]);
    const after = await linkOf(one, "eth0");
    expect(after).toMatchObject({ ifalias: DEVICE, address: before.address });
    expect(after.flags).toContain("UP");
  });

  test("sets addresses and routes from IPAM, and the network behind the device answers", async () => {
    const dns = { nameservers: ["10.1.0.1"] };
    const result = await lab.must("ADD", { device: DEVICE, ipam: ipam(4, 6), dns });
    expect(result.ips).toMatchObject([
      { address: "10.1.0.2/16", interface: 0 },
      { address: "fd00:10:1::2/64", interface: 0 },
    ]);
    expect(result.dns).toEqual(dns);
    expect(await addressesOf(one, "eth0")).toEqual([
      { address: "10.1.0.2/16", tentative: false },
      { address: "fd00:10:1::2/64", tentative: false },
    ]);
    const server = await startGreeter(lab.lan, 80);
    expect(await askFrom(one, LAN4, 80)).toContain("lan");
    expect(await askFrom(one, LAN6, 80)).toContain("lan");
    await server.stop();
    await lab.must("CHECK", { device: DEVICE, ipam: ipam(4, 6), prevResult: result });
  });

  test("finds the device by its MAC, in any notation and case", async () => {
    const { address } = await linkOf(undefined, DEVICE);
    await lab.must("ADD", { hwaddr: address.toUpperCase().replaceAll(":", "-") });
    expect((await linkOf(one, "eth0")).address).toBe(address);
  });

  test("finds the device by another of its names", async () => {
    await must([
      "ip",
      "link",
      "property",
      "add",
      "dev",
      DEVICE,
      "altname",
      "enp59s0f0np0with-more",
    ]);
    await lab.must("ADD", { device: "enp59s0f0np0with-more" });
    expect((await linkOf(one, "eth0")).ifalias).toBe(DEVICE);
  });

  needs("root")("finds the device by its path in the kernel's tree", async () => {
    await must(["mount", "-t", "sysfs", "sysfs", "/sys"]);
    await must(["ip", "link", "set", "lo", "down"]);
    const answer = await lab.call("ADD", {
      kernelpath: "/sys/devices/pci0000:00/../virtual/",
    });
    await must(["umount", "/sys"]);
    expect(answer).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await linkOf(one, "eth0")).ifalias).toBe(DEVICE);
  });

  test("a device whose name the container has already gets its own all the same", async () => {
    await must(["ip", "-n", "one", "link", "add", DEVICE, "type", "veth", "peer", "name", "x0"]);
    await lab.must("ADD");
    expect((await linkNames(one)).sort()).toEqual([DEVICE, "eth0", "x0"].sort());
    await lab.must("DEL");
    expect(await linkNames(undefined)).toEqual([DEVICE]);
    expect((await linkNames(one)).sort()).toEqual([DEVICE, "x0"].sort());
  });

  test("keeps the name where host and container call it the same", async () => {
    await lab.must("ADD", { device: DEVICE }, { ifName: DEVICE });
    expect((await linkOf(one, DEVICE)).ifalias).toBe(DEVICE);
    await lab.must("DEL", { device: DEVICE }, { ifName: DEVICE });
    expect((await linkOf(undefined, DEVICE)).ifalias).toBeUndefined();
  });
});

describe("ADD refuses, and changes nothing", () => {
  async function refused(keys: object, code: number, ...words: string[]): Promise<void> {
    const before = await lab.host.snapshot([one]);
    const { exitCode, json } = await lab.call("ADD", { ...keys });
    expect({ exitCode, code: json.code }).toEqual({ exitCode: 1, code });
    for (const word of words) expect(`${json.msg} ${json.details}`).toContain(word);
    expect(leaks(diff(before, await lab.host.snapshot([one])))).toEqual([]);
  }

  test("a configuration that names no device", async () => {
    const text = 'specify either "device", "hwaddr", "kernelpath" or "pciBusID"';
    await refused({}, 7, text);
    await refused({ device: "", hwaddr: "", kernelpath: "", pciBusID: "" }, 7, text);
  });

  test("a device that is not there, by each name", async () => {
    await refused({ device: "nobody" }, 7, "failed to find host device", "nobody");
    await refused({ hwaddr: "02:00:00:00:00:77" }, 7, "02:00:00:00:00:77");
    await refused({ kernelpath: "/sys/devices/nobody" }, 7, "/sys/devices/nobody/net");
    await refused({ pciBusID: "ffff:ff:1f.7" }, 7, "ffff:ff:1f.7", "no such device");
    await refused({ runtimeConfig: { deviceID: "ffff:ff:1f.7" } }, 7, "not found or unsupported");
  });

  test("names that would lead elsewhere", async () => {
    const begin = "must be absolute and begin with /sys/devices/";
    for (const path of [
      "sys/devices/x",
      "/sys/devices/../class",
      "/sys/devices",
      "/etc",
      "/sys/devices/\0",
    ]) {
      await refused({ kernelpath: path }, 7, begin);
    }
    for (const id of ["..", ".", "../../devices/pci0000:00/0000:00:03.0", "a/b", "x\0y", "%s d"]) {
      await refused({ pciBusID: id }, 7, "pciBusID");
      await refused({ runtimeConfig: { deviceID: id } }, 7, "deviceID");
    }
    await refused({ device: "../lo" }, 7, "device name");
    await refused({ device: "x".repeat(200) }, 7, "device name");
    await refused({ hwaddr: "no mac" }, 7, "failed to parse MAC address");
  });

  test("a loopback device", async () => {
    await refused({ device: "lo" }, 7, "lo", "loopback");
    await refused({ hwaddr: "00:00:00:00:00:00" }, 7, "lo", "loopback");
  });

  test("a device that the kernel does not let go", async () => {
    await must(["ip", "link", "add", "br7", "type", "bridge"]);
    await refused({ device: "br7" }, 7, "br7 cannot be moved");
  });

  test("a port of a bridge, and says of which", async () => {
    await must(["ip", "link", "add", "br7", "type", "bridge"]);
    await must(["ip", "link", "set", DEVICE, "master", "br7"]);
    await refused({ device: DEVICE }, 7, DEVICE, "br7 (bridge)");
  });

  needs("kernel:macvlan")("a device that other links stand on, and says which", async () => {
    await must(["ip", "link", "add", "top0", "link", DEVICE, "type", "macvlan", "mode", "bridge"]);
    await refused({ device: DEVICE }, 7, DEVICE, "top0 (macvlan)");
    await must(["ip", "link", "delete", "top0"]);
  });

  test("an interface name that the container has already", async () => {
    await must(["ip", "-n", "one", "link", "add", "eth0", "type", "veth", "peer", "name", "x0"]);
    await refused({ device: DEVICE }, 4, "eth0", "already exists");
  });

  test("a device that another container has, and says which", async () => {
    const two = await lab.host.container("two");
    await lab.must("ADD", undefined, { container: two });
    await refused({ device: DEVICE }, 11, "in use", "net1 id-two eth0");
    expect((await linkOf(two, "eth0")).ifalias).toBe(DEVICE);
    await lab.host.remove(two);
  });

  test("a second ADD of one attachment, which keeps what it has", async () => {
    await lab.must("ADD");
    await refused({ device: DEVICE }, 11, "in use");
    await must(["ip", "-n", "one", "link", "set", "eth0", "down", "name", "renamed"]).catch(
      () => "",
    );
    await must(["ip", "-n", "one", "link", "set", "eth0", "name", "renamed"]).catch(() => "");
    await refused({ device: "lo" }, 7, "loopback");
    expect(await linkNames(one)).toEqual(["renamed"]);
  });
});

test("of several ADDs at once one gets the device, and the others a clear error", async () => {
  const containers = [one];
  for (const name of ["c1", "c2", "c3"]) containers.push(await lab.host.container(name));
  const answers = await Promise.all(
    containers.map((each) => lab.call("ADD", undefined, { container: each })),
  );
  expect(answers.filter(({ exitCode }) => exitCode === 0)).toHaveLength(1);
  const codes = answers.filter(({ exitCode }) => exitCode !== 0).map(({ json }) => json.code);
  expect(codes).toEqual([11, 11, 11]);
  const links = await Promise.all(containers.map((each) => linkNames(each)));
  expect(links.flat()).toEqual(["eth0"]);
  for (const each of containers) await lab.must("DEL", undefined, { container: each });
  expect(await linkNames(undefined)).toEqual([DEVICE]);
  for (const each of containers.slice(1)) await lab.host.remove(each);
});

describe("STATUS", () => {
  test("is good while the device is on the host, or in a container that it was given to", async () => {
    await lab.must("STATUS");
    await lab.must("ADD");
    await lab.must("STATUS");
    await lab.must("DEL");
    await must(["ip", "link", "delete", DEVICE]);
    expect((await lab.call("STATUS")).json).toMatchObject({ code: 50 });
    expect((await ipJson(undefined, "link", "show")).length).toBe(1);
  });

  test("is good while the device is in use, by whatever name it was asked for", async () => {
    await must(["ip", "link", "property", "add", "dev", DEVICE, "altname", "alternative0"]);
    const { address } = await linkOf(undefined, DEVICE);
    await lab.must("ADD", { device: "alternative0" });
    for (const keys of [{ device: "alternative0" }, { device: DEVICE }, { hwaddr: address }]) {
      await lab.must("STATUS", keys);
    }
  });

  test("is good for a network whose device only the runtime will name", async () => {
    await lab.must("STATUS", {});
  });
});
