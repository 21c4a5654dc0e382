import { describe, expect } from "bun:test";
import { rmSync } from "node:fs";
import { must } from "../../../tests/support/exec.ts";
import { DEVICE, hostLab } from "../../../tests/support/host-lab.ts";
import { ipJson } from "../../../tests/support/ip.ts";
import { needs } from "../../../tests/support/needs.ts";
import { callPlugin } from "../../../tests/support/plugin-call.ts";
import { attachPlugin, CASES, innerMaster } from "../../../tests/support/virtual-links.ts";

/** The master of macvlan, ipvlan and vlan links: how it is found, and what it does not take. */

const lab = hostLab({ device: "up", remembers: "containers" });
const { one } = lab;

describe("links on a master", () => {
  for (const { type, plugin, keys, needs: features, hasMaster } of CASES) {
    if (!hasMaster) continue;
    const run = needs(...features);

    run(`${type}: a master that is missing`, async () => {
      const missing = { ...keys, master: "nowhere0" };
      expect((await callPlugin(plugin, "ADD", one, missing)).json).toMatchObject({
        code: 7,
        msg: 'failed to lookup master "nowhere0": there is no such link on the host',
      });
      expect((await callPlugin(plugin, "STATUS", one, missing)).json).toMatchObject({
        code: 51,
        msg: 'master "nowhere0" is missing on the host',
      });
      expect(await lab.changes()).toEqual([]);
    });

    run(`${type}: names that no link has are refused`, async () => {
      for (const master of ["a b", "a/b", "a\0b", "x".repeat(128)]) {
        const { json } = await callPlugin(plugin, "ADD", one, { ...keys, master });
        expect(json.code).toBe(7);
        expect(json.msg).toStartWith("invalid master name");
      }
      expect(await lab.changes()).toEqual([]);
    });

    run(`${type}: a further name of the master does as well`, async () => {
      const long = "the-link-of-the-host-that-leads-outside";
      await must(["ip", "link", "property", "add", "dev", DEVICE, "altname", long]);
      const prevResult = await attachPlugin(plugin, one, { ...keys, master: long });
      const { json } = await callPlugin(plugin, "CHECK", one, { ...keys, prevResult });
      expect(json).toEqual({});
    });

    run(`${type}: a master that is a port of a bridge`, async () => {
      if (type === "vlan") return; // goes
      await must(["ip", "link", "add", "cni0", "type", "bridge"]);
      await must(["ip", "link", "set", "dev", DEVICE, "master", "cni0"]);
      const { json } = await callPlugin(plugin, "ADD", one, keys);
      expect(json).toMatchObject({
        code: 11,
        msg: `master "${DEVICE}" cannot have a ${type} link now`,
      });
      expect((await ipJson(one, "link", "show")).map(({ ifname }) => ifname)).toEqual(["lo"]);
    });

    run(`${type}: CHECK notices another master, and a master that was renamed`, async () => {
      await must(["ip", "link", "add", "uplink1", "type", "veth", "peer", "name", "lan1"]);
      const prevResult = await attachPlugin(plugin, one, keys);
      const check = async (master: string) =>
        (await callPlugin(plugin, "CHECK", one, { ...keys, master, prevResult })).json;
      expect(await check("uplink1")).toMatchObject({
        code: 100,
        msg: "eth0 stands on another link than uplink1",
      });
      await must(["ip", "link", "set", "dev", DEVICE, "down"]);
      await must(["ip", "link", "set", "dev", DEVICE, "name", "renamed0"]);
      expect(await check(DEVICE)).toMatchObject({ code: 100 });
      await must(["ip", "link", "set", "dev", "renamed0", "name", DEVICE]);
      await must(["ip", "link", "delete", "uplink1"]);
    });

    run(`${type}: a master inside the container`, async () => {
      await innerMaster(one);
      await lab.remember();
      const inside = { ...keys, master: "inner0", linkInContainer: true };
      const prevResult = await attachPlugin(plugin, one, inside);
      const made = (await ipJson(one, "link", "show", "dev", "eth0"))[0];
      expect(made).toMatchObject({ link: "inner0", linkinfo: { info_kind: type } });
      const check = { ...inside, prevResult };
      expect((await callPlugin(plugin, "CHECK", one, check)).json).toEqual({});
      const elsewhere = { ...keys, prevResult };
      expect((await callPlugin(plugin, "CHECK", one, elsewhere)).json).toMatchObject({ code: 100 });
      expect(await callPlugin(plugin, "DEL", one, inside)).toMatchObject({ exitCode: 0 });
      expect(await lab.changes()).toEqual([]);
    });

    run(`${type}: a master that only the host has, looked for inside`, async () => {
      const { json } = await callPlugin(plugin, "ADD", one, { ...keys, linkInContainer: true });
      expect(json).toMatchObject({
        code: 7,
        msg: `failed to lookup master "${DEVICE}": there is no such link in the container`,
      });
      const status = await callPlugin(plugin, "STATUS", one, { ...keys, linkInContainer: true });
      expect(status.exitCode).toBe(0);
    });

    if (type === "vlan") continue;
    run(`${type}: without a name, the interface of the first default route`, async () => {
      const anywhere = { ...keys, master: undefined };
      const { json } = await callPlugin(plugin, "ADD", one, anywhere);
      expect(json).toMatchObject({ code: 7, msg: "no default route interface found" });
      if (type === "macvlan") {
        const status = await callPlugin(plugin, "STATUS", one, anywhere);
        expect(status.json).toMatchObject({ code: 50, msg: "no default route interface found" });
      }
      for (const family of ["-4", "-6"]) {
        const via = family === "-4" ? "192.0.2.9" : "2001:db8::9";
        await must(["ip", family, "route", "add", "default", "via", via, "dev", DEVICE, "onlink"]);
        const prevResult = await attachPlugin(plugin, one, anywhere);
        const made = (await ipJson(one, "link", "show", "dev", "eth0"))[0];
        const master = (await ipJson(undefined, "link", "show", "dev", DEVICE))[0];
        expect(made).toMatchObject({ link_index: (master as { ifindex?: number }).ifindex ?? -1 });
        await must(["ip", family, "route", "delete", "default"]);
        const check = { ...anywhere, prevResult };
        expect((await callPlugin(plugin, "CHECK", one, check)).json).toEqual({});
        expect(await callPlugin(plugin, "DEL", one, anywhere)).toMatchObject({ exitCode: 0 });
      }
      rmSync("/var/lib/cni/networks", { recursive: true, force: true });
    });
  }
});
