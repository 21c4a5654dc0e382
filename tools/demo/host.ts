import { existsSync, lstatSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Prefix } from "../../src/addr/index.ts";
import { createNetns, deleteNetns, Netns } from "../../src/kernel/netns/index.ts";
import { address, link, RouteSocket } from "../../src/kernel/route/index.ts";
import { MS_BIND, mount } from "../../src/kernel/sys/index.ts";
import { PLUGINS } from "../../src/plugins/registry/index.ts";

/** The program that the links in the plugin directory lead to: this checkout's, run in process. */
export const PROGRAM: string = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const CHECKOUT = fileURLToPath(new URL("../../", import.meta.url));
/** Where plugins and runtime keep what they have to remember. */
export const STATE_TREES = ["/run", "/var/lib/cni"] as const;
export const PLUGIN_DIR = "/run/demo/plugins";
const NETNS_DIR = "/run/netns";

/** A network namespace with its loopback up. */
export interface Machine {
  readonly name: string;
  readonly netns: string;
}

/** A machine beyond the host, which knows nothing of the containers. */
export interface Outside extends Machine {
  readonly hostAddresses: readonly string[];
  readonly addresses: readonly string[];
}

const OUTSIDE = {
  hostAddresses: ["192.0.2.1", "2001:db8::1"],
  addresses: ["192.0.2.2", "2001:db8::2"],
} as const;

/** Makes this process's namespaces a host: state trees of its own, loopback, a plugin directory. */
export function makeHost(): void {
  for (const tree of STATE_TREES) coverTree(tree);
  if (existsSync("/var/run") && !lstatSync("/var/run").isSymbolicLink()) {
    mount("/run", "/var/run", "none", MS_BIND);
  }
  mkdirSync(PLUGIN_DIR, { recursive: true });
  for (const type of PLUGINS.keys()) symlinkSync(PROGRAM, join(PLUGIN_DIR, type));
  using socket = RouteSocket.open();
  link.set(socket, { name: "lo" }, { up: true });
}

/** Lays an empty tree over a path, in this mount namespace only. */
function coverTree(path: string): void {
  let point = path;
  while (!existsSync(point)) point = dirname(point);
  if ([CHECKOUT, process.execPath].some((needed) => needed.startsWith(`${point}/`))) {
    throw new Error(`the checkout lies below ${point}, which the demo hides: move it elsewhere`);
  }
  mount("demo", point, "tmpfs", 0);
  mkdirSync(path, { recursive: true });
}

/** Makes a container: a namespace with its loopback up. */
export function makeContainer(name: string): Machine {
  const netns = join(NETNS_DIR, name);
  createNetns(netns);
  using opened = Netns.open(netns);
  using socket = RouteSocket.open(opened);
  link.set(socket, { name: "lo" }, { up: true });
  return { name, netns };
}

/** Takes a namespace away. */
export function removeMachine({ netns }: Machine): void {
  deleteNetns(netns);
}

/** Makes a machine that is linked to the host by addresses for documentation. */
export function makeOutside(): Outside {
  const machine = makeContainer("outside");
  using netns = Netns.open(machine.netns);
  using host = RouteSocket.open();
  using there = RouteSocket.open(netns);
  link.add(host, { name: "uplink", kind: "veth", peer: { name: "eth0", netns } });
  giveAddresses(host, "uplink", OUTSIDE.hostAddresses);
  giveAddresses(there, "eth0", OUTSIDE.addresses);
  return { ...machine, ...OUTSIDE };
}

function giveAddresses(socket: RouteSocket, name: string, addresses: readonly string[]): void {
  for (const text of addresses) {
    giveAddress(socket, name, `${text}/${text.includes(":") ? 64 : 24}`);
  }
  link.set(socket, { name }, { up: true });
}

/** Gives a link an address, as an administrator would. */
export function giveAddress(socket: RouteSocket, name: string, text: string): void {
  address.add(socket, { index: indexOf(socket, name), prefix: Prefix.parse(text), nodad: true });
}

/** Takes an address from a link. */
export function takeAddress(socket: RouteSocket, name: string, text: string): void {
  address.delete(socket, { index: indexOf(socket, name), prefix: Prefix.parse(text) });
}

function indexOf(socket: RouteSocket, name: string): number {
  const found = link.get(socket, { name });
  if (found === undefined) throw new Error(`there is no link ${name}`);
  return found.index;
}
