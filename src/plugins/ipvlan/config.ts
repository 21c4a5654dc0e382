import * as v from "valibot";
import { type Context, decode, rule } from "../../plugin/index.ts";
import type { Result } from "../../spec/index.ts";
import {
  acceptRA,
  checkMtuForIpv6,
  choice,
  choiceOf,
  configuredDns,
  type IpamKeys,
  invalidConfig,
  linkInContainer,
  mtuOf,
  optionalDns,
  optionalIpam,
  optionalMaster,
} from "../../state/config/index.ts";
import { slaac } from "../../state/slaac/index.ts";
import type { VirtualLinkConfig } from "../../state/virtual-link/index.ts";

const MODES = ["l2", "l3", "l3s"] as const;

const noDhcp = rule(
  { not: { type: "object", properties: { type: { const: "dhcp" } }, required: ["type"] } },
  ({ type }: IpamKeys) => {
    if (type !== "dhcp") return;
    throw invalidConfig(
      "ipvlan cannot have its addresses from dhcp",
      "all links of a master have its MAC, by which DHCP servers tell clients apart; use macvlan",
    );
  },
);

const keys = v.object({
  master: optionalMaster,
  mode: v.pipe(
    v.optional(v.pipe(v.string(), choiceOf("ipvlan mode", MODES)), "l2"),
    v.description(
      '"l2": neighbours are found by ARP; "l3": the master routes; "l3s": that, and its netfilter ' +
        "rules apply. All links of one master have the mode of the newest.",
    ),
  ),
  mtu: v.pipe(v.optional(mtuOf(), 0), v.description("MTU in bytes; 0 means the master's.")),
  linkInContainer,
  acceptRA,
  slaac,
  ipam: v.pipe(optionalIpam, noDhcp),
  dns: optionalDns,
});

/** The keys of an ipvlan configuration. */
export const schema: v.GenericSchema = keys;

/**
 * Reads and judges the configuration. Behind another plugin, the master and the addresses may come
 * from the previous result.
 * @throws CniError of code 7.
 */
export function parseConfig(ctx: Context): VirtualLinkConfig {
  const { master, mode, mtu, ipam, dns, ...rest } = decode(keys, ctx.config);
  checkMtuForIpv6(ctx, mtu);
  const given = addressesBefore(ctx, ipam.type);
  checkIpam(ctx, ipam.type, given, rest.slaac);
  if (rest.slaac && mode !== "l2") {
    throw invalidConfig(
      `"slaac" needs the ipvlan mode "l2", not ${JSON.stringify(mode)}`,
      "in the other modes the master routes, and no advertisement reaches the container",
    );
  }
  // A negative MTU has always meant "the kernel's choice".
  const size = Math.max(0, mtu);
  return {
    ipamType: ipam.type,
    dns: configuredDns(dns),
    detectDuplicates: true,
    acceptRA: rest.acceptRA,
    slaac: rest.slaac,
    given,
    link: {
      isChained: ipam.type === "" || master === "",
      parent: {
        name: master === "" ? masterBefore(ctx) : master,
        inContainer: rest.linkInContainer,
      },
      mtu: size,
      settings: { ipvlan: { mode: choice("ipvlan mode", MODES, mode) } },
    },
  };
}

/** The addresses of an earlier plugin of the chain, where no IPAM plugin gives others. */
function addressesBefore({ prevResult }: Context, ipamType: string): Result | undefined {
  return ipamType === "" && (prevResult?.ips.length ?? 0) > 0 ? prevResult : undefined;
}

function checkIpam(
  { operation }: Context,
  type: string,
  given: Result | undefined,
  slaac: boolean,
): void {
  if (type !== "" || slaac || operation === "STATUS" || given !== undefined) return;
  throw invalidConfig(
    "ipvlan interface requires an IPAM configuration",
    "or an earlier plugin of the chain that gives addresses",
  );
}

/** The one link that the previous result lists; "" (the default route decides) without a result. */
function masterBefore({ operation, prevResult }: Context): string {
  // CHECK is given the result of the whole chain, which no longer tells.
  if (operation !== "ADD" || prevResult === undefined) return "";
  const [only, ...others] = prevResult.interfaces;
  if (only !== undefined && only.name !== "" && others.length === 0) return only.name;
  throw invalidConfig("chained master failure. PrevResult lacks a single named interface");
}
