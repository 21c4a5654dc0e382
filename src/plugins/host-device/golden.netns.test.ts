import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { ipam, type Keys, linkOf, OwnExecutables } from "../../../tests/support/bridge.ts";
import type { Operation } from "../../../tests/support/chain.ts";
import { DEVICE, DeviceLab, linkNames } from "../../../tests/support/device-lab.ts";
import { must } from "../../../tests/support/exec.ts";
import type { Container } from "../../../tests/support/host.ts";
import { skipBecause } from "../../../tests/support/needs.ts";
import {
  debianPlugins,
  newestPlugins,
  type PluginSet,
} from "../../../tests/support/plugin-sets.ts";

/** The reference plugin and ours: equal results, and each takes over from the other. */

const VERSIONS = ["0.3.1", "0.4.0", "1.0.0", "1.1.0"];

let lab: DeviceLab;
let own: OwnExecutables;
let one: Container;
beforeAll(async () => {
  lab = await DeviceLab.create();
  own = new OwnExecutables("host-device", "host-local");
});
afterAll(() => {
  own[Symbol.dispose]();
});
beforeEach(async () => {
  one = await lab.host.container("one");
  await lab.plugIn();
});
afterEach(async () => {
  await lab.host.remove(one);
  await must(["ip", "link", "delete", DEVICE]).catch(() => "");
  await lab.host.tidy();
});

async function call(
  dir: string,
  command: Operation,
  keys: Keys,
  version = "1.0.0",
): Promise<Record<string, unknown>> {
  const config = { cniVersion: version, name: "net1", type: "host-device", ...keys };
  const attachment = { containerId: "id-one", netns: one.netns, ifName: "eth0" };
  const answer = await lab.host.plugin(dir, "host-device", command, config, attachment);
  expect(answer).toMatchObject({ exitCode: 0 });
  return JSON.parse(answer.stdout === "" ? "{}" : answer.stdout) as Record<string, unknown>;
}

/** D94: our interfaces have an MTU; the newest release prints no empty dns, Debian's does. */
function normalised(result: Record<string, unknown>): unknown {
  const { dns, ...rest } = result;
  const text = JSON.stringify(rest).replaceAll(/"mtu":\d+,/gu, "");
  const kept = dns === undefined || JSON.stringify(dns) === "{}" ? {} : { dns };
  return { ...(JSON.parse(text) as Record<string, unknown>), ...kept };
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
          const ours = await call(own.dir, "ADD", keys, version);
          await call(own.dir, "DEL", keys, version);
          rmSync("/var/lib/cni/networks", { recursive: true, force: true });
          expect(normalised(ours)).toEqual(normalised(theirs) as Record<string, unknown>);
        }
      },
      60_000,
    );
  }

  run(`${set.name}: the device looks the same in the container and back at home`, async () => {
    const seen: unknown[] = [];
    for (const dir of [set.dir, own.dir]) {
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
    await call(own.dir, "CHECK", { ...keys, prevResult });
    await call(own.dir, "DEL", { ...keys, prevResult });
    expect(await linkNames(undefined)).toEqual([DEVICE]);
    expect((await linkOf(undefined, DEVICE)).ifalias).toBeUndefined();
  });

  run(`${set.name}: our ADD, its CHECK and DEL`, async () => {
    const keys = { device: DEVICE, ipam: { ...ipam(4), routes: [] } };
    const prevResult = await call(own.dir, "ADD", keys);
    await call(set.dir, "CHECK", { ...keys, prevResult });
    await call(set.dir, "DEL", { ...keys, prevResult });
    expect(await linkNames(undefined)).toEqual([DEVICE]);
    // What is left is our record; our next call for the attachment, or GC, takes it away.
    await call(own.dir, "DEL", keys);
    await call(own.dir, "ADD", keys);
    expect(await linkNames(one)).toEqual(["eth0"]);
  });
});
