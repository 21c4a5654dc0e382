import * as v from "valibot";
import { type Context, decode, rule } from "../../plugin/index.ts";
import {
  acceptRA,
  checkMtuForIpv6,
  configuredDns,
  integer,
  invalidConfig,
  linkInContainer,
  mtuOf,
  optionalDns,
  optionalIpam,
  requiredMaster,
} from "../../state/config/index.ts";
import { slaac } from "../../state/slaac/index.ts";
import type { VirtualLinkConfig } from "../../state/virtual-link/index.ts";

const VLAN_ID_MAX = 4094;

const vlanIdRule = rule({ minimum: 0, maximum: VLAN_ID_MAX }, (id: number) => {
  if (id >= 0 && id <= VLAN_ID_MAX) return;
  throw invalidConfig(`invalid VLAN ID ${id} (must be between 0 and ${VLAN_ID_MAX} inclusive)`);
});

const keys = v.object({
  master: requiredMaster(
    "Name of the link whose VLAN it is; required.",
    '"master" field is required. It specifies the host interface name to create the VLAN for',
  ),
  vlanId: v.pipe(
    v.optional(v.pipe(integer, vlanIdRule), 0),
    v.description("802.1Q number of the VLAN, 0 to 4094."),
  ),
  // The master has the limit.
  mtu: v.pipe(
    v.optional(mtuOf(Number.POSITIVE_INFINITY), 0),
    v.description("MTU in bytes, at most the master's; 0 means the master's."),
  ),
  linkInContainer,
  acceptRA,
  slaac,
  ipam: optionalIpam,
  dns: optionalDns,
});

/** The keys of a vlan configuration. */
export const schema: v.GenericSchema = keys;

/**
 * Reads and judges the configuration.
 * @throws CniError of code 7.
 */
export function parseConfig(ctx: Context): VirtualLinkConfig {
  const { master, vlanId, mtu, ipam, dns, ...rest } = decode(keys, ctx.config);
  checkMtuForIpv6(ctx, mtu);
  return {
    ipamType: ipam.type,
    dns: configuredDns(dns),
    detectDuplicates: true,
    acceptRA: rest.acceptRA,
    slaac: rest.slaac,
    link: {
      parent: { name: master, inContainer: rest.linkInContainer },
      mtu,
      mtuWithinParent: true,
      settings: { vlan: { id: vlanId } },
    },
  };
}
