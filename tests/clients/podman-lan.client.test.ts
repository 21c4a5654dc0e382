import { afterEach, beforeAll, expect } from "bun:test";
import type { Conflist } from "../support/chain.ts";
import { must } from "../support/exec.ts";
import type { Feature } from "../support/features.ts";
import { type Container, Host } from "../support/host.ts";
import { needs } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { leaks } from "../support/shared-objects.ts";
import { diff } from "../support/snapshot.ts";
import { askFrom } from "../support/traffic.ts";
import { Podman } from "./podman.ts";

/** podman's networks on a link of the host: containers are neighbours of what is behind it. */

const SERVER = "while true; do echo hello from $HOSTNAME | nc -l -p 80; done";
const hawser = hawserPlugins();

let host: Host;
let podman: Podman | undefined;
let lan: Container | undefined;
beforeAll(async () => {
  host = await Host.create();
});
afterEach(async () => {
  await podman?.close();
  podman = undefined;
  if (lan !== undefined) await host.remove(lan);
  lan = undefined;
  await host.tidy();
});

/** A machine at the other end of the host's link `uplink0`. */
async function connect(): Promise<Container> {
  lan = await host.container("lan");
  const pair = ["uplink0", "type", "veth", "peer", "name", "lan0", "netns", "lan"];
  await must(["ip", "link", "add", ...pair]);
  await must(["ip", "link", "set", "uplink0", "up"]);
  await must(["ip", "-n", "lan", "address", "add", "192.0.2.200/24", "dev", "lan0"]);
  await must(["ip", "-n", "lan", "link", "set", "lan0", "up"]);
  return lan;
}

async function answer(from: Container, address: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await askFrom(from, address, 80);
    } catch (error) {
      if (attempt === 20) throw error;
      await Bun.sleep(100);
    }
  }
}

async function create(client: Podman): Promise<void> {
  const link = ["--driver", "macvlan", "--opt", "parent=uplink0"];
  await client.run("network", "create", ...link, "--subnet", "192.0.2.0/24", "lannet");
}

/** A network as an operator writes it. */
function lannet(type: string): Conflist {
  const ipam = { type: "host-local", ranges: [[{ subnet: "192.0.2.0/24" }]] };
  return { cniVersion: "0.4.0", name: "lannet", plugins: [{ type, master: "uplink0", ipam }] };
}

for (const driver of ["macvlan", "ipvlan"] as const) {
  const features: Feature[] = [`kernel:${driver}`, "root", "podman", "runc", "busybox"];
  needs(...features)(
    `${driver}: a container with its own address on the host's link, found by its neighbours`,
    async () => {
      const neighbour = await connect();
      const clean = await host.snapshot();
      podman = Podman.create([hawser.dir], driver === "macvlan" ? [] : [lannet(driver)]);
      // podman's own command does not make ipvlan networks on a link of one's choice.
      if (driver === "macvlan") await create(podman);
      const wanted = ["--name", "one", "--network", "lannet", "--ip", "192.0.2.10"];
      const program = ["--rootfs", podman.rootfs, "sh", "-c", SERVER];
      await podman.run("run", "--detach", ...wanted, ...program);
      expect(await answer(neighbour, "192.0.2.10")).toContain("hello from");
      const shown = await podman.run("exec", "one", "ip", "address", "show", "eth0");
      expect(shown).toContain("inet 192.0.2.10/24");
      await podman.run("rm", "--force", "--time", "0", "one");
      if (driver === "macvlan") await podman.run("network", "rm", "lannet");
      const left = leaks(diff(clean, await host.snapshot()));
      const podmans = /^\+ file: \/run\/(libpod|containers|crun|runc|lock|user|netns|podman)\b/u;
      expect(left.filter((line) => !podmans.test(line))).toEqual([]);
    },
    60_000,
  );
}
