import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import {
  type AttachmentParameters,
  callEnvironment,
  type Operation,
  type PluginObject,
  runPlugin,
} from "./chain.ts";
import { must, type RunAnswer, type RunOptions, run } from "./exec.ts";
import { requireOwnNamespaces } from "./namespaces.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";

/** A network namespace with its loopback up, reachable at `netns`. */
export interface Container {
  readonly name: string;
  readonly netns: string;
}

/** A container by its name, whether it is there or not. */
export function containerNamed(name: string): Container {
  return { name, netns: `/run/netns/${name}` };
}

/** A machine beyond the host, reached over a link of its own. */
export interface Outside extends Container {
  readonly hostAddress4: string;
  readonly hostAddress6: string;
  readonly address4: string;
  readonly address6: string;
}

/** Trees that belong to the throwaway host alone, and that tests compare before and after. */
const PRIVATE_TREES = ["/run", "/var/lib/cni", "/etc/cni"] as const;
/** What a node keeps of fleets outlives its containers. */
const COVERED_TREES = [...PRIVATE_TREES, "/var/lib/hawser"] as const;

/**
 * Where attachments note their namespaces. The directory stays when it is empty, so it is there
 * before a test looks for what is left behind.
 */
function layStateDirectory(): void {
  mkdirSync("/run/hawser/netns", { recursive: true, mode: 0o700 });
}

/** Loses all notes of plugins, as a file system that is cleaned at night does. */
export function loseState(): void {
  rmSync("/run/hawser", { recursive: true, force: true });
  layStateDirectory();
}

/**
 * Lays an empty tree over each path, for this mount namespace only. Where a path does not exist, its
 * nearest parent is covered, so that nothing is ever created on the machine's own disk.
 */
export async function coverTrees(paths: readonly string[]): Promise<void> {
  const points = [...new Set(paths.map(nearestThere))].filter((at) => at !== "/" && at !== "/etc");
  // A parent first: what is mounted below it would be hidden.
  for (const point of points.toSorted((one, other) => one.length - other.length)) {
    if (points.some((parent) => point.startsWith(`${parent}/`))) continue;
    await must(["mount", "-t", "tmpfs", "-o", "mode=755", "hawser-host", point]);
  }
  for (const path of paths) {
    if (points.some((point) => `${path}/`.startsWith(`${point}/`))) {
      mkdirSync(path, { recursive: true });
    }
  }
}

function nearestThere(path: string): string {
  return existsSync(path) ? path : nearestThere(dirname(path));
}

/**
 * A throwaway host: the network and mount namespaces that this process was started in, with
 * loopback up and with state trees of its own. It ends with the process.
 */
export class Host {
  readonly trees: readonly string[];

  private constructor(trees: readonly string[]) {
    this.trees = trees;
  }

  /** Prepares the host; refuses to run in the machine's own namespaces. */
  static async create(): Promise<Host> {
    requireOwnNamespaces();
    await must(["ip", "link", "set", "dev", "lo", "up"]);
    // New bridges would spend two seconds on looking for a duplicate of their IPv6 address.
    writeFileSync("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
    await coverTrees(COVERED_TREES);
    if (existsSync("/var/run") && !lstatSync("/var/run").isSymbolicLink()) {
      await must(["mount", "--bind", "/run", "/var/run"]);
    }
    mkdirSync("/run/netns", { recursive: true });
    layStateDirectory();
    await must(["mount", "--bind", "/run/netns", "/run/netns"]);
    await must(["mount", "--make-shared", "/run/netns"]);
    return new Host(PRIVATE_TREES);
  }

  /** Makes a container: a named network namespace with its loopback up. */
  async container(name: string): Promise<Container> {
    await must(["ip", "netns", "add", name]);
    await must(["ip", "-n", name, "link", "set", "dev", "lo", "up"]);
    return containerNamed(name);
  }

  /** Removes a container; its interfaces die with it. */
  async remove(container: Container): Promise<void> {
    await must(["ip", "netns", "delete", container.name]);
  }

  /** Removes what plugins leave shared, so that the next test finds the host as it was created. */
  async tidy(): Promise<void> {
    const bridges = await must(["ip", "-j", "link", "show", "type", "bridge"]);
    // Older releases of ip print an empty object for each link that is no bridge.
    for (const { ifname } of JSON.parse(bridges || "[]") as { ifname?: string }[]) {
      if (ifname !== undefined) await must(["ip", "link", "delete", ifname]);
    }
    if (Bun.which("nft") !== null) await must(["nft", "flush", "ruleset"]);
    writeFileSync("/proc/sys/net/ipv4/ip_forward", "0");
    writeFileSync("/proc/sys/net/ipv6/conf/all/forwarding", "0");
    for (const tree of ["/var/lib/cni/networks", "/run/cni", "/run/hawser"]) {
      rmSync(tree, { recursive: true, force: true });
    }
    layStateDirectory();
    await this.settled();
  }

  /** Waits until the interfaces of removed containers are gone: the kernel ends a namespace later. */
  async settled(timeoutMs = 5000): Promise<void> {
    const until = performance.now() + timeoutMs;
    while (performance.now() < until) {
      const links = await must(["ip", "-o", "link", "show", "type", "veth"]);
      if (!/^\d+: veth/m.test(links)) return;
      await Bun.sleep(20);
    }
    if (!hasStrayThread()) {
      throw new Error(`container interfaces are still there after ${timeoutMs} ms`);
    }
    const veths = await must(["ip", "-j", "link", "show", "type", "veth"]);
    for (const { ifname } of JSON.parse(veths) as { ifname: string }[]) {
      await run(["ip", "link", "delete", ifname]); // with the one end goes the other
    }
  }

  /** Makes a machine beyond the host, on links with documentation addresses, no route to containers. */
  async outside(name = "outside"): Promise<Outside> {
    const made = await this.container(name);
    const ip = (...words: string[]): Promise<string> => must(["ip", ...words]);
    await ip("link", "add", "uplink", "type", "veth", "peer", "name", "eth0", "netns", name);
    await ip("address", "add", "192.0.2.1/24", "dev", "uplink");
    await ip("-n", name, "address", "add", "192.0.2.2/24", "dev", "eth0");
    await ip("address", "add", "2001:db8::1/64", "dev", "uplink", "nodad");
    await ip("-n", name, "address", "add", "2001:db8::2/64", "dev", "eth0", "nodad");
    await ip("link", "set", "dev", "uplink", "up");
    await ip("-n", name, "link", "set", "dev", "eth0", "up");
    return {
      ...made,
      hostAddress4: "192.0.2.1",
      hostAddress6: "2001:db8::1",
      address4: "192.0.2.2",
      address6: "2001:db8::2",
    };
  }

  /** Runs one plugin executable of a directory by the specification alone. */
  async plugin(
    dir: string,
    type: string,
    operation: Operation,
    config: PluginObject,
    attachment?: AttachmentParameters,
    env: Readonly<Record<string, string>> = {},
  ): Promise<RunAnswer> {
    const all = { ...callEnvironment(operation, dir, attachment), ...env };
    return await runPlugin(dir, type, config, all);
  }

  /** Runs a program inside a container's network namespace. */
  async exec(
    container: Container,
    argv: readonly string[],
    options: RunOptions = {},
  ): Promise<RunAnswer> {
    return await run(["nsenter", `--net=${container.netns}`, "--", ...argv], options);
  }

  /** A picture of kernel and disk; `containers` are looked into as well. */
  async snapshot(containers: readonly Container[] = []): Promise<Snapshot> {
    return await takeSnapshot({
      trees: this.trees,
      namespaces: containers.map((container) => container.netns),
    });
  }
}

/**
 * Whether a thread of this process is in another network namespace. A thread that the engine starts
 * while ours visits a container begins there, and keeps the namespace for as long as it has work and
 * ten seconds more; it does nothing there.
 */
function hasStrayThread(): boolean {
  const home = readlinkSync("/proc/self/ns/net");
  return readdirSync("/proc/self/task").some((task) => {
    try {
      return readlinkSync(`/proc/self/task/${task}/ns/net`) !== home;
    } catch {
      return false; // it has ended
    }
  });
}
