import type { link } from "../../../kernel/route/index.ts";
import { type Attachment, CniError, ErrorCode, type Interface } from "../../../spec/index.ts";
import { differs } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { ownerComment } from "../../../state/owner/index.ts";
import { ownHostLinks } from "../../../state/veth/index.ts";

/** The link of the host through which all of the container interface's traffic goes. */
export interface HostEndQuestion {
  readonly namespaces: Namespaces;
  readonly ifName: string;
  /** Of the result of the plugins before. */
  readonly interfaces: readonly Interface[];
  /** CHECK tells what is lost as a difference. */
  readonly isCheck: boolean;
}

/**
 * Finds the host's end of the container's veth pair, which the result must list as well.
 * @throws CniError when the interface is no veth, or its peer is not in the host's namespace.
 */
export function hostEnd(question: HostEndQuestion): link.Link {
  const { namespaces, ifName, interfaces, isCheck } = question;
  if (interfaces.length === 0) {
    throw invalid("no interfaces provided", "prevResult has none");
  }
  const own = namespaces.containerLinks.get({ name: ifName });
  const text = `container interface ${ifName} has no veth peer`;
  if (own === undefined) {
    if (isCheck) throw differs(`interface ${ifName} is missing in the container`);
    throw new CniError(
      ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
      `${text}: it is missing in the container`,
      { details: "CNI_IFNAME must name an interface that a plugin before this one has made" },
    );
  }
  if (own.kind !== "veth" || own.linkIndex === undefined) {
    throw invalid(`${text}: it is no veth but ${own.kind ?? "a device"}`, ONLY_VETH);
  }
  const host = peerOf(namespaces, own);
  if (host === undefined) {
    throw invalid(`veth peer with index ${own.linkIndex} is not in host ns`, ONLY_VETH);
  }
  if (interfaces.some(({ name, sandbox }) => name === host.name && (sandbox ?? "") === "")) {
    return host;
  }
  throw invalid(
    "no veth peer of container interface found in host ns",
    `prevResult does not list ${host.name}, the peer of ${ifName}, without a sandbox`,
  );
}

/**
 * For DEL: what is left of the host's end, by whichever way it is found. `interfaces` are those of
 * the previous result, if there is one.
 */
export function hostEndsLeft(
  namespaces: Namespaces,
  owner: Attachment,
  interfaces: readonly Interface[],
): link.Link[] {
  const found = [
    ...ownHostLinks(namespaces, owner),
    ...namedInResult(namespaces, owner, interfaces),
  ];
  if (namespaces.netns !== undefined) {
    const own = namespaces.containerLinks.get({ name: owner.ifName });
    const peer = own?.kind === "veth" ? peerOf(namespaces, own) : undefined;
    if (peer !== undefined) found.push(peer);
  }
  return [...new Map(found.map((each) => [each.index, each])).values()];
}

/** A name may belong to another container's link by now: the hardware address tells. */
function namedInResult(
  namespaces: Namespaces,
  owner: Attachment,
  interfaces: readonly Interface[],
): link.Link[] {
  const mark = ownerComment(owner);
  return interfaces.flatMap(({ name, mac, sandbox }) => {
    if ((sandbox ?? "") !== "" || name === "") return [];
    const host = namespaces.hostLinks.get({ name });
    const isSame = host?.kind === "veth" && host.address === mac?.toLowerCase();
    return isSame && (host.alias === undefined || host.alias === mark) ? [host] : [];
  });
}

/** An index means another link in another namespace: a pair is one when each names the other. */
function peerOf(namespaces: Namespaces, own: link.Link): link.Link | undefined {
  if (own.linkIndex === undefined) return undefined;
  const host = namespaces.hostLinks.get({ index: own.linkIndex });
  return host?.kind === "veth" && host.linkIndex === own.index ? host : undefined;
}

const ONLY_VETH = "only the traffic of a veth pair between container and host can be limited";

function invalid(msg: string, details: string): CniError {
  return new CniError(ErrorCode.INVALID_NETWORK_CONFIG, msg, { details });
}
