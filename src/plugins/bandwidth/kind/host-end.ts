import { link } from "../../../kernel/route/index.ts";
import { CniError, ErrorCode, type Interface } from "../../../spec/index.ts";
import { differs, type Garbage, type Scene } from "../../../state/index.ts";
import { ownerComment } from "../../../state/owner/index.ts";
import { ownHostLinks } from "../../../state/veth/index.ts";
import { ownDevices } from "./ifb.ts";
import { isRedirected } from "./ingress.ts";
import type { LinkFinder } from "./link-finder.ts";

/** The mark of any attachment: network, container ID and interface. */
const MARK = /^\S+ \S+ \S+$/u;

/** The link of the host through which all of the container interface's traffic goes. */
export class HostEnd implements LinkFinder {
  readonly #scene: Scene;
  #link: link.Link | undefined;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /**
   * The host's end of the container's veth pair, which the result must list as well.
   * @throws CniError when the interface is no veth, or its peer is not in the host's namespace.
   */
  link(): link.Link {
    this.#link ??= this.#find();
    return this.#link;
  }

  #find(): link.Link {
    const { ctx } = this.#scene;
    const { ifName } = ctx;
    const interfaces = ctx.prevResult?.interfaces ?? [];
    if (interfaces.length === 0) throw invalid("no interfaces provided", "prevResult has none");
    const own = this.#inside();
    if (own.kind !== "veth" || own.linkIndex === undefined) {
      const kind = own.kind ?? "a device";
      throw invalid(`${lacksPeer(ifName)}: it is no veth but ${kind}`, ONLY_VETH);
    }
    const host = peerOf(this.#scene, own);
    if (host === undefined) {
      throw invalid(`veth peer with index ${own.linkIndex} is not in host ns`, ONLY_VETH);
    }
    if (interfaces.some((each) => isOfHost(each) && each.name === host.name)) return host;
    throw invalid(
      "no veth peer of container interface found in host ns",
      `prevResult does not list ${host.name}, the peer of ${ifName}, without a sandbox`,
    );
  }

  #inside(): link.Link {
    const { ctx, namespaces } = this.#scene;
    const { ifName } = ctx;
    const own = namespaces.containerLinks.get({ name: ifName });
    if (own !== undefined) return own;
    if (ctx.operation === "CHECK") throw differs(`interface ${ifName} is missing in the container`);
    throw new CniError(
      ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
      `${lacksPeer(ifName)}: it is missing in the container`,
      { details: "CNI_IFNAME must name an interface that a plugin before this one has made" },
    );
  }
}

/**
 * For DEL: the host's ends that are proved to be the attachment's. Proofs are the attachment's mark,
 * the kernel's word that the other end is the container's interface, and, where the namespace is
 * not known, a redirection to the attachment's device.
 */
export function hostEndsLeft(scene: Scene): link.Link[] {
  const { namespaces, owner } = scene;
  const mark = ownerComment(owner);
  const own = namespaces.netns && namespaces.containerLinks.get({ name: owner.ifName });
  const peer = own && peerOf(scene, own);
  const found = [
    ...ownHostLinks(namespaces, owner),
    ...(peer === undefined ? [] : [peer]),
    ...namedInResult(scene).filter((each) => isRedirected(namespaces, each, ownDevices(scene))),
  ].filter(({ alias = mark }) => alias === mark || !MARK.test(alias));
  return [...new Map(found.map((each) => [each.index, each])).values()];
}

/** For GC: the host's ends that bear the mark of an attachment that is not valid any more. */
export function staleHostEnds({ namespaces }: Scene, { isStale }: Garbage): link.Link[] {
  const all = namespaces.hostLinks.list({ kind: "veth" });
  return all.filter(({ alias }) => alias !== undefined && isStale(alias));
}

/** Links that have the name and the hardware address of a host's end in the previous result. */
function namedInResult({ ctx, namespaces }: Scene): link.Link[] {
  return (ctx.prevResult?.interfaces ?? []).flatMap((each) => {
    if (!isOfHost(each)) return [];
    const host = namespaces.hostLinks.get({ name: each.name });
    return host?.kind === "veth" && host.address === each.mac?.toLowerCase() ? [host] : [];
  });
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

function invalid(msg: string, details: string): CniError {
  return new CniError(ErrorCode.INVALID_NETWORK_CONFIG, msg, { details });
}
