import { describe, expect, test } from "bun:test";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { ALL, ARP_NOTIFY, ORIGINAL, SOMAXCONN, tuningLab } from "../../../tests/support/tuning.ts";
import { link } from "../../kernel/route/index.ts";

failOnLeakedDescriptors();

const lab = tuningLab();

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
});
