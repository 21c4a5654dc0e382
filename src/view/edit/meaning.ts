import { Prefix } from "../../addr/index.ts";
import type { PluginConfig } from "../../spec/index.ts";
import { isWithin, rangePlace } from "../pools/index.ts";

/**
 * What an attachment needs to be as another configuration says: nothing, or a DEL and an ADD anew, or,
 * where another runtime has attached it and what it knows of the container would be wrong, a restart
 * of the container by that one.
 */
export type Move = "nothing" | "reattach" | "restart";

/** What a difference means for an attachment. */
export interface Meaning {
  readonly effect: string;
  readonly move: Move;
}

/** What has to be known of an attachment for that. */
export interface Subject {
  readonly network: string;
  /** In CIDR notation where the length of the prefix is known. */
  readonly addresses: readonly string[];
}

const nothing = (effect: string): Meaning => ({ effect, move: "nothing" });
const reattach = (effect: string): Meaning => ({ effect, move: "reattach" });

const OF_NEW_BRIDGE = nothing(
  "a bridge that exists stays as it is: only one that is made anew gets it",
);
const OF_LINK = reattach("its link stays as its ADD made it");
const OF_RULES = reattach("its rules stay as its ADD made them");
const OF_RESOLVER: Meaning = {
  effect: "the resolver's settings of a container are written when it starts",
  move: "restart",
};

/** What applies to every plugin, where its own table has nothing. */
const ANY: Readonly<Record<string, Meaning>> = {
  capabilities: reattach("it was asked for with the former capabilities"),
  dns: OF_RESOLVER,
  mtu: reattach("its links keep the MTU that they have"),
  ipMasq: OF_RULES,
  ipMasqBackend: OF_RULES,
  ipMasqExcept: OF_RULES,
  master: reattach("its link stays on the former master"),
  dataDir: reattach("what was noted for it lies in the former directory"),
  "ipam.type": reattach("its address is the former plugin's, which gets it back at its DEL"),
  "ipam.gateway": reattach("its routes lead to the former gateway"),
  "ipam.routes": reattach("its routes stay as its ADD made them"),
  "ipam.dns": OF_RESOLVER,
  "ipam.resolvConf": OF_RESOLVER,
  "ipam.dataDir": reattach(
    "its address is noted in the former directory, so that another container may get the same",
  ),
  "ipam.exclude": nothing("what is handed out already stays"),
};

const OF_PLUGIN: Readonly<Record<string, Readonly<Record<string, Meaning>>>> = {
  bridge: {
    bridge: reattach("its port stays in the former bridge"),
    promiscMode: nothing("the next ADD sets it, for all ports of the bridge"),
    removeUnused: nothing("only a bridge that is made anew is marked for that"),
    stp: OF_NEW_BRIDGE,
    groupFwdMask: OF_NEW_BRIDGE,
    multicastSnooping: OF_NEW_BRIDGE,
    isGateway: reattach("its routes and the bridge's address stay as its ADD made them"),
    isDefaultGateway: reattach("its default route stays as its ADD made it"),
    hairpinMode: reattach("its port stays as its ADD made it"),
    portIsolation: reattach("its port stays as its ADD made it"),
    vlan: reattach("its port stays in the former VLANs"),
    vlanTrunk: reattach("its port stays in the former VLANs"),
    macspoofchk: OF_RULES,
    forceAddress: nothing("it is about addresses that an ADD finds in its way"),
  },
  portmap: {
    portConflict: nothing("it is about ports that an ADD finds taken"),
    backend: OF_RULES,
  },
  firewall: { backend: OF_RULES, ingressPolicy: OF_RULES, iptablesAdminChainName: OF_RULES },
  tuning: { sysctl: reattach("its sysctls stay as its ADD set them") },
  macvlan: { mode: OF_LINK },
  ipvlan: { mode: OF_LINK },
  vlan: { vlanId: OF_LINK },
};

const RANGE_KEYS: ReadonlySet<string> = new Set([
  "ipam.subnet",
  "ipam.ranges",
  "ipam.rangeStart",
  "ipam.rangeEnd",
]);

/** What it means that this key of a plugin differs now. */
export function meaningOf(now: PluginConfig, key: string, subject: Subject): Meaning {
  if (RANGE_KEYS.has(key)) return ofRanges(now, subject);
  const own = OF_PLUGIN[now.type] ?? {};
  const [first = ""] = key.split(".");
  const known = own[key] ?? ANY[key] ?? own[first] ?? ANY[first] ?? OF_NAMED[first];
  return known ?? reattach("what stands stays as its ADD made it");
}

/** Objects whose keys an author chooses. */
const OF_NAMED: Readonly<Record<string, Meaning>> = {
  runtimeConfig: nothing("a runtime hands it over with the next ADD"),
  args: reattach("it was asked for with the former arguments"),
};

/** Addresses within the new ranges are as good as before. */
function ofRanges(now: PluginConfig, { network, addresses }: Subject): Meaning {
  const outside = outsideOf(now, network, addresses);
  if (outside === undefined) return reattach("its address stays that of its ADD");
  if (outside.length > 0) {
    return reattach(`its address ${outside.join(", ")} is outside of the new ranges`);
  }
  return addresses.length === 0
    ? nothing("it has no address of them")
    : nothing("its address is within the new ranges");
}

/** Undefined where the new ranges cannot be read. */
function outsideOf(
  { json }: PluginConfig,
  network: string,
  addresses: readonly string[],
): string[] | undefined {
  try {
    const ranges = rangePlace({ network, config: json }).sets.flat();
    return addresses.filter((text) => {
      const ip = (Prefix.tryParse(text) ?? Prefix.tryParse(`${text}/32`))?.ip;
      return ip !== undefined && !ranges.some((range) => isWithin(range, ip));
    });
  } catch {
    return undefined;
  }
}
