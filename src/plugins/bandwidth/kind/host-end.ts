import { link } from "../../../kernel/route/index.ts";
import { type Interface, invalidConfig } from "../../../spec/index.ts";
import { type Garbage, missingInContainer, ownLink, type Scene } from "../../../state/index.ts";
import { ownerComment } from "../../../state/owner/index.ts";
import { ownHostLinks } from "../../../state/veth/index.ts";
import { type LinkFinder, ownDevices } from "./ifb.ts";
import { targetsOf } from "./ingress.ts";

/** The mark of any attachment: network, container ID and interface. */
const MARK = /^\S+ \S+ \S+$/u;

/**
 * The link of the host through which all of the container interface's traffic goes: the host's end
 * of its veth pair, which the result must list as well. It is looked for once, when first asked for.
 */
export function hostEnd(scene: Scene): LinkFinder {
  let found: link.Link | undefined;
  return {
    link() {
      found ??= findHostEnd(scene);
      return found;
    },
  };
}

/** @throws CniError when the interface is no veth, or its peer is not in the host's namespace. */
function findHostEnd(scene: Scene): link.Link {
  const { ifName, prevResult } = scene.ctx;
  const interfaces = prevResult?.interfaces ?? [];
  if (interfaces.length === 0) throw invalidConfig("no interfaces provided", "prevResult has none");
  const own = insideEnd(scene);
  if (own.kind !== "veth" || own.linkIndex === undefined) {
    const kind = own.kind ?? "a device";
    throw invalidConfig(`${lacksPeer(ifName)}: it is no veth but ${kind}`, ONLY_VETH);
  }
  const host = peerOf(scene, own);
  if (host === undefined) {
    throw invalidConfig(`veth peer with index ${own.linkIndex} is not in host ns`, ONLY_VETH);
  }
  if (interfaces.some((each) => isOfHost(each) && each.name === host.name)) return host;
  throw invalidConfig(
    "no veth peer of container interface found in host ns",
    `prevResult does not list ${host.name}, the peer of ${ifName}, without a sandbox`,
  );
}

function insideEnd(scene: Scene): link.Link {
  const { ifName, operation } = scene.ctx;
  if (
    operation === "CHECK" &&
    scene.namespaces.containerLinks.get({ name: ifName }) === undefined
  ) {
    throw missingInContainer(ifName);
  }
  return ownLink(
    scene,
    `${lacksPeer(ifName)}: it is missing in the container`,
    "CNI_IFNAME must name an interface that a plugin before this one has made",
  );
}

/**
 * For DEL: the host's ends that are proved to be the attachment's. Proofs are the attachment's mark,
 * the kernel's word that the other end is the container's interface, and, where the namespace is
 * not known, a redirection to the attachment's device. None holds against the mark of another.
 */
export function hostEndsLeft(scene: Scene): link.Link[] {
  const { namespaces, owner } = scene;
  const marked = ownHostLinks(namespaces, owner);
  if (marked.length > 0) return marked;
  const own = namespaces.netns && namespaces.containerLinks.get({ name: owner.ifName });
  const peer = own && peerOf(scene, own);
  const found = peer === undefined ? redirectedInResult(scene) : [peer];
  const mark = ownerComment(owner);
  return found.filter(({ alias = mark }) => alias === mark || !MARK.test(alias));
}

/** For GC: the host's ends that bear the mark of an attachment that is not valid any more. */
export function staleHostEnds({ namespaces }: Scene, { isStale }: Garbage): link.Link[] {
  return namespaces.hostLinks.marked("veth", isStale);
}

/** Links with the name and the hardware address of the result that lead to the attachment's device. */
function redirectedInResult(scene: Scene): link.Link[] {
  const { ctx, namespaces } = scene;
  const named = (ctx.prevResult?.interfaces ?? []).filter(isOfHost).flatMap(({ name, mac }) => {
    const host = namespaces.hostLinks.get({ name });
    return host?.kind === "veth" && host.address === mac?.toLowerCase() ? [host] : [];
  });
  const devices = ownDevices(scene).map(({ index }) => index);
  return named.filter((host) =>
    targetsOf(namespaces, host)?.some((target) => devices.includes(target)),
  );
}

/** The other end of the container's interface; undefined when that is not on the host. */
function peerOf({ namespaces }: Scene, own: link.Link): link.Link | undefined {
  const { netns } = namespaces;
  return netns && link.peerOf(namespaces.host, own, netns);
}

function isOfHost({ name, sandbox = "" }: Interface): boolean {
  return sandbox === "" && name !== "";
}

const ONLY_VETH = "only the traffic of a veth pair between container and host can be limited";

const lacksPeer = (ifName: string): string => `container interface ${ifName} has no veth peer`;
