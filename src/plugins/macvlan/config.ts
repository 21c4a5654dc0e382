import * as v from "valibot";
import { type Context, decode } from "../../plugin/index.ts";
import {
  acceptRA,
  checkMtuForIpv6,
  choice,
  choiceOf,
  configuredDns,
  linkInContainer,
  macText,
  mtuOf,
  optionalDns,
  optionalIpam,
  optionalMaster,
  requestedMac,
} from "../../state/config/index.ts";
import type { Namespaces } from "../../state/namespaces/index.ts";
import { slaac } from "../../state/slaac/index.ts";
import type { VirtualLinkConfig } from "../../state/virtual-link/index.ts";
import { chainedParent } from "./chained.ts";

const MODES = ["bridge", "private", "vepa", "passthru"] as const;
const UINT32_MAX = 0xffff_ffff;

const keys = v.object({
  master: optionalMaster,
  mode: v.pipe(
    v.optional(v.pipe(v.string(), choiceOf("macvlan mode", MODES)), "bridge"),
    v.description(
      '"bridge": links of one master reach each other; "private": they do not; "vepa": through a ' +
        'switch that sends frames back; "passthru": the container has the master for itself.',
    ),
  ),
  // The master has the limit.
  mtu: v.pipe(
    v.optional(mtuOf(Number.POSITIVE_INFINITY), 0),
    v.description("MTU in bytes, at most the master's; 0 means the master's."),
  ),
  mac: v.pipe(
    v.optional(macText),
    v.description(
      "MAC of the link; MAC of CNI_ARGS and the capability mac override it. Random without any.",
    ),
  ),
  linkInContainer,
  acceptRA,
  slaac,
  bcqueuelen: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(UINT32_MAX)), 0),
    v.description("Broadcasts that may wait on the master, in frames; 0 means the kernel's 1000."),
  ),
  ipam: optionalIpam,
  dns: optionalDns,
});

/** The keys of a macvlan configuration. */
export const schema: v.GenericSchema = keys;

/**
 * Reads and judges the configuration.
 * @throws CniError of code 7, or 4 for CNI_ARGS.
 */
export function parseConfig(ctx: Context, namespaces: Namespaces): VirtualLinkConfig {
  const { master, mode, mtu, mac, bcqueuelen, ipam, dns, ...rest } = decode(keys, ctx.config);
  checkMtuForIpv6(ctx, mtu);
  const inContainer = rest.linkInContainer;
  return {
    ipamType: ipam.type,
    dns: configuredDns(dns),
    detectDuplicates: true,
    acceptRA: rest.acceptRA,
    slaac: rest.slaac,
    link: {
      parent: {
        name: master === "" ? chainedParent(ctx, namespaces, inContainer) : master,
        inContainer,
      },
      mtu,
      mtuWithinParent: true,
      mac: requestedMac(ctx, mac) ?? "random",
      settings: {
        macvlan: {
          mode: choice("macvlan mode", MODES, mode),
          ...(bcqueuelen === 0 ? {} : { broadcastQueueLength: bcqueuelen }),
        },
      },
    },
  };
}
