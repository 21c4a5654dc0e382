import * as v from "valibot";
import { type Context, decode, rule } from "../../plugin/index.ts";
import {
  acceptRA,
  checkMtuForIpv6,
  configuredDns,
  invalidConfig,
  linkName,
  macText,
  mtuOf,
  optionalDns,
  optionalIpam,
  requestedMac,
} from "../../state/config/index.ts";
import type { LinkConfig } from "../../state/link-plugin/index.ts";
import type { WantedTap } from "./kind/index.ts";

/** The largest MTU that the tun driver takes for Ethernet frames. */
const TAP_MTU_MAX = 65_521;

/** The highest number of a user or group; 2^32 - 1 means "none" to the kernel. */
const ID_MAX = 0xffff_fffe;

const id: v.GenericSchema<unknown, number | undefined> = v.optional(
  v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(ID_MAX)),
);

const oneLine = rule({ pattern: String.raw`^[^\0\n]*$` }, (text: string) => {
  if (!/[\0\n]/u.test(text)) return;
  throw invalidConfig(`invalid selinuxContext ${JSON.stringify(text)}: it must be one line`);
});

const keys = v.object({
  multiQueue: v.pipe(
    v.optional(v.boolean(), false),
    v.description(
      "Several descriptors may be attached; a program that attaches must ask for that too.",
    ),
  ),
  mtu: v.pipe(
    v.optional(mtuOf(TAP_MTU_MAX), 0),
    v.description("MTU in bytes, at most 65521; 0 and below leave it to the kernel (1500)."),
  ),
  mac: v.pipe(
    v.optional(macText),
    v.description(
      "MAC of the link; MAC of CNI_ARGS and the capability mac override it. Random without any.",
    ),
  ),
  owner: v.pipe(id, v.description("Number of the user who may attach without privilege.")),
  group: v.pipe(
    id,
    v.description("Number of the group whose members may attach without privilege."),
  ),
  selinuxContext: v.pipe(
    v.optional(v.pipe(v.string(), oneLine), ""),
    v.description("SELinux context in which the tap is made, by the program ip."),
  ),
  bridge: v.pipe(
    v.optional(v.pipe(v.string(), linkName("bridge", { orNone: true })), ""),
    v.description("Name of a bridge in the container that the tap becomes a port of."),
  ),
  acceptRA,
  ipam: optionalIpam,
  dns: optionalDns,
});

/** The keys of a tap configuration. */
export const schema: v.GenericSchema = keys;

/** A configuration after every check; what ADD and CHECK work with. */
export type TapConfig = LinkConfig & WantedTap;

/**
 * Reads and judges the configuration.
 * @throws CniError of code 7, or 4 for CNI_ARGS, before anything is touched.
 */
export function parseConfig(ctx: Context): TapConfig {
  const { ipam, dns, mtu, mac, owner, group, ...rest } = decode(keys, ctx.config);
  checkMtuForIpv6(ctx, mtu);
  return {
    ...rest,
    mtu: Math.max(0, mtu),
    mac: requestedMac(ctx, mac),
    uid: owner,
    gid: group,
    ipamType: ipam.type,
    dns: configuredDns(dns),
  };
}
