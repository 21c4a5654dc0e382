import { describe, expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { linkOf } from "../../../tests/support/ip.ts";
import { ipam } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { plugin } from "./index.ts";

/** The bridge itself: how it is made, and when it goes. */

const lab = pluginLab(plugin, { containers: [] });

async function hasBridge(): Promise<boolean> {
  return (await must(["ip", "-br", "link", "show", "type", "bridge"])).includes("cni0");
}

describe("a bridge that is made", () => {
  test("runs a spanning tree and forwards groups when that is asked for", async () => {
    await lab.join("one", { stp: true, groupFwdMask: 16_384 });
    expect((await linkOf(undefined, "cni0")).linkinfo).toMatchObject({
      info_data: { stp_state: 1, group_fwd_mask: "0x4000" },
    });
    const prevResult = { cniVersion: "1.1.0", interfaces: [] };
    const check = await lab.call("CHECK", { stp: true, prevResult });
    expect(check.json).toEqual({});
  });

  test("sends multicast to all ports when it is not to snoop, and to those that asked otherwise", async () => {
    const snooping = async (): Promise<unknown> => {
      const { linkinfo } = await linkOf(undefined, "cni0");
      return (linkinfo as { info_data?: { mcast_snooping?: number } }).info_data?.mcast_snooping;
    };
    await lab.join("one", { bridge: "cni0" });
    expect(await snooping()).toBe(1);
    await must(["ip", "link", "delete", "cni0"]);
    await lab.join("two", { multicastSnooping: false });
    expect(await snooping()).toBe(0);
  });

  test("does neither by itself, and groups that the kernel keeps to itself are refused", async () => {
    await lab.join("one", {});
    expect((await linkOf(undefined, "cni0")).linkinfo).toMatchObject({
      info_data: { stp_state: 0, group_fwd_mask: "0" },
    });
    for (const groupFwdMask of [1, 2, 4, -8, 65_536]) {
      const answer = await lab.call("ADD", { groupFwdMask }, { ifName: "eth1" });
      expect(answer.json).toMatchObject({ code: 7, msg: `invalid groupFwdMask ${groupFwdMask}` });
    }
  });
});

describe("removeUnused", () => {
  const keys = { removeUnused: true, isGateway: true, ipam: ipam(4) };

  test("the last DEL removes the bridge, and the next ADD makes it again", async () => {
    await lab.join("one", keys);
    const [two] = await lab.join("two", keys);
    await lab.call("DEL", keys);
    expect(await hasBridge()).toBe(true);
    await lab.call("DEL", keys, { container: two });
    expect(await hasBridge()).toBe(false);
    await lab.add(keys);
    expect(await hasBridge()).toBe(true);
  });

  test("GC removes it too", async () => {
    await lab.join("one", keys);
    await lab.call("GC", { ...keys, "cni.dev/valid-attachments": [] });
    expect(await hasBridge()).toBe(false);
  });

  test("a bridge of somebody else's stays, and so does any without the key", async () => {
    await must(["ip", "link", "add", "cni0", "type", "bridge"]);
    await lab.join("one", keys);
    await lab.call("DEL", keys);
    expect(await hasBridge()).toBe(true);
    await must(["ip", "link", "delete", "cni0"]);
    const [two] = await lab.join("two", { ...keys, removeUnused: false });
    await lab.call("DEL", { ...keys, removeUnused: false }, { container: two });
    expect(await hasBridge()).toBe(true);
  });

  test("ADDs and DELs at once never lose a bridge that has a port", async () => {
    const each = await Promise.all(
      Array.from({ length: 6 }, async (_, at) => {
        const container = await lab.container(`c${at}`);
        for (let round = 0; round < 5; round++) {
          const added = await lab.call("ADD", keys, { container });
          if (added.exitCode !== 0) return added;
          const { master } = await linkOf(undefined, added.json.interfaces?.[1]?.name ?? "");
          if (master !== "cni0") return { master };
          await lab.call("DEL", keys, { container });
        }
        return undefined;
      }),
    );
    expect(each).toEqual(each.map(() => undefined));
    expect(await hasBridge()).toBe(false);
  });
});
