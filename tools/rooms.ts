import { DOORS } from "./door-rooms.ts";
import { KERNEL } from "./kernel-rooms.ts";
import type { Room } from "./room.ts";

/**
 * The rooms of the house and which may import which: the one table from which the tsconfig files are
 * written and by which the import test judges. A room may import the rooms in its row, and no other.
 */

export type { Platform, Room } from "./room.ts";

/** Every plugin and what it is for; the executables in dist/cni bear these names. */
const PLUGINS: Readonly<Record<string, string>> = {
  bridge: "the plugin that joins containers to a bridge of the host",
  "host-local": "the IPAM plugin that reserves addresses in files of the host",
  tuning: "the chained plugin that sets sysctls and properties of a link",
  firewall: "the chained plugin that lets containers through the host's firewall",
  portmap: "the chained plugin that maps ports of the host to a container",
  static: "the IPAM plugin that hands on addresses from the configuration",
  bandwidth: "the chained plugin that limits what goes to a container and what comes from it",
  ipvlan: "the plugin that gives a container a link of its own addresses on a link of the host",
  vlan: "the plugin that gives a container a VLAN of a link",
  dummy: "the plugin that gives a container addresses on a link that leads nowhere",
  macvlan: "the plugin that gives a container a link of its own MAC on a link of the host",
  ptp: "the plugin that links a container with its host alone",
  "host-device": "the plugin that gives a container a network device of the host",
  tap: "the plugin that gives a virtual machine in a container a tap",
  loopback: "the plugin that brings a container's loopback up",
  vrf: "the chained plugin that puts an interface into a VRF of the container",
  sbr: "the chained plugin that leads packets by the address they start from",
  cluster: "the IPAM plugin that reserves addresses of a fleet, from what this node holds",
  dhcp: "the IPAM plugin that leases addresses from DHCP servers, and its daemon",
};

/** Rooms that a plugin needs beside those that all plugins have. */
const MORE_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  cluster: ["fleet", "cluster"],
  dhcp: ["dhcp", "dhcp6", "ndp"],
  firewall: ["dbus"],
};

export const PLUGIN_NAMES: readonly string[] = Object.keys(PLUGINS);

const base: Room = {
  name: "base",
  purpose: "what the language lacks: texts of errors, objects without undefined keys",
  platform: "pure",
  imports: [],
};

const pure: Room[] = [
  {
    name: "bytes",
    purpose: "cursor reader and writer, alignment, hex dump",
    platform: "pure",
    imports: [],
  },
  {
    name: "addr",
    purpose: "IPv4, IPv6, prefix and MAC as values",
    platform: "pure",
    imports: [],
  },
  {
    name: "spec",
    purpose: "the specification: configurations, requests, results, versions, errors",
    platform: "pure",
    imports: ["addr"],
  },
  {
    name: "dhcp",
    purpose: "the client's side of DHCP for IPv4: messages, frames, leases, what follows what",
    platform: "pure",
    imports: ["bytes", "addr"],
  },
  {
    name: "ndp",
    purpose: "how a host asks the routers of a link: solicitations, advertisements",
    platform: "pure",
    imports: ["bytes", "addr"],
  },
  {
    name: "dhcp6",
    purpose: "the client's side of DHCP for IPv6: messages, leases, what follows what",
    platform: "pure",
    imports: ["bytes", "addr", "ndp", "dhcp"],
  },
];

/** What a fleet of nodes is decided by: no I/O, so that a simulation runs all of it. */
const fleet: Room[] = [
  {
    name: "store",
    purpose: "the port through which a fleet reaches the engine that keeps its truth",
    platform: "pure",
    imports: [],
  },
  {
    name: "fleet",
    purpose: "which node holds which addresses of a fleet, decided by transactions on the store",
    platform: "pure",
    imports: ["addr", "store"],
    folders: true,
  },
];

const dbus: Room = {
  name: "dbus",
  purpose: "calls to services on a message bus",
  platform: "bun",
  imports: ["bytes"],
};

const locks: Room = {
  name: "locks",
  purpose: "keeps operations and calls apart, in one process and between processes",
  platform: "node",
  imports: [],
};

const npm: Room[] = [
  {
    name: "invoke",
    purpose: "finds a plugin, runs it, reads its answer",
    platform: "node",
    imports: ["spec"],
  },
  {
    name: "runtime",
    purpose: "what libcni does: loads configurations, runs lists, keeps results and locks",
    platform: "node",
    imports: ["spec", "invoke", "locks"],
  },
  {
    name: "plugin",
    purpose: "the kit for plugin authors: dispatch, arguments, delegation, output",
    platform: "node",
    imports: ["spec", "invoke", "locks"],
  },
];

const KERNEL_ROOMS = names(KERNEL);

const state: Room = {
  name: "state",
  purpose: "kinds of network state that plugins share, and what makes plugins of kinds",
  platform: "bun",
  imports: ["bytes", "addr", "spec", "ndp", "plugin", ...KERNEL_ROOMS],
  folders: true,
};

const engines: Room[] = [
  {
    name: "store/files",
    purpose: "the store in files of one machine",
    platform: "bun",
    imports: ["store", "state", "kernel/sys"],
  },
  {
    name: "store/etcd",
    purpose: "the store in etcd",
    platform: "bun",
    imports: ["store"],
  },
];

const cluster: Room = {
  name: "cluster",
  purpose: "this node's part in fleets: configuration, picture on disk, membership, engines",
  platform: "bun",
  imports: [
    ...["addr", "spec", "plugin", "state", "store", "store/files", "store/etcd", "fleet"],
    ...["kernel/sys", "kernel/route"],
  ],
  folders: true,
};

const overlay: Room = {
  name: "overlay",
  purpose: "keeps tunnels, routes and neighbours of fleets' networks on this node",
  platform: "bun",
  imports: ["bytes", "addr", "state", ...KERNEL_ROOMS],
};

const plugins: Room[] = Object.entries(PLUGINS).map(([name, purpose]) => {
  return {
    name: `plugins/${name}`,
    purpose,
    platform: "bun",
    imports: [
      ...["bytes", "addr", "spec", "plugin", "state"],
      ...KERNEL_ROOMS,
      ...(MORE_IMPORTS[name] ?? []),
    ],
  };
});

const registry: Room = {
  name: "plugins/registry",
  purpose: "every plugin by its type, loaded when asked for",
  platform: "bun",
  imports: ["spec", "invoke", "plugin", ...names(plugins)],
};

const journal: Room = {
  name: "journal",
  purpose: "the notes of the node: what plugins have attached, and who had which address when",
  platform: "bun",
  imports: ["spec", "state", "kernel/netns"],
};

const daemon: Room = {
  name: "daemon",
  purpose: "the node daemon: serves entry programs, clears up, reports its state",
  platform: "bun",
  imports: [
    ...[
      "bytes",
      "spec",
      "invoke",
      "plugin",
      "state",
      "journal",
      "runtime",
      "view",
      "recording",
      "sync",
      "api",
      "dbus",
      "addr",
      "store",
      "fleet",
      "cluster",
      "overlay",
      "plugins/dhcp",
      "plugins/host-local",
      "plugins/registry",
    ],
    ...KERNEL_ROOMS,
  ],
  folders: true,
};

const view: Room = {
  name: "view",
  purpose:
    "what is on this node: what runtimes, plugins, daemon and kernel know, joined; read alone",
  platform: "bun",
  imports: [
    ...["bytes", "spec", "addr", "invoke", "runtime", "plugin", "state", "journal"],
    ...["plugins/cluster", "plugins/host-local", "plugins/portmap", "plugins/registry"],
    ...["fleet", "cluster"],
    ...KERNEL_ROOMS,
  ],
  folders: true,
};

const validate: Room = {
  name: "validate",
  purpose: "judges the files that configure networks; reads alone",
  platform: "bun",
  imports: [
    ...["spec", "addr", "invoke", "runtime", "plugin", "plugins/registry"],
    ...["kernel/sys", "kernel/netlink", "kernel/netns", "kernel/route"],
  ],
};

const recording: Room = {
  name: "recording",
  purpose: "calls of plugins as they were made: recorded, shown, made again, sent on as spans",
  platform: "bun",
  imports: [
    ...["addr", "spec", "invoke", "state", "view"],
    ...["kernel/sys", "kernel/netns", "kernel/route"],
  ],
  folders: true,
};

const sync: Room = {
  name: "sync",
  purpose: "puts back what CHECK misses of attachments, and names what cannot be put back",
  platform: "bun",
  imports: ["spec", "invoke", "runtime", "plugin", "view", "kernel/netns"],
};

const doctor: Room = {
  name: "doctor",
  purpose: "why a container has no network: stages and findings, each with what mends it",
  platform: "bun",
  imports: [
    ...["bytes", "spec", "addr", "invoke", "runtime", "plugin", "state", "journal", "view"],
    ...["validate", "overlay", "plugins/host-local"],
    ...KERNEL_ROOMS,
  ],
};

/** What people see, and programs read: the forms of things, the node's network as a graph, the API, the page. */
const seen: Room[] = [
  {
    name: "forms",
    purpose: "the form in JSON of each thing that is shown: in commands, in the API, on the page",
    platform: "pure",
    imports: [],
  },
  {
    name: "topology",
    purpose:
      "the node's network as a graph: what hangs on what, the way of a packet, where to draw it",
    platform: "pure",
    imports: ["addr", "forms"],
    folders: true,
  },
  {
    name: "api",
    purpose:
      "the joined view for programs: resources, a stream of changes, its description; reads alone",
    platform: "bun",
    imports: [
      ...["spec", "addr", "runtime", "state", "journal", "view", "recording", "doctor"],
      ...["fleet", "cluster", "store", "overlay", "forms", "topology"],
      ...KERNEL_ROOMS,
    ],
    folders: true,
  },
  {
    name: "page",
    purpose: "the picture of the node in a browser",
    platform: "browser",
    imports: ["addr", "forms", "topology"],
    folders: true,
  },
];

const install: Room = {
  name: "install",
  purpose: "puts the executable, the plugins and a configuration on a node, and takes them away",
  platform: "bun",
  imports: ["spec", "invoke", "runtime", "state", "kernel/sys", "kernel/netns", "journal", "view"],
};

/** Imports neither runtime nor kit nor plugins: it judges them from outside, as any others. */
const conformance: Room = {
  name: "conformance",
  purpose: "the conformance suite: rules, checks and reports for plugins and runtimes",
  platform: "bun",
  imports: ["addr"],
};

const beneathCli: Room[] = [
  ...[...pure, ...fleet, ...KERNEL, dbus, locks, ...npm, state],
  ...[...engines, cluster, overlay],
  ...[...plugins, registry, ...DOORS, journal, view, recording, validate, sync],
  ...[doctor, ...seen, daemon, install, conformance],
];

/** Each room stands after those that it imports; `base` is open to all. */
export const ROOMS: readonly Room[] = [
  base,
  ...withBase([
    ...beneathCli,
    {
      name: "cli",
      purpose: "the executable: the commands, `cnitool`, and the plugins by their names",
      platform: "bun",
      // The page is built by itself, and is a file to the executable.
      imports: names(beneathCli.filter(({ platform }) => platform !== "browser")),
    },
  ]),
];

/** The rooms that are one with the npm package's root, `hawser`. */
export const ROOT_DOORS: readonly string[] = ["spec", ...names(npm)];

/** The doors of the npm package, `hawser/spec` and so on, and the rooms behind them. */
export const NPM_DOORS: ReadonlyMap<string, string> = new Map([
  ...[...ROOT_DOORS, "addr"].map((name) => [name, name] as const),
  ...DOORS.map(({ name }) => [name.slice("doors/".length), name] as const),
]);

function withBase(rooms: readonly Room[]): Room[] {
  return rooms.map((room) => ({ ...room, imports: [base.name, ...room.imports] }));
}

function names(rooms: readonly Room[]): string[] {
  return rooms.map(({ name }) => name);
}
