import * as v from "valibot";
import type { Mac, Prefix } from "../../addr/index.ts";
import { DEFAULT_BRIDGE } from "../../base/index.ts";
import type { vlan } from "../../kernel/route/index.ts";
import { type Context, decode, rule } from "../../plugin/index.ts";
import type { Dns } from "../../spec/index.ts";
import {
  acceptRA,
  checkMtuForIpv6,
  integer,
  invalidConfig,
  linkName,
  mtuOf,
  optionalDns,
  optionalIpam,
  overridingDns,
  requestedMac,
} from "../../state/config/index.ts";
import {
  ipMasq,
  ipMasqBackend,
  ipMasqExcept,
  type MasqueradeBackend,
  masqueradeBackend,
  masqueradeExcept,
} from "../../state/masquerade/index.ts";
import { slaac } from "../../state/slaac/index.ts";
import { parseVlans, trunkId, vlanId } from "./vlan.ts";

const flag = v.optional(v.boolean(), false);

/** The kernel never forwards the groups of STP, pause frames and LACP (BR_GROUPFWD_RESTRICTED). */
const groups = rule({ minimum: 0, maximum: 0xffff, multipleOf: 8 }, (mask: number) => {
  if (mask >= 0 && mask <= 0xffff && (mask & 0x7) === 0) return;
  throw invalidConfig(
    `invalid groupFwdMask ${mask}`,
    "it has 16 bits, and the lowest three must not be set",
  );
});

const trunk = v.object({
  minID: v.pipe(
    v.optional(v.pipe(integer, trunkId("minID"))),
    v.description("First VLAN of a range, 1 to 4094."),
  ),
  maxID: v.pipe(
    v.optional(v.pipe(integer, trunkId("maxID"))),
    v.description("Last VLAN of that range."),
  ),
  id: v.pipe(
    v.optional(v.pipe(integer, trunkId("id"))),
    v.description("A single VLAN, 1 to 4094."),
  ),
});

const keysSchema = v.object({
  bridge: v.pipe(
    v.optional(v.pipe(v.string(), linkName("bridge")), DEFAULT_BRIDGE),
    v.description("Name of the bridge; made when there is none."),
  ),
  isGateway: v.pipe(flag, v.description("The bridge has the gateway's address.")),
  isDefaultGateway: v.pipe(
    flag,
    v.description("The same, and the container has a default route through it."),
  ),
  forceAddress: v.pipe(
    flag,
    v.description("An address of the bridge that conflicts with the gateway's is taken away."),
  ),
  ipMasq,
  ipMasqBackend,
  ipMasqExcept,
  mtu: v.pipe(
    v.optional(mtuOf(), 0),
    v.description("In bytes, of both ends and of a bridge that is made; 0 is the kernel's choice."),
  ),
  hairpinMode: v.pipe(flag, v.description("Frames may go back out of the port they came in by.")),
  promiscMode: v.pipe(flag, v.description("The bridge is promiscuous.")),
  vlan: v.pipe(
    v.optional(v.pipe(integer, vlanId), 0),
    v.description("VLAN of the container's untagged frames, 1 to 4094; 0 is none."),
  ),
  vlanTrunk: v.pipe(
    v.optional(v.array(trunk)),
    v.description("VLANs that the container sends and receives with their tags."),
  ),
  preserveDefaultVlan: v.pipe(
    flag,
    v.description("With VLANs, the port also keeps the bridge's default one."),
  ),
  macspoofchk: v.pipe(flag, v.description("Frames with another sender's MAC are dropped.")),
  staticNeighbours: v.pipe(
    flag,
    v.description(
      "With `isGateway`: the host knows the MACs of the container's addresses without asking, so " +
        "that no other container can answer in its place.",
    ),
  ),
  enabledad: v.pipe(
    flag,
    v.description("IPv6 addresses wait until nobody else is seen to have them."),
  ),
  acceptRA,
  slaac,
  disableContainerInterface: v.pipe(flag, v.description("The container's end stays down.")),
  portIsolation: v.pipe(flag, v.description("Ports that have this do not reach each other.")),
  stp: v.pipe(flag, v.description("A bridge that is made runs the spanning tree protocol.")),
  multicastSnooping: v.pipe(
    v.optional(v.boolean(), true),
    v.description(
      "Of a bridge that is made: multicast goes to the ports that asked for it alone. Where the " +
        "network has no multicast querier, `false` lets it reach all ports.",
    ),
  ),
  groupFwdMask: v.pipe(
    v.optional(v.pipe(integer, groups), 0),
    v.description(
      "Of a bridge that is made: which link-local groups it forwards, a bit each (`8` is 802.1X, `16384` is LLDP).",
    ),
  ),
  removeUnused: v.pipe(
    flag,
    v.description("DEL of the last port removes the bridge, if a plugin has made it."),
  ),
  ipam: optionalIpam,
  dns: optionalDns,
});

/** Keys of the configuration. */
export const schema: v.GenericSchema = keysSchema;

/** A bridge configuration after every check; what ADD and CHECK work with. */
export interface BridgeConfig {
  /** Name of the bridge. */
  readonly bridge: string;
  /** The bridge has the gateway's address; also set by `isDefaultGateway`. */
  readonly isGateway: boolean;
  readonly isDefaultGateway: boolean;
  /** An address that conflicts with the gateway's is taken away. */
  readonly forceAddress: boolean;
  readonly ipMasq: boolean;
  /** The layout of the rules. */
  readonly masqBackend: MasqueradeBackend;
  /** Destinations that see the container's own address. */
  readonly masqExcept: readonly Prefix[];
  /** In bytes; 0 leaves it to the kernel. */
  readonly mtu: number;
  readonly hairpinMode: boolean;
  readonly promiscMode: boolean;
  readonly macspoofchk: boolean;
  /** The host knows the MACs of the container's addresses without asking. */
  readonly staticNeighbours: boolean;
  readonly enabledad: boolean;
  /** The container's interface takes router advertisements; absent: without an IPv6 address. */
  readonly acceptRA: boolean | undefined;
  /** The interface forms IPv6 addresses from router advertisements, and ADD waits for them. */
  readonly slaac: boolean;
  readonly disableContainerInterface: boolean;
  readonly portIsolation: boolean;
  /** VLAN of untagged frames; 0 for none. */
  readonly vid: number;
  /** A bridge that is made keeps VLANs apart. */
  readonly filtersVlans: boolean;
  /** What the port is in; none without VLANs. */
  readonly vlans: readonly vlan.VlanRange[];
  readonly preserveDefaultVlan: boolean;
  readonly stp: boolean;
  /** A bridge that is made sends multicast to the ports that asked for it alone. */
  readonly multicastSnooping: boolean;
  /** IFLA_BR_GROUP_FWD_MASK; 0 for none. */
  readonly groupFwdMask: number;
  readonly removeUnused: boolean;
  /** What takes the place of IPAM's resolver settings. */
  readonly dns: Dns | undefined;
  /** Type of the IPAM plugin; "" means a network of layer 2 alone. */
  readonly ipamType: string;
  /** MAC that was asked for, by whichever way has precedence. */
  readonly mac: Mac | undefined;
}

/**
 * Reads and judges the configuration of an ADD or CHECK.
 * @throws CniError of code 7 (4 for CNI_ARGS) before anything is touched.
 */
export function parseConfig(ctx: Context): BridgeConfig {
  const keys = decode(keysSchema, ctx.config);
  if (keys.hairpinMode && keys.promiscMode) {
    throw invalidConfig("cannot set hairpin mode and promiscuous mode at the same time");
  }
  if (keys.disableContainerInterface && keys.ipam.type !== "") {
    throw invalidConfig("cannot use IPAM when DisableContainerInterface flag is set");
  }
  checkMtuForIpv6(ctx, keys.mtu);
  if (keys.slaac && keys.disableContainerInterface) {
    throw invalidConfig(
      `"slaac" and "disableContainerInterface" exclude each other: an interface that is down gets no address`,
    );
  }
  const masqBackend = masqueradeBackend(keys.ipMasqBackend);
  const {
    ipam,
    vlan: vid,
    vlanTrunk,
    ipMasqBackend: _backend,
    ipMasqExcept: except,
    ...rest
  } = keys;
  return {
    ...rest,
    masqBackend,
    masqExcept: masqueradeExcept(except, masqBackend),
    vid,
    filtersVlans: vid !== 0 || vlanTrunk !== undefined,
    vlans: parseVlans(vid, vlanTrunk ?? []),
    // A negative MTU has always meant "the kernel's choice".
    mtu: Math.max(0, keys.mtu),
    isGateway: keys.isGateway || keys.isDefaultGateway,
    ipamType: ipam.type,
    dns: overridingDns(keys.dns),
    mac: requestedMac(ctx),
  };
}
