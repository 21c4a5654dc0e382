import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { DEVICE } from "../../../tests/support/host-lab.ts";
import { ipJson, linkAt, linkNames, linkOf } from "../../../tests/support/ip.ts";
import type { Answer, Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { plugin } from "./index.ts";

failOnLeakedDescriptors();

/**
 * S3: what a container can write proves nothing: names, alternative names, aliases, MACs, indexes.
 * DEL and GC return the device that the ADD moved, under the name that the host gave it, or nothing.
 */

const lab = pluginLab(plugin, { keys: { device: DEVICE }, device: "down" });
const { one } = lab;

async function inside(...lines: string[]): Promise<void> {
  for (const line of lines) await must(["ip", "-n", "one", ...line.split(" ")]);
}

async function del(keys?: Keys): Promise<Answer> {
  const answer = await lab.call("DEL", keys);
  expect(answer).toMatchObject({ exitCode: 0, json: {} });
  return answer;
}

/** What no container can imitate: the wire that the device is on. */
async function expectRealDevice(): Promise<void> {
  expect(await linkNames(undefined)).toEqual([DEVICE]);
  await must(["ip", "-n", "lan", "link", "set", "lan0", "down"]);
  await must(["ip", "link", "set", DEVICE, "up"]);
  expect((await linkOf(undefined, DEVICE)).flags).not.toContain("LOWER_UP");
  await must(["ip", "-n", "lan", "link", "set", "lan0", "up"]);
  expect((await linkOf(undefined, DEVICE)).flags).toContain("LOWER_UP");
}

/** The device hidden, and a pair of the container with all that it can imitate. */
async function swap(index?: number): Promise<void> {
  const { address } = await linkOf(one, "eth0");
  await inside(
    "link set eth0 down",
    "link set eth0 name hidden",
    "link set hidden address 02:00:00:00:00:01",
  );
  await must(["ip", "-n", "one", "link", "set", "hidden", "alias", ""]);
  const at = index === undefined ? "" : ` index ${index}`;
  await inside(
    `link add eth0${at} type veth peer name trap`,
    `link set eth0 address ${address}`,
    `link set eth0 alias ${DEVICE}`,
  );
}

describe("DEL without an ADD, or after the device is back", () => {
  for (const [what, ...lines] of [
    ["a pair with an alias", "link add eth0 type veth peer name inside", "link set eth0 alias up0"],
    ["a bridge with an alias", "link add eth0 type bridge", "link set eth0 alias br-lan"],
    ["a pair with the device's name", "link add eth0 type veth peer name inside"],
  ]) {
    test(`case S3: leaves ${what} in the container, and says so`, async () => {
      await lab.must("ADD");
      await del();
      await inside(...lines);
      if (lines.length === 1) {
        await must(["ip", "link", "delete", DEVICE]);
        await inside(`link set eth0 alias ${DEVICE}`);
      }
      const before = [await linkNames(undefined), await linkNames(one)];
      for (const _ of ["once", "and again"]) {
        expect((await del()).stderr).toContain("eth0 stays in the container");
        expect([await linkNames(undefined), await linkNames(one)]).toEqual(before);
      }
    });
  }

  test("a MAC of the configuration moves no link while the device is on the host", async () => {
    const { address = "" } = await linkOf(undefined, DEVICE);
    await must([
      "ip",
      "link",
      "add",
      "out0",
      "type",
      "veth",
      "peer",
      "name",
      "eth0",
      "netns",
      "one",
    ]);
    await inside(`link set eth0 address ${address}`, "link set eth0 alias up0");
    expect((await del({ hwaddr: address })).stderr).toContain("eth0 stays in the container");
    expect(await linkNames(one)).toEqual(["eth0"]);
    await must(["ip", "link", "delete", "out0"]);
  });
});

describe("a decoy in the device's place", () => {
  test("case S3: stays, and the device returns under the host's name", async () => {
    const { address } = await linkOf(undefined, DEVICE);
    await lab.must("ADD");
    await swap();
    await del();
    expect((await linkNames(one)).sort()).toEqual(["eth0", "trap"]);
    expect((await linkOf(undefined, DEVICE)).address).toBe(address);
    await expectRealDevice();
  });

  test("stays when the device is gone, also with its index", async () => {
    await lab.must("ADD");
    const [device] = await ipJson(one, "link", "show", "eth0");
    const index = Number((device as unknown as { ifindex: number }).ifindex);
    const { address } = await linkOf(one, "eth0");
    await inside(
      "link delete eth0",
      `link add eth0 index ${index} type veth peer name trap`,
      `link set eth0 address ${address}`,
      `link set eth0 alias ${DEVICE}`,
    );
    expect((await del()).stderr).toContain(`nothing proves that it is ${DEVICE}`);
    expect(await linkNames(undefined)).toEqual([]);
    expect((await linkNames(one)).sort()).toEqual(["eth0", "trap"]);
    // The record is gone with the device: another ADD may follow.
    await lab.plugIn("down");
    expect((await lab.call("ADD")).json).toMatchObject({ code: 4 });
  });

  test("stays also where its other end is in yet another namespace", async () => {
    await lab.must("ADD");
    await inside("link delete eth0");
    await lab.container("two");
    await inside("link add eth0 type veth peer name far", `link set eth0 alias ${DEVICE}`);
    await inside("link set far netns two");
    await del();
    expect(await linkNames(undefined)).toEqual([]);
    expect(await linkNames(one)).toEqual(["eth0"]);
  });

  test("case S3, kind: stays for GC, too, and GC returns the device", async () => {
    await lab.must("ADD");
    await swap();
    const answer = await lab.call("GC", { device: DEVICE, "cni.dev/valid-attachments": [] });
    expect(answer).toMatchObject({ exitCode: 0 });
    expect((await linkNames(one)).sort()).toEqual(["eth0", "trap"]);
    await expectRealDevice();
  });

  test("case S3, kind: a device without any other end is told apart as well", async () => {
    await must(["ip", "tuntap", "add", "own0", "mode", "tap"]);
    await lab.must("ADD", { device: "own0" });
    const { address } = await linkOf(one, "eth0");
    await inside(
      "link set eth0 down",
      "link set eth0 name hidden",
      "tuntap add eth0 mode tap",
      `link set eth0 address ${address}`,
      "link set eth0 alias own0",
    );
    await inside("link set hidden alias mine", "link set hidden address 02:00:00:00:00:01");
    await del({ device: "own0" });
    expect(await linkNames(one)).toEqual(["eth0"]);
    expect(await linkAt(undefined, "own0")).toMatchObject({ address });
    await must(["ip", "link", "delete", "own0"]);
  });
});

describe("where sysfs does not show the device's number", () => {
  const directory = "/run/hawser/host-device";

  /** The record as it is written where sysfs cannot be mounted. */
  function forgetNumber(): void {
    const [file = ""] = readdirSync(directory);
    const text = readFileSync(`${directory}/${file}`, "utf8");
    const without = text.replace(/"sysfsId":"\d+"/u, '"sysfsId":""');
    expect(without).not.toBe(text);
    writeFileSync(`${directory}/${file}`, without);
  }

  test("a device that agrees in all that was recorded returns", async () => {
    await lab.must("ADD");
    forgetNumber();
    await inside("link set eth0 down", "link set eth0 name other");
    expect((await del()).stderr).toBe("");
    await expectRealDevice();
  });

  test("a pair that was made inside does not, even in the device's place", async () => {
    await lab.must("ADD");
    forgetNumber();
    await swap();
    expect((await del()).stderr).toContain("eth0 stays in the container");
    expect(await linkNames(undefined)).toEqual([]);
    expect((await linkNames(one)).sort()).toEqual(["eth0", "hidden", "trap"]);
  });
});

describe("names of the container do not reach the host", () => {
  test("case S3, kind: neither an alias nor an alternative name", async () => {
    await must(["ip", "link", "property", "add", "dev", DEVICE, "altname", "of-the-host"]);
    await lab.must("ADD");
    await inside(
      "link property add dev eth0 altname of-the-container",
      "link set eth0 alias uplink0",
    );
    await del();
    const [device] = await ipJson(undefined, "link", "show", DEVICE);
    expect(device).toMatchObject({ altnames: ["of-the-host"] });
    expect(device?.ifalias).toBeUndefined();
  });

  test("an alternative name that the host has does not keep the device in the container", async () => {
    await must(["ip", "link", "add", "host0", "type", "veth", "peer", "name", "host1"]);
    await lab.must("ADD");
    await inside("link property add dev eth0 altname host0");
    await del();
    expect((await linkNames(undefined)).sort()).toEqual([DEVICE, "host0", "host1"]);
    await must(["ip", "link", "delete", "host0"]);
  });
});
