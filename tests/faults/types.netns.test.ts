import { beforeAll, describe, expect } from "bun:test";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { faultOf } from "./judge.ts";
import { type Json, type JsonObject, Stage } from "./stage.ts";

/** Every key of the plugins with a value of each JSON type that it does not take. */

const VALUES = {
  boolean: [true, false],
  whole: [7],
  fraction: [1.5, -2.5e-3],
  string: ["text"],
  array: [[], [7, "x"]],
  object: [{}, { a: { b: 1 } }],
} as const;
type Kind = keyof typeof VALUES;

/** Path of a key → the kind that it takes. A number in a path is a place in a list. */
type Keys = Readonly<Record<string, Kind>>;

const MAPPING = { hostPort: 8080, containerPort: 80, protocol: "tcp" };
const PREVIOUS = {
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

interface Subject {
  readonly type: string;
  readonly config: JsonObject;
  readonly keys: Keys;
}

const IPAM = {
  type: "host-local",
  ranges: [[{ subnet: "10.9.0.0/24" }]],
  routes: [{ dst: "0.0.0.0/0" }],
};

const SUBJECTS: readonly Subject[] = [
  {
    type: "bridge",
    config: { ipam: IPAM },
    keys: {
      ...texts("bridge", "ipMasqBackend", "ipam.type", "dns.domain"),
      ...texts("runtimeConfig.mac", "args.cni.mac", "dns.nameservers.0", "dns.search.0"),
      ...booleans("isGateway", "isDefaultGateway", "forceAddress", "ipMasq", "hairpinMode"),
      ...booleans("promiscMode", "macspoofchk", "enabledad", "disableContainerInterface"),
      ...booleans("portIsolation"),
      ...numbers("mtu", "vlan"),
      ...{ vlanTrunk: "array", ipam: "object", dns: "object", "dns.nameservers": "array" },
      ...{ "dns.search": "array", "dns.options": "array", runtimeConfig: "object" },
    },
  },
  {
    type: "host-device",
    config: { device: "nobody", ipam: IPAM },
    keys: {
      ...texts("device", "hwaddr", "kernelpath", "pciBusID", "ipam.type", "dns.domain"),
      ...texts("runtimeConfig.deviceID", "dns.nameservers.0", "dns.search.0"),
      ...booleans("DPDKMode", "useInterfaceNetwork"),
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
      ...booleans("linkInContainer"),
      ...numbers("mtu", "bcqueuelen"),
      ...{ ipam: "object", dns: "object", "dns.options": "array", runtimeConfig: "object" },
    },
  },
  {
    type: "ipvlan",
    config: { master: "uplink0", ipam: IPAM },
    keys: {
      ...texts("master", "mode", "ipam.type", "dns.domain", "dns.nameservers.0", "dns.search.0"),
      ...booleans("linkInContainer"),
      ...numbers("mtu"),
      ...{ ipam: "object", dns: "object", "dns.options": "array" },
    },
  },
  {
    type: "vlan",
    config: { master: "uplink0", vlanId: 7, ipam: IPAM },
    keys: {
      ...texts("master", "ipam.type", "dns.domain", "dns.nameservers.0", "dns.search.0"),
      ...booleans("linkInContainer"),
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
      ...{ ipMasq: "boolean", mtu: "whole", ipam: "object", dns: "object" },
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
      ...{ multiQueue: "boolean", ipam: "object", dns: "object", runtimeConfig: "object" },
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
      ...texts("runtimeConfig.portMappings.0.protocol", "runtimeConfig.portMappings.0.hostIP"),
      ...booleans("snat", "masqAll"),
      ...numbers("markMasqBit", "runtimeConfig.portMappings.0.hostPort"),
      ...numbers("runtimeConfig.portMappings.0.containerPort"),
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

/** The configuration with a value in another place. */
function withValue(json: Json | undefined, path: readonly string[], value: Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (/^\d+$/.test(key)) {
    const list = Array.isArray(json) ? [...(json as Json[])] : [];
    list[Number(key)] = withValue(list[Number(key)], rest, value);
    return list;
  }
  const isObject = typeof json === "object" && json !== null && !Array.isArray(json);
  const object = isObject ? (json as JsonObject) : {};
  return { ...object, [key]: withValue(object[key], rest, value) };
}

function wrongValues(kind: Kind): Json[] {
  return (Object.keys(VALUES) as Kind[])
    .filter((other) => other !== kind)
    .flatMap((other) => VALUES[other] as readonly Json[]);
}

function configOf({ type, config }: Subject, path: string, value: Json): JsonObject {
  const all = { cniVersion: "1.1.0", name: "bad", type, ...config };
  // A key of sysctl has dots and slashes of its own; here it is written with slashes.
  return withValue(all, path.split("."), value) as JsonObject;
}

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.create();
});

describe("a key of the wrong type", () => {
  for (const subject of SUBJECTS) {
    const { type, keys } = subject;
    skipBecause(undefined)(
      `${type}: ADD and CHECK name the key and the value, and change nothing`,
      async () => {
        const odd: string[] = [];
        const changed = await stage.changesOf(async () => {
          for (const [path, kind] of Object.entries(keys)) {
            for (const value of wrongValues(kind)) {
              for (const command of ["ADD", "CHECK"]) {
                const config = { prevResult: PREVIOUS, ...configOf(subject, path, value) };
                const answer = await stage.call({ type, command, config });
                const problem = problemOf(() => faultOf(answer), path, value);
                if (problem !== undefined)
                  odd.push(`${command} ${path} = ${JSON.stringify(value)}: ${problem}`);
              }
            }
          }
        });
        expect(odd).toEqual([]);
        expect(changed).toEqual([]);
      },
    );

    skipBecause(undefined)(`${type}: DEL goes on or says so, and never falls over`, async () => {
      const odd: string[] = [];
      const changed = await stage.changesOf(async () => {
        for (const [path, kind] of Object.entries(keys)) {
          for (const value of wrongValues(kind)) {
            const config = configOf(subject, path, value);
            const answer = await stage.call({ type, command: "DEL", config });
            if (answer.exitCode === 0 && answer.stdout === "") continue;
            const problem = problemOf(() => faultOf(answer), path, value);
            if (problem !== undefined) odd.push(`${path} = ${JSON.stringify(value)}: ${problem}`);
          }
        }
      });
      expect(odd).toEqual([]);
      expect(changed).toEqual([]);
    });

    skipBecause(hawserPlugins().missing)(`${type}: the executable answers the same`, async () => {
      const odd: string[] = [];
      for (const [path, kind] of Object.entries(keys)) {
        const [value = null] = wrongValues(kind);
        const call = { type, config: configOf(subject, path, value) };
        const [inside, outside] = [await stage.call(call), await stage.run(call)];
        if (inside.stdout !== outside.stdout)
          odd.push(`${path}: ${inside.stdout} / ${outside.stdout}`);
        faultOf(outside);
      }
      expect(odd).toEqual([]);
    });
  }
});

function problemOf(
  judge: () => { code: number; text: string },
  path: string,
  value: Json,
): string | undefined {
  try {
    const { code, text } = judge();
    if (code !== 7) return `code ${code}: ${text}`;
    const key = path.split(".").findLast((part) => !/^\d+$/.test(part)) ?? "";
    if (!text.includes(key)) return `does not name the key: ${text}`;
    if (!text.includes(JSON.stringify(value))) return `does not name the value: ${text}`;
    return undefined;
  } catch (error) {
    return String(error);
  }
}
