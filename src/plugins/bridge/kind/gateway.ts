import type { Prefix } from "../../../addr/index.ts";
import { address, type RouteSocket } from "../../../kernel/route/index.ts";
import { Errno, ignoring } from "../../../kernel/sys/index.ts";
import { type CniError, invalidConfig } from "../../../spec/index.ts";
import {
  changed,
  differs,
  enableIpv6,
  explainAddress,
  type Kind,
  kept,
  kindOf,
  made,
  type Rollback,
  type Scene,
  type Standing,
  setBestEffort,
  stays,
} from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import type { VethPair } from "../../../state/veth/index.ts";
import { type BridgeLink, hasPorts } from "./link.ts";
import type { VlanGateway } from "./vlan-gateway.ts";

/** The addresses by which a bridge is its containers' gateway. */
interface WantedGateway {
  readonly bridge: BridgeLink;
  readonly pair: VethPair;
  /** The link that has the addresses in place of the bridge: the gateway of a VLAN of it. */
  readonly ofVlan: VlanGateway | undefined;
  /** Gateway addresses with the length of their subnets; known once IPAM has spoken. */
  readonly gateways: () => readonly Prefix[];
  /** Takes other addresses away instead of refusing. */
  readonly force: boolean;
}

/** Gateway addresses of the bridge; shared by all its ports, so DEL leaves them. */
export const gatewayAddresses: Kind<WantedGateway> = kindOf({
  name: "gateway",

  describe(_scene, wanted) {
    const list = wanted.gateways().map(String);
    return `${list.length === 0 ? "the gateway's address" : list.join(", ")} on ${linkName(wanted)}`;
  },

  compare,

  apply({ namespaces }, wanted, rollback) {
    const { bridge, ofVlan, gateways } = wanted;
    const index = ofVlan?.link().index ?? bridge.index();
    if (gateways().some(({ family }) => family === 6)) allowIpv6(namespaces, wanted, rollback);
    for (const prefix of gateways()) ensure(namespaces, wanted, { index, prefix }, rollback);
  },

  /** Another address that is in the way by now stays, whatever ADD would do about it. */
  restore({ namespaces }, given) {
    const wanted = { ...given, force: false };
    const { bridge, ofVlan, gateways } = wanted;
    const index = ofVlan?.link().index ?? bridge.index();
    if (gateways().some(({ family }) => family === 6)) allowIpv6(namespaces, wanted, kept);
    for (const prefix of gateways()) ensure(namespaces, wanted, { index, prefix }, kept);
  },

  check({ namespaces }, wanted) {
    const name = linkName(wanted);
    const found = namespaces.hostLinks.get({ name });
    if (found === undefined) throw differs(`${name} is missing on the host`);
    const present = address.list(namespaces.host, { index: found.index });
    for (const gateway of wanted.gateways()) {
      if (!present.some(({ prefix }) => prefix.equals(gateway))) {
        throw differs(`gateway address ${gateway.toString()} is missing on ${name}`);
      }
    }
  },
});

/** @throws the refusal of an ADD for another address that is in the way */
function compare({ namespaces }: Scene, wanted: WantedGateway): Standing {
  const index = namespaces.hostLinks.get({ name: linkName(wanted) })?.index;
  if (index === undefined) return made();
  const replaced: string[] = [];
  let missing = 0;
  for (const prefix of wanted.gateways()) {
    const present = address.list(namespaces.host, { index, family: prefix.family });
    if (present.some((each) => each.prefix.equals(prefix))) continue;
    missing++;
    for (const other of inTheWay(present, wanted, prefix)) {
      if (!wanted.force) throw conflict(linkName(wanted), prefix, other);
      replaced.push(other.toString());
    }
  }
  if (replaced.length > 0) return changed(`${replaced.join(", ")} is taken away ("forceAddress")`);
  return missing > 0 || wanted.gateways().length === 0 ? made() : stays("it is there already");
}

/** New links may have IPv6 switched off on this host, and so may a bridge that another program made. */
function allowIpv6(namespaces: Namespaces, wanted: WantedGateway, rollback: Rollback): void {
  const changed = enableIpv6(linkName(wanted));
  if (changed === undefined) return;
  rollback.defer(() => {
    if (!isShared(namespaces, wanted)) setBestEffort(changed.key, changed.before);
  });
}

function ensure(
  namespaces: Namespaces,
  wanted: WantedGateway,
  { index, prefix }: { index: number; prefix: Prefix },
  rollback: Rollback,
): void {
  const { host } = namespaces;
  const present = address.list(host, { index, family: prefix.family });
  if (present.some((each) => each.prefix.equals(prefix))) return;
  for (const other of inTheWay(present, wanted, prefix)) {
    if (!wanted.force) throw conflict(linkName(wanted), prefix, other);
    rollback.defer(() => {
      if (!isShared(namespaces, wanted)) addIfMissing(host, index, other);
    });
    removeIfThere(host, index, other);
  }
  let isMade = true; // also when the kernel's answer is lost; not when another ADD was quicker
  rollback.defer(() => {
    if (isMade && !isShared(namespaces, wanted)) removeIfThere(host, index, prefix);
  });
  try {
    isMade = addIfMissing(host, index, prefix);
  } catch (error) {
    throw explainAddress(namespaces.hostLinks, index, prefix.family, error) ?? error;
  }
}

/** Whether other attachments rely on the addresses. */
function isShared(namespaces: Namespaces, { bridge, pair, ofVlan }: WantedGateway): boolean {
  const own = pair.indexes().host;
  if (ofVlan !== undefined) return ofVlan.isShared(own);
  const found = namespaces.hostLinks.get({ name: bridge.wantedName });
  return found !== undefined && hasPorts(namespaces, found.index, own);
}

function linkName({ ofVlan, bridge }: WantedGateway): string {
  return ofVlan?.linkName ?? bridge.wantedName;
}

function conflict(link: string, wanted: Prefix, other: Prefix): CniError {
  return invalidConfig(
    `failed to set bridge addr: ${JSON.stringify(link)} already has an IP address different from ${wanted.toString()}`,
    `it has ${other.toString()}, perhaps from another network with the same "bridge"; ` +
      'remove that address or set "forceAddress"',
  );
}

/** The addresses that conflict with one of the gateway's; its own of other subnets do not. */
function inTheWay(
  present: readonly address.Address[],
  { gateways }: WantedGateway,
  prefix: Prefix,
): Prefix[] {
  const own = gateways();
  return present
    .map((each) => each.prefix)
    .filter((other) => conflicts(other, prefix) && !own.some((each) => each.equals(other)));
}

/**
 * IPv4: any other address. IPv6: one of an overlapping subnet, as a link has several by nature; of
 * link-local ones it has one by itself, which is in the way of no other.
 */
function conflicts(existing: Prefix, wanted: Prefix): boolean {
  if (wanted.ip.family === 4) return true;
  return existing.overlaps(wanted) && !existing.ip.isLinkLocal;
}

/** False when the address is there already. */
function addIfMissing(host: RouteSocket, index: number, prefix: Prefix): boolean {
  return ignoring([Errno.EEXIST], () => address.add(host, { index, prefix, nodad: true }));
}

function removeIfThere(host: RouteSocket, index: number, prefix: Prefix): void {
  ignoring([Errno.EADDRNOTAVAIL, Errno.ENODEV], () => address.delete(host, { index, prefix }));
}
