import * as v from "valibot";
import type { Mac } from "../../addr/index.ts";
import { type Context, decode } from "../../plugin/index.ts";
import { CniError, type Dns, ErrorCode } from "../../spec/index.ts";
import type { MasqueradeBackend } from "../../steps/masquerade/index.ts";
import {
  checkLinkName,
  invalidConfig,
  MTU_MAX,
  optionalDns,
  optionalIpam,
  overridingDns,
  requestedMac,
} from "../common/index.ts";
import { ipMasq, ipMasqBackend, masqueradeBackend } from "../common/masquerade/index.ts";

const bridgeSchema = v.object({
  bridge: v.optional(v.string(), "cni0"),
  isGateway: v.optional(v.boolean(), false),
  isDefaultGateway: v.optional(v.boolean(), false),
  forceAddress: v.optional(v.boolean(), false),
  ipMasq,
  ipMasqBackend,
  mtu: v.optional(v.pipe(v.number(), v.integer()), 0),
  hairpinMode: v.optional(v.boolean(), false),
  promiscMode: v.optional(v.boolean(), false),
  vlan: v.optional(v.pipe(v.number(), v.integer()), 0),
  vlanTrunk: v.optional(v.array(v.unknown())),
  macspoofchk: v.optional(v.boolean(), false),
  enabledad: v.optional(v.boolean(), false),
  disableContainerInterface: v.optional(v.boolean(), false),
  portIsolation: v.optional(v.boolean(), false),
  ipam: optionalIpam,
  dns: optionalDns,
});

type Keys = v.InferOutput<typeof bridgeSchema>;

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
  /** In bytes; 0 leaves it to the kernel. */
  readonly mtu: number;
  readonly hairpinMode: boolean;
  readonly promiscMode: boolean;
  readonly macspoofchk: boolean;
  readonly enabledad: boolean;
  readonly disableContainerInterface: boolean;
  readonly portIsolation: boolean;
  /** What takes the place of IPAM's resolver settings. */
  readonly dns: Dns | undefined;
  /** Type of the IPAM plugin; "" means a network of layer 2 alone. */
  readonly ipamType: string;
  /** MAC that was asked for, by whichever way has precedence. */
  readonly mac: Mac | undefined;
}

/**
 * Reads and judges the configuration of an ADD or CHECK.
 * @throws CniError of code 7 (2 for VLAN keys, 4 for CNI_ARGS) before anything is touched.
 */
export function parseConfig(ctx: Context): BridgeConfig {
  const keys = decode(bridgeSchema, ctx.config);
  checkLinkName("bridge", keys.bridge);
  if (keys.hairpinMode && keys.promiscMode) {
    throw invalidConfig("cannot set hairpin mode and promiscuous mode at the same time");
  }
  if (keys.disableContainerInterface && keys.ipam.type !== "") {
    throw invalidConfig("cannot use IPAM when DisableContainerInterface flag is set");
  }
  if (keys.mtu > MTU_MAX)
    throw invalidConfig(`invalid MTU ${keys.mtu}, must be at most ${MTU_MAX}`);
  checkVlan(keys);
  const masqBackend = masqueradeBackend(keys.ipMasqBackend);
  const { ipam: _ipam, vlan: _vlan, vlanTrunk: _trunk, ipMasqBackend: _backend, ...rest } = keys;
  return {
    ...rest,
    masqBackend,
    // A negative MTU has always meant "the kernel's choice".
    mtu: Math.max(0, keys.mtu),
    isGateway: keys.isGateway || keys.isDefaultGateway,
    ipamType: keys.ipam.type,
    dns: overridingDns(keys.dns),
    mac: requestedMac(ctx),
  };
}

function checkVlan(keys: Keys): void {
  if (keys.vlan < 0 || keys.vlan > 4094) {
    throw invalidConfig(`invalid VLAN ID ${keys.vlan} (must be between 0 and 4094)`);
  }
  const [key, value] =
    keys.vlan === 0 ? ["vlanTrunk", JSON.stringify(keys.vlanTrunk)] : ["vlan", String(keys.vlan)];
  if (keys.vlan === 0 && (keys.vlanTrunk ?? []).length === 0) return;
  throw new CniError(
    ErrorCode.UNSUPPORTED_FIELD,
    `unsupported field "${key}" with value ${value}: bridge VLAN filtering is not available yet`,
  );
}
