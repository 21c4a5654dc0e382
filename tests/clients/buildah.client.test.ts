import { afterEach, beforeAll, expect } from "bun:test";
import { dbnet } from "../support/dbnet.ts";
import { Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { leaks } from "../support/shared-objects.ts";
import { diff } from "../support/snapshot.ts";
import { Buildah } from "./buildah.ts";

/** Debian's buildah: it names the namespace by a descriptor of its own, `/proc/<pid>/fd/9`. */

const hawser = hawserPlugins();
const missing = [Buildah.missing(), hawser.missing].filter((part) => part !== undefined);
const client = skipBecause(missing.length === 0 ? undefined : missing.join(", "));

/** The programs' own directories. */
const BUILDAHS_OWN = /^\+ file: \/run\/(containers|crun|runc|lock|user|netns|buildah)\b/u;

let host: Host;
let buildah: Buildah | undefined;
beforeAll(async () => {
  host = await Host.create();
});
afterEach(async () => {
  await buildah?.close();
  buildah = undefined;
  await host.tidy();
});

client(
  "each RUN is on the network, and leaves nothing",
  async () => {
    const clean = await host.snapshot();
    buildah = Buildah.create([hawser.dir], { ...dbnet(), cniVersion: "0.4.0" });
    const container = await buildah.from();
    const line = "ip -4 address show eth0; ip route; cat /proc/sys/net/core/somaxconn";
    const first = await buildah.shell(container, line);
    expect(first).toContain("inet 10.1.0.2/16");
    expect(first).toContain("default via 10.1.0.1 dev eth0");
    expect(first).toContain("\n500\n");
    expect(await buildah.shell(container, line)).toContain("inet 10.1.0.3/16");
    const left = leaks(diff(clean, await host.snapshot()));
    expect(left.filter((one) => !BUILDAHS_OWN.test(one))).toEqual([]);
  },
  60_000,
);
