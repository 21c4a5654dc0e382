import type { JsonObject } from "./stage.ts";

/** Every key of the plugins, and the kind of its value. */

export const VALUES = {
  boolean: [true, false],
  whole: [7],
  fraction: [1.5, -2.5e-3],
  string: ["text"],
  array: [[], [7, "x"]],
  object: [{}, { a: { b: 1 } }],
} as const;
export type Kind = keyof typeof VALUES;

/** Path of a key → the kind that it takes. A number in a path is a place in a list. */
type Keys = Readonly<Record<string, Kind>>;

const MAPPING = { hostPort: 8080, containerPort: 80, protocol: "tcp" };
export const PREVIOUS = {
  cniVersion: "1.1.0",
  interfaces: [{ name: "eth0", sandbox: "/run/netns/c1" }],
  ips: [{ address: "10.9.0.2/24", interface: 0 }],
};

function booleans(...names: string[]): Keys {
  return Object.fromEntries(names.map((name) => [name, "boolean"]));
}

function texts(...names: string[]): Keys {
  return Object.fromEntries(names.map((name) => [name, "string"]));
}

function numbers(...names: string[]): Keys {
  return Object.fromEntries(names.map((name) => [name, "whole"]));
}

export interface Subject {
  readonly type: string;
  readonly config: JsonObject;
  readonly keys: Keys;
}

const IPAM = {
  type: "host-local",
  ranges: [[{ subnet: "10.9.0.0/24" }]],
  routes: [{ dst: "0.0.0.0/0" }],
};

const STATIC = {
  type: "static",
  addresses: [{ address: "10.9.0.7/24" }],
  routes: [{ dst: "0.0.0.0/0" }],
};

const CLUSTER = {
  ...{ type: "cluster", subnet: "10.9.0.0/24", routes: [{ dst: "0.0.0.0/0" }] },
  ...{ dataDir: "/run/cni/cluster" },
  store: {
    etcd: {
      ...{ endpoints: ["https://127.0.0.1:1"], user: "fleet", passwordFile: "/run/cni/password" },
      tls: { ca: "/run/cni/ca.pem", cert: "/run/cni/cert.pem", key: "/run/cni/key.pem" },
    },
  },
  ...{ node: "node-1", wait: "1s" },
};

export const SUBJECTS: readonly Subject[] = [
  {
    type: "bridge",
    config: { ipam: IPAM },
    keys: {
      ...texts("bridge", "ipMasqBackend", "ipMasqExcept.0", "ipam.type", "dns.domain"),
      ...{ ipMasqExcept: "array" },
      ...texts("runtimeConfig.mac", "args.cni.mac", "dns.nameservers.0", "dns.search.0"),
      ...booleans("isGateway", "isDefaultGateway", "forceAddress", "ipMasq", "hairpinMode"),
      ...booleans("promiscMode", "macspoofchk", "enabledad", "disableContainerInterface"),
      ...booleans("portIsolation", "preserveDefaultVlan", "stp", "removeUnused"),
      ...booleans("multicastSnooping", "staticNeighbours", "acceptRA", "slaac"),
      ...numbers("mtu", "vlan", "groupFwdMask"),
      ...numbers("vlanTrunk.0.id", "vlanTrunk.0.minID", "vlanTrunk.0.maxID"),
      ...{
        vlanTrunk: "array",
        "vlanTrunk.0": "object",
        ipam: "object",
        dns: "object",
        "dns.nameservers": "array",
      },
      ...{ "dns.search": "array", "dns.options": "array", runtimeConfig: "object" },
    },
  },
  {
    type: "host-device",
    config: { device: "nobody", ipam: IPAM },
    keys: {
      ...texts("device", "hwaddr", "kernelpath", "pciBusID", "ipam.type", "dns.domain"),
      ...texts("runtimeConfig.deviceID", "dns.nameservers.0", "dns.search.0"),
      ...booleans("DPDKMode", "useInterfaceNetwork", "acceptRA"),
      ...{ ipam: "object", dns: "object", "dns.nameservers": "array", "dns.search": "array" },
      ...{ "dns.options": "array", runtimeConfig: "object" },
    },
  },
  {
    type: "macvlan",
    config: { master: "uplink0", ipam: IPAM },
    keys: {
      ...texts("master", "mode", "mac", "ipam.type", "dns.domain"),
      ...texts("runtimeConfig.mac", "args.cni.mac", "dns.nameservers.0", "dns.search.0"),
      ...booleans("linkInContainer", "acceptRA", "slaac"),
      ...numbers("mtu", "bcqueuelen"),
      ...{ ipam: "object", dns: "object", "dns.options": "array", runtimeConfig: "object" },
    },
  },
  {
    type: "ipvlan",
    config: { master: "uplink0", ipam: IPAM },
    keys: {
      ...texts("master", "mode", "ipam.type", "dns.domain", "dns.nameservers.0", "dns.search.0"),
      ...booleans("linkInContainer", "acceptRA", "slaac"),
      ...numbers("mtu"),
      ...{ ipam: "object", dns: "object", "dns.options": "array" },
    },
  },
  {
    type: "vlan",
    config: { master: "uplink0", vlanId: 7, ipam: IPAM },
    keys: {
      ...texts("master", "ipam.type", "dns.domain", "dns.nameservers.0", "dns.search.0"),
      ...booleans("linkInContainer", "acceptRA", "slaac"),
      ...numbers("mtu", "vlanId"),
      ...{ ipam: "object", dns: "object", "dns.options": "array" },
    },
  },
  {
    type: "dummy",
    config: { ipam: IPAM },
    keys: { ...texts("ipam.type"), ipam: "object" },
  },
  {
    type: "ptp",
    config: { ipam: IPAM },
    keys: {
      ...texts("ipMasqBackend", "ipam.type", "dns.domain", "dns.nameservers.0"),
      ...{ ipMasq: "boolean", acceptRA: "boolean", mtu: "whole", ipam: "object", dns: "object" },
      ...{ ipMasqExcept: "array", "ipMasqExcept.0": "string" },
      ...{ "dns.search": "array", "dns.options": "array" },
    },
  },
  {
    type: "tap",
    config: { ipam: IPAM },
    keys: {
      ...texts("mac", "selinuxContext", "bridge", "ipam.type", "dns.domain"),
      ...texts("runtimeConfig.mac", "args.cni.mac"),
      ...numbers("mtu", "owner", "group"),
      ...{ multiQueue: "boolean", acceptRA: "boolean", ipam: "object", runtimeConfig: "object" },
      ...{ dns: "object", "dns.nameservers": "array" },
      ...{ "dns.search": "array", "dns.options": "array" },
    },
  },
  {
    type: "host-local",
    config: { ipam: IPAM },
    keys: {
      ...texts("ipam.dataDir", "ipam.resolvConf", "ipam.subnet", "ipam.rangeStart"),
      ...texts("ipam.rangeEnd", "ipam.gateway", "ipam.ranges.0.0.subnet", "ipam.routes.0.dst"),
      ...texts("ipam.ranges.0.0.rangeStart", "ipam.ranges.0.0.rangeEnd", "ipam.ranges.0.0.gateway"),
      ...texts("ipam.routes.0.gw", "runtimeConfig.ips.0", "args.cni.ips.0"),
      ...texts("ipam.exclude.0"),
      ...booleans("ipam.failStatusWhenFull"),
      ...{ "ipam.exclude": "array" },
      ...numbers("ipam.routes.0.mtu", "ipam.routes.0.advmss", "ipam.routes.0.priority"),
      ...numbers("ipam.routes.0.table", "ipam.routes.0.scope"),
      ...{ ipam: "object", "ipam.ranges": "array", "ipam.ranges.0": "array" },
      ...{ "ipam.ranges.0.0": "object", "ipam.routes": "array", "ipam.routes.0": "object" },
      ...{
        "runtimeConfig.ips": "array",
        "runtimeConfig.ipRanges": "array",
        runtimeConfig: "object",
      },
      ...{ "args.cni.ips": "array", "runtimeConfig.ipRanges.0": "array" },
    },
  },
  {
    type: "cluster",
    config: { ipam: CLUSTER },
    keys: {
      ...texts("ipam.network", "ipam.dataDir", "ipam.subnet", "ipam.subnets.0", "ipam.node"),
      ...texts("ipam.overlay", "ipam.underlay", "ipam.quarantine", "ipam.lease", "ipam.rest"),
      ...texts("ipam.wait", "ipam.sticky", "ipam.routes.0.dst", "ipam.store.etcd.endpoints.0"),
      ...texts("ipam.store.etcd.tls.ca", "ipam.store.etcd.tls.cert", "ipam.store.etcd.tls.key"),
      ...texts("ipam.store.etcd.tls.serverName", "ipam.store.etcd.user"),
      ...texts("ipam.store.etcd.passwordFile", "ipam.store.etcd.timeout"),
      ...texts("ipam.store.files.directory"),
      ...texts("ipam.routes.0.gw", "runtimeConfig.ips.0", "args.cni.ips.0"),
      ...numbers("ipam.blockSize", "ipam.blockSize6", "ipam.vni", "ipam.port", "ipam.mtu"),
      ...numbers("ipam.routes.0.mtu", "ipam.routes.0.advmss", "ipam.routes.0.priority"),
      ...numbers("ipam.routes.0.table", "ipam.routes.0.scope"),
      ...{ ipam: "object", "ipam.subnets": "array", "ipam.store": "object" },
      ...{ "ipam.store.files": "object", "ipam.store.etcd": "object" },
      ...{ "ipam.store.etcd.endpoints": "array", "ipam.store.etcd.tls": "object" },
      ...{ "ipam.routes": "array", "ipam.routes.0": "object" },
      ...{ "runtimeConfig.ips": "array", runtimeConfig: "object", "args.cni.ips": "array" },
    },
  },
  {
    type: "static",
    config: { ipam: STATIC },
    keys: {
      ...texts("ipam.addresses.0.address", "ipam.addresses.0.gateway", "ipam.routes.0.dst"),
      ...texts("ipam.routes.0.gw", "runtimeConfig.ips.0", "args.cni.ips.0", "ipam.dns.domain"),
      ...texts("ipam.dns.nameservers.0", "ipam.dns.search.0", "ipam.dns.options.0"),
      ...numbers("ipam.routes.0.mtu", "ipam.routes.0.table", "ipam.routes.0.scope"),
      ...numbers("ipam.routes.0.advmss", "ipam.routes.0.priority"),
      ...{ ipam: "object", "ipam.addresses": "array", "ipam.addresses.0": "object" },
      ...{ "ipam.routes": "array", "ipam.routes.0": "object", "ipam.dns": "object" },
      ...{ "runtimeConfig.ips": "array", runtimeConfig: "object", "args.cni.ips": "array" },
    },
  },
  {
    type: "dhcp",
    config: {
      ipam: {
        ...{ type: "dhcp", provide: [{ option: "host-name", value: "x" }] },
        request: [{ option: "ntp-servers" }],
        request6: [{ option: "name-servers" }],
      },
    },
    keys: {
      ...texts("ipam.daemonSocketPath", "ipam.provide.0.value", "ipam.provide.0.fromArg"),
      ...booleans("ipam.request.0.skipDefault", "ipam.ipv4", "ipam.ipv6"),
      ...numbers("ipam.priority"),
      ...{ ipam: "object", "ipam.provide": "array", "ipam.provide.0": "object" },
      ...{ "ipam.request": "array", "ipam.request.0": "object" },
      ...{ "ipam.request6": "array", "ipam.request6.0": "object" },
    },
  },
  {
    type: "tuning",
    config: { prevResult: PREVIOUS },
    keys: {
      ...texts("mac", "dataDir", "runtimeConfig.mac", "args.cni.mac", "sysctl.net/core/somaxconn"),
      ...texts("args.cni.sysctl.net/core/somaxconn"),
      ...booleans("promisc", "allmulti", "args.cni.promisc", "args.cni.allmulti"),
      ...numbers("mtu", "txQLen", "args.cni.mtu", "args.cni.txQLen"),
      ...{ sysctl: "object", "args.cni.sysctl": "object", runtimeConfig: "object" },
    },
  },
  {
    type: "bandwidth",
    config: { prevResult: PREVIOUS },
    keys: {
      ...numbers("ingressRate", "ingressBurst", "egressRate", "egressBurst", "latency"),
      ...numbers("runtimeConfig.bandwidth.ingressRate", "runtimeConfig.bandwidth.egressBurst"),
      ...{ runtimeConfig: "object", "runtimeConfig.bandwidth": "object" },
    },
  },
  {
    type: "portmap",
    config: { prevResult: PREVIOUS, runtimeConfig: { portMappings: [MAPPING] } },
    keys: {
      ...texts("backend", "externalSetMarkChain", "conditionsV4.0", "conditionsV6.0"),
      ...texts("portConflict", "exceptDestinations.0"),
      ...{ exceptDestinations: "array" },
      ...texts("runtimeConfig.portMappings.0.protocol", "runtimeConfig.portMappings.0.hostIP"),
      ...booleans("snat", "masqAll"),
      ...numbers("markMasqBit", "runtimeConfig.portMappings.0.hostPort"),
      ...numbers("runtimeConfig.portMappings.0.containerPort"),
      ...numbers("runtimeConfig.portMappings.0.range"),
      ...{ conditionsV4: "array", conditionsV6: "array", runtimeConfig: "object" },
      ...{ "runtimeConfig.portMappings": "array", "runtimeConfig.portMappings.0": "object" },
    },
  },
  {
    type: "sbr",
    config: { prevResult: PREVIOUS },
    keys: {
      ...texts("gateways.0"),
      ...booleans("addSourceHints"),
      ...numbers("table"),
      ...{ gateways: "array" },
    },
  },
  {
    type: "vrf",
    config: { prevResult: PREVIOUS, vrfname: "blue" },
    keys: { ...texts("vrfname"), ...numbers("table") },
  },
  {
    type: "firewall",
    config: { prevResult: PREVIOUS },
    keys: {
      ...texts("backend", "ingressPolicy", "iptablesAdminChainName", "firewalldZone"),
      ...numbers("markBit"),
    },
  },
];
