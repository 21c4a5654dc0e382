import { describe, expect } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import type { Operation } from "../../../tests/support/chain.ts";
import { comparable } from "../../../tests/support/comparable.ts";
import { must } from "../../../tests/support/exec.ts";
import { DEVICE } from "../../../tests/support/host-lab.ts";
import { linkNames, linkOf } from "../../../tests/support/ip.ts";
import { skipBecause } from "../../../tests/support/needs.ts";
import { ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import {
  debianPlugins,
  newestPlugins,
  type PluginSet,
} from "../../../tests/support/plugin-sets.ts";
import { plugin } from "./index.ts";

/** The reference plugin and ours: equal results, and each takes over from the other. */

const VERSIONS = ["0.3.1", "0.4.0", "1.0.0", "1.1.0"];

const lab = pluginLab(plugin, {
  keys: { device: DEVICE },
  device: "up",
  executables: ["host-device", "host-local"],
});
const { one } = lab;

async function call(dir: string, command: Operation, keys: Keys, version = "1.0.0"): Promise<Keys> {
  return await lab.mustProgram(dir, command, { cniVersion: version, ...keys });
}

function versionsOf({ name }: PluginSet): string[] {
  return name === "debian" ? ["0.4.0", "1.0.0"] : VERSIONS;
}

async function namings(): Promise<Keys[]> {
  const { address } = await linkOf(undefined, DEVICE);
  const dns = { nameservers: ["10.1.0.1"], search: ["example.org"] };
  return [
    { device: DEVICE },
    { hwaddr: address },
    { device: DEVICE, ipam: ipam(4), dns },
    { hwaddr: address, ipam: ipam(4, 6) },
  ];
}

describe.each([debianPlugins(), newestPlugins()])("the reference plugin ($name)", (set) => {
  const isThere = existsSync(`${set.dir}/host-device`);
  const run = skipBecause(set.missing ?? (isThere ? undefined : `${set.dir}/host-device`));

  for (const version of versionsOf(set)) {
    run(
      `${set.name} ${version}: results are equal`,
      async () => {
        for (const keys of await namings()) {
          const theirs = await call(set.dir, "ADD", keys, version);
          await call(set.dir, "DEL", keys, version);
          rmSync("/var/lib/cni/networks", { recursive: true, force: true });
          await must(["ip", "link", "set", DEVICE, "up"]);
          const ours = await call(lab.own, "ADD", keys, version);
          await call(lab.own, "DEL", keys, version);
          rmSync("/var/lib/cni/networks", { recursive: true, force: true });
          expect(comparable(ours, "mtu")).toEqual(comparable(theirs, "mtu"));
        }
      },
      60_000,
    );
  }

  run(`${set.name}: the device looks the same in the container and back at home`, async () => {
    const seen: unknown[] = [];
    for (const dir of [set.dir, lab.own]) {
      await call(dir, "ADD", { device: DEVICE });
      const { flags, ifalias, mtu, address } = await linkOf(one, "eth0");
      await call(dir, "DEL", { device: DEVICE });
      const home = await linkOf(undefined, DEVICE);
      seen.push({ flags, ifalias, mtu, address, home: [home.flags, home.ifalias, home.address] });
    }
    expect(seen[1]).toEqual(seen[0]);
  });

  run(`${set.name}: its ADD, our CHECK and DEL`, async () => {
    const keys = { device: DEVICE, ipam: ipam(4) };
    const prevResult = await call(set.dir, "ADD", keys);
    await call(lab.own, "CHECK", { ...keys, prevResult });
    await call(lab.own, "DEL", { ...keys, prevResult });
    expect(await linkNames(undefined)).toEqual([DEVICE]);
    expect((await linkOf(undefined, DEVICE)).ifalias).toBeUndefined();
  });

  run(`${set.name}: our ADD, its CHECK and DEL`, async () => {
    const keys = { device: DEVICE, ipam: { ...ipam(4), routes: [] } };
    const prevResult = await call(lab.own, "ADD", keys);
    await call(set.dir, "CHECK", { ...keys, prevResult });
    await call(set.dir, "DEL", { ...keys, prevResult });
    expect(await linkNames(undefined)).toEqual([DEVICE]);
    // What is left is our record; our next call for the attachment, or GC, takes it away.
    await call(lab.own, "DEL", keys);
    await call(lab.own, "ADD", keys);
    expect(await linkNames(one)).toEqual(["eth0"]);
  });
});
