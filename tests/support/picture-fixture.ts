import type {
  AttachmentDetailForm,
  AttachmentForm,
  AttachmentStateForm,
  CallForm,
  CallGroupForm,
  FindingsForm,
  FleetsForm,
  MapForm,
  NetworksForm,
  NodeForm,
  PlacedFindingForm,
  PortsForm,
  RangeMapForm,
  RangesForm,
  RulesForm,
} from "../../src/forms/index.ts";

/** A node as the API answers for it, made up: for states that are hard to make, and for tests of the page alone. */

export interface PictureOptions {
  readonly attachments: number;
  /** Milliseconds since 1970: what is young is a little older than this. */
  readonly now: number;
  /** A name that a pod has chosen to do harm with. */
  readonly podName?: string;
}

const MINUTE = 60_000;
const ERROR_NO_ADDRESS = 100;
const STATES: readonly AttachmentStateForm[] = ["drift", "leak", "orphan", "unfinished", "unclear"];

/** The answers of a node by their paths. */
export function picture(options: PictureOptions): Record<string, unknown> {
  const attachments = Array.from({ length: options.attachments }, (_, index) => {
    return attachmentOf(index, options);
  });
  const groups = attachments
    .slice(0, 60)
    .flatMap((each, index) => groupsOf(each, index, options.now));
  const details = attachments.map((each, index) => {
    const path = [each.network, each.containerId, each.ifName].map(encodeURIComponent).join("/");
    const calls = groups.filter(({ containerId }) => containerId === each.containerId);
    return [`attachments/${path}`, detailOf(each, index, calls)] as const;
  });
  return {
    node: nodeOf(attachments, options),
    networks: NETWORKS,
    attachments: { attachments, more: false, problems: [] },
    ranges: rangesOf(attachments),
    "ranges/0": rangeMapOf(attachments, 0),
    "ranges/1": rangeMapOf(attachments, 1),
    "ranges/2": rangeMapOf(attachments, 2),
    ports: portsOf(attachments),
    rules: rulesOf(attachments),
    calls: { recording: true, groups, more: false },
    findings: findingsOf(attachments),
    fleet: FLEET,
    map: MAP,
    ...Object.fromEntries(groups.map((group) => [`calls/${group.id}`, group])),
    ...Object.fromEntries(details),
  };
}

function attachmentOf(index: number, { now, podName }: PictureOptions): AttachmentForm {
  const isBlue = index % 3 === 2;
  const network = isBlue ? "bluenet" : "dbnet";
  const containerId = hex(index + 1);
  // One of each other state among the first, then one now and then.
  const state = index >= 3 && index < 8 ? (STATES[index - 3] ?? "ok") : "ok";
  const name = index === 1 && podName !== undefined ? podName : `${isBlue ? "web" : "db"}-${index}`;
  const address = `10.${isBlue ? 2 : 1}.${Math.floor(index / 250)}.${(index % 250) + 2}/${isBlue ? 16 : 20}`;
  const addresses = isBlue ? [address, `fd00:10:2::${(index + 2).toString(16)}/64`] : [address];
  return {
    ...{ network, containerId, ifName: "eth0", netns: `/run/netns/cni-${containerId.slice(0, 8)}` },
    ...{ finished: state !== "unfinished", earlierBoot: state === "orphan", state },
    netnsState: state === "orphan" ? "gone" : "alive",
    sources: ["cache", "journal", "record", "reservation", "link"],
    addresses,
    ports: index % 4 === 0 ? [{ hostPort: 8080 + index, containerPort: 80, protocol: "tcp" }] : [],
    reservations: addresses.map((each) => {
      const [ip = ""] = each.split("/");
      return { address: ip, path: `/var/lib/cni/networks/${network}/${ip}` };
    }),
    findings: state === "ok" ? [] : [attachmentFinding(state, network, containerId)],
    ...(state === "leak" ? {} : { pod: { namespace: "default", name } }),
    mac: `0a:58:0a:01:00:${(index % 250).toString(16).padStart(2, "0")}`,
    hostLink: {
      ...{ name: `veth${containerId.slice(0, 8)}`, index: 100 + index, kind: "veth", up: true },
      ...{ operstate: "up", master: isBlue ? "cni1" : "cni0", mtu: 1500 },
    },
    since: new Date(now - (index + 1) * 7 * MINUTE).toISOString(),
    networkFile: `/etc/cni/net.d/${network}.conflist`,
    cacheFile: `/var/lib/cni/results/${network}-${containerId}-eth0`,
  };
}

function hex(number: number): string {
  return new Bun.CryptoHasher("sha256").update(String(number)).digest("hex");
}

function attachmentFinding(
  state: AttachmentStateForm,
  network: string,
  id: string,
): AttachmentForm["findings"][number] {
  const del = `hawser del ${network} --id ${id.slice(0, 12)} --ifname eth0`;
  switch (state) {
    case "drift":
      return {
        ...{ name: "link-off-bridge", severity: "error", state },
        message: `the host's link veth${id.slice(0, 8)} is no port of cni0`,
        remedy: `ip link set dev veth${id.slice(0, 8)} master cni0`,
      };
    case "leak":
      return {
        ...{ name: "no-attachment", severity: "warning", state, remedy: del },
        message: "its address is reserved, and nothing else knows of it",
      };
    case "orphan":
      return {
        ...{ name: "netns-gone", severity: "warning", state, remedy: del },
        message: "its namespace is gone, and no DEL has come",
      };
    case "unfinished":
      return {
        ...{ name: "unfinished", severity: "warning", state, remedy: "wait for its ADD to end" },
        message: "its ADD began 20 s ago and has not ended",
      };
    default:
      return {
        ...{ name: "source-unreadable", severity: "note", state },
        message: "a cache that may know of it could not be read",
        remedy: "mend what the warnings name, or run it as root",
      };
  }
}

function detailOf(
  attachment: AttachmentForm,
  index: number,
  calls: readonly CallGroupForm[],
): AttachmentDetailForm {
  const { network, addresses, hostLink, ports, mac = "", netns, containerId, since } = attachment;
  const isDrift = attachment.state === "drift";
  const isBlue = network === "bluenet";
  const gw = isBlue ? "10.2.0.1" : "10.1.0.1";
  const routes = [{ dst: "0.0.0.0/0", gw }];
  return {
    ...attachment,
    ...(isDrift && hostLink !== undefined ? { hostLink: { ...hostLink, master: undefined } } : {}),
    asked: {
      cniVersion: "1.1.0",
      name: network,
      plugins: [
        {
          ...{ type: "bridge", bridge: isBlue ? "cni1" : "cni0", isGateway: true, ipMasq: true },
          ipam: {
            type: "host-local",
            ranges: [[{ subnet: isBlue ? "10.2.0.0/16" : "10.1.0.0/20" }]],
            routes: [{ dst: "0.0.0.0/0" }],
          },
        },
        { type: "portmap", capabilities: { portMappings: true } },
      ],
    },
    promised: {
      cniVersion: "1.1.0",
      interfaces: [
        { name: isBlue ? "cni1" : "cni0", mac: "0a:58:0a:01:00:01" },
        { name: hostLink?.name, mac: "be:ef:00:00:00:01" },
        { name: "eth0", mac, mtu: 1500, sandbox: netns },
      ],
      ips: addresses.map((address) => ({ address, interface: 2 })),
      routes,
      dns: {},
    },
    inside: {
      link: { name: "eth0", index: 2, kind: "veth", up: true, mtu: isDrift ? 1400 : 1500, mac },
      addresses: [...(isDrift ? [] : addresses), "fe80::858:aff:fe01:1/64"],
      routes: isDrift ? [] : [{ dst: "default", gw }],
    },
    routes,
    rules: ports.map(({ hostPort }) => {
      const owner = { network, containerId, ifName: "eth0" };
      const text = `tcp . ${hostPort} : ${addresses[0]?.split("/")[0]} . 80`;
      return { place: "inet hawser ports", text, owner };
    }),
    history: [
      { ...named(attachment), netns, addresses, from: since, present: attachment.state === "ok" },
    ],
    calls,
    problems: index === 7 ? ["the namespace cannot be entered: permission denied"] : [],
  };
}

function named({ network, containerId, ifName }: AttachmentForm): {
  network: string;
  containerId: string;
  ifName: string;
} {
  return { network, containerId, ifName };
}

function nodeOf(attachments: readonly AttachmentForm[], { now }: PictureOptions): NodeForm {
  return {
    ...{ hostname: "harbour-1", version: "0.1.0", time: new Date(now).toISOString() },
    ...{ revision: "1", attachments: attachments.length, networks: 3 },
    ...{ by: "ui", daemon: "ready", problems: [] },
  };
}

const NETWORKS: NetworksForm = {
  networks: [
    {
      ...{ network: "bluenet", cniVersion: "1.1.0", file: "/etc/cni/net.d/10-bluenet.conflist" },
      plugins: [{ type: "bridge" }, { type: "portmap" }],
      ...{ attachedCount: 4, unhealthyCount: 1 },
    },
    {
      ...{ network: "dbnet", cniVersion: "1.1.0", file: "/etc/cni/net.d/20-dbnet.conflist" },
      plugins: [{ type: "bridge" }, { type: "portmap" }, { type: "firewall" }, { type: "tuning" }],
      ...{ attachedCount: 8, unhealthyCount: 4 },
    },
    {
      file: "/etc/cni/net.d/30-old.conf",
      error: { code: 6, msg: "it is no JSON: a comma is missing in line 4" },
    },
    { network: "gone", attachedCount: 1, unhealthyCount: 1 },
  ],
  problems: [],
};

function rangesOf(attachments: readonly AttachmentForm[]): RangesForm {
  const of = (network: string): number => {
    return attachments.filter((each) => each.network === network).length;
  };
  const base = {
    directory: "/var/lib/cni/networks",
    set: 0,
    excluded: 2,
    requested: 0,
    overlaps: [],
  };
  const leaked = attachments
    .filter(({ state, network }) => network === "dbnet" && state === "leak")
    .map(({ addresses, containerId }) => ({
      ...{ network: "dbnet", address: addresses[0]?.split("/")[0] ?? "", containerId },
      ...{ path: "/var/lib/cni/networks/dbnet/x", state: "leak" as const },
    }));
  const [db, blue] = [of("dbnet"), of("bluenet")];
  return {
    ranges: [
      {
        ...{ ...base, network: "dbnet", subnet: "10.1.0.0/24", first: "10.1.0.2" },
        ...{ last: "10.1.0.254", gateway: "10.1.0.1", size: 253, inUse: Math.min(db, 251) },
        ...{ free: Math.max(0, 251 - db), percent: Math.round((db / 251) * 100), leaked },
      },
      {
        ...{ ...base, network: "bluenet", subnet: "10.2.0.0/16", first: "10.2.0.2" },
        ...{ last: "10.2.255.254", gateway: "10.2.0.1", size: 65_533, inUse: blue + 5000 },
        ...{ free: 65_531 - blue - 5000, percent: 8, leaked: [] },
      },
      {
        ...{ ...base, network: "bluenet", set: 1, subnet: "fd00:10:2::/64", first: "fd00:10:2::2" },
        ...{ last: "fd00:10:2::ffff:ffff:ffff:ffff", gateway: "fd00:10:2::1", size: 2 ** 64 },
        ...{ inUse: blue, free: 2 ** 64, percent: 0, leaked: [], excluded: 0 },
      },
    ],
    strays: [],
    problems: [],
  };
}

function rangeMapOf(attachments: readonly AttachmentForm[], index: number): RangeMapForm {
  const { ranges } = rangesOf(attachments);
  const range = ranges[index];
  if (range === undefined) throw new RangeError("there is no such range");
  const isIpv6 = range.subnet.includes(":");
  const own = attachments
    .filter(({ network }) => network === range.network)
    .flatMap(({ addresses, containerId, ifName, pod, state }) => {
      const address = addresses.find((each) => each.includes(":") === isIpv6)?.split("/")[0];
      if (address === undefined) return [];
      const use =
        state === "leak" || state === "orphan" ? ("leaked" as const) : ("in use" as const);
      const who = pod === undefined ? {} : { pod: `default/${pod.name}` };
      return [{ first: address, last: address, use, containerId, ifName, ...who }];
    });
  const others =
    index === 1
      ? [
          { first: "10.2.16.0", last: "10.2.31.255", use: "in use" as const },
          { first: "10.2.40.0", last: "10.2.43.137", use: "reserved" as const },
          { first: "10.2.200.0", last: "10.2.200.255", use: "excluded" as const },
        ]
      : index === 0
        ? [{ first: "10.1.0.100", last: "10.1.0.109", use: "excluded" as const }]
        : [];
  const gateway = { first: range.gateway, last: range.gateway, use: "gateway" as const };
  return { range, runs: [gateway, ...own, ...others], more: false };
}

function portsOf(attachments: readonly AttachmentForm[]): PortsForm {
  return {
    ports: attachments.flatMap((each, index) =>
      each.ports.map(({ hostPort, containerPort, protocol }) => ({
        ...named(each),
        ...{ hostPort, protocol, containerPort, address: each.addresses[0]?.split("/")[0] ?? "" },
        state: index === 4 ? ("missing" as const) : ("mapped" as const),
        sources: ["attachment", "record", "hawser"],
      })),
    ),
    listeners: [
      { protocol: "tcp", port: 8080, address: "0.0.0.0", process: { pid: 812, name: "nginx" } },
    ],
  };
}

function rulesOf(attachments: readonly AttachmentForm[]): RulesForm {
  const rules = attachments.slice(0, 200).flatMap((each) => {
    const ip = each.addresses[0]?.split("/")[0];
    const owner = named(each);
    return [
      { place: "inet hawser masquerade", text: `${each.network} . ${ip}`, owner },
      ...each.ports.map(({ hostPort }) => {
        return { place: "inet hawser ports", text: `tcp . ${hostPort} : ${ip} . 80`, owner };
      }),
    ];
  });
  return { rules, more: false, problems: [] };
}

function findingsOf(attachments: readonly AttachmentForm[]): FindingsForm {
  const found = attachments.flatMap((each) =>
    each.findings.map((finding): PlacedFindingForm => {
      const mapNode = `link:${each.hostLink?.name}`;
      return { ...finding, by: "view", about: named(each), mapNode };
    }),
  );
  return {
    findings: [
      ...found.filter(({ severity }) => severity === "error"),
      {
        ...{
          name: "configuration-broken",
          severity: "error",
          by: "doctor",
          stage: "configuration",
        },
        message: "/etc/cni/net.d/30-old.conf is no JSON: a comma is missing in line 4",
        remedy: "hawser validate /etc/cni/net.d/30-old.conf",
      },
      ...found.filter(({ severity }) => severity === "warning"),
      {
        ...{ name: "pool-nearly-full", severity: "warning", by: "doctor", stage: "ranges" },
        message: "dbnet: 240 of 251 addresses of 10.1.0.0/24 are reserved: little is left",
        remedy: "hawser gc dbnet --dead",
      },
      ...found.filter(({ severity }) => severity === "note"),
    ],
    stages: [
      { name: "configuration", title: "Configuration", state: "failed", looked: [], findings: [] },
      { name: "executables", title: "Executables", state: "passed", looked: [], findings: [] },
      { name: "ranges", title: "Ranges", state: "warned", looked: [], findings: [] },
      { name: "clock", title: "Clock", state: "passed", looked: [], findings: [] },
      {
        name: "limits",
        title: "Limits",
        state: "not-reached",
        looked: [],
        findings: [],
        note: "-",
      },
    ],
  };
}

/** An ADD and, for every third, a DEL and an ADD before it. */
function groupsOf(each: AttachmentForm, index: number, now: number): CallGroupForm[] {
  const at = now - (index + 1) * 7 * MINUTE;
  const slow = index % 11 === 5 ? 8 : 1 + ((index * 7) % 5) / 10;
  const add = groupOf(each, "ADD", `${index}`, at, slow, index % 13 === 6);
  return index % 3 === 0
    ? [add, groupOf(each, "DEL", `${index}d`, at - MINUTE, slow / 2, false)]
    : [add];
}

function groupOf(
  each: AttachmentForm,
  operation: string,
  seed: string,
  at: number,
  slow: number,
  failed: boolean,
): CallGroupForm {
  const id = new Bun.CryptoHasher("sha256").update(`call ${seed}`).digest("hex").slice(0, 16);
  const step = (name: string, text: string, begun: number, ms: number, plugin = "bridge") => {
    return { plugin, step: name, text, at: begun * slow, ms: ms * slow };
  };
  const error = { code: ERROR_NO_ADDRESS, msg: "no address of 10.1.0.0/24 is free" };
  const ipam: CallForm = {
    ...{ id: `${id}i`, operation, plugin: "host-local", door: "in process", at: 5.1 * slow },
    ...{ ms: 1.1 * slow, exitCode: failed ? 1 : 0, steps: [], calls: [] },
    ...(failed ? { error } : {}),
  };
  const bridge: CallForm = {
    ...{ id, operation, plugin: "bridge", door: "daemon", at: 0, ms: 9.6 * slow },
    ...{ exitCode: failed ? 1 : 0, ...(failed ? { error } : {}), calls: [ipam] },
    steps: [
      step("namespace record", "the cookie is noted", 0.2, 0.3),
      step("bridge", "cni0 is there already", 0.6, 0.4),
      step("veth pair", "eth0 in the container, its peer on the host", 1.1, 3.8),
      step("addresses", "from host-local", 5, 1.3),
      ...(failed
        ? []
        : [
            step("interface", "addresses, up, routes", 6.4, 1.2),
            step("masquerade", "an element of the set", 7.7, 1.6),
          ]),
    ],
  };
  const portmap: CallForm = {
    ...{ id: `${id}p`, operation, plugin: "portmap", door: "executable", at: 10.4 * slow },
    ...{ ms: 4.2 * slow, exitCode: 0, calls: [] },
    steps: [step("ports", "elements of the map", 0.9, 2.4, "portmap")],
  };
  return {
    ...{ ...named(each), id, time: new Date(at).toISOString(), operation, netns: each.netns },
    ...{ pod: each.pod, runtime: "containerd", failed, ms: (failed ? 9.8 : 14.8) * slow },
    calls: failed ? [bridge] : [bridge, portmap],
  };
}

const FLEET: FleetsForm = {
  fleets: [
    {
      ...{ network: "fleetnet", overlay: "vxlan" },
      side: { network: "fleetnet", overlay: "vxlan", blocks: ["10.42.0.64/26"], node: "harbour-1" },
      nodes: [
        {
          ...{
            node: "harbour-1",
            state: "alive",
            epoch: 3,
            holds: ["10.42.0.64/26"],
            addresses: 64,
          },
          ...{ underlay: "192.0.2.11", version: "0.1.0" },
        },
        {
          ...{
            node: "harbour-2",
            state: "alive",
            epoch: 1,
            holds: ["10.42.0.128/26"],
            addresses: 64,
          },
          ...{ underlay: "192.0.2.12", version: "0.1.0" },
        },
        {
          ...{
            node: "harbour-3",
            state: "dead",
            epoch: 2,
            holds: ["10.42.0.192/26"],
            addresses: 64,
          },
          ...{ underlay: "192.0.2.13", version: "0.1.0", deadMs: 240_000 },
        },
      ],
      blocks: [
        { block: "10.42.0.0/26", prefix: "10.42.0.0/26" },
        { block: "10.42.0.64/26", prefix: "10.42.0.64/26", node: "harbour-1", epoch: 3 },
        { block: "10.42.0.128/26", prefix: "10.42.0.128/27", node: "harbour-2", epoch: 1 },
        { block: "10.42.0.128/26", prefix: "10.42.0.160/27" },
        { block: "10.42.0.192/26", prefix: "10.42.0.192/26", node: "harbour-3", epoch: 2 },
      ],
      subnets: [
        {
          ...{ subnet: "10.42.0.0/16", blockSize: 26, blocks: 4, size: 65_530 },
          ...{ held: 128, resting: 64, free: 65_338 },
        },
      ],
      tunnels: [
        {
          node: "harbour-2",
          underlay: "192.0.2.12",
          device: "hawser0",
          prefixes: ["10.42.0.128/26"],
        },
      ],
    },
  ],
  problems: [],
};

const MAP: MapForm = { nodes: [], edges: [], groups: [] };
