import { defined, errorText } from "../../../base/index.ts";
import { link } from "../../../kernel/route/index.ts";
import type { Rollback, Scene } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";

/** The other end of the container's interface, where that is on the host. */
export function peerOnHost({ host, netns }: Namespaces, own: link.Link): link.Link | undefined {
  return netns && link.peerOf(host, own, netns);
}

/**
 * Lets the other end of a pair have the container's new MTU. Otherwise the host hands over packets
 * that the container's end drops without a word to their senders.
 */
export function followMtu(
  { namespaces, ctx, owner }: Scene,
  peer: link.Link,
  mtu: number,
  rollback: Rollback,
): void {
  const { hostLinks } = namespaces;
  if (peer.mtu !== mtu) {
    rollback.defer(() => hostLinks.set(peer.index, { mtu: peer.mtu }));
    try {
      hostLinks.set(peer.index, { mtu });
    } catch (error) {
      const lost = `larger packets to ${owner.ifName} are lost`;
      ctx.log(`tuning: ${peer.name} keeps the MTU ${peer.mtu}, ${lost}: ${errorText(error)}`);
      return;
    }
  }
  const bridge = peer.master === undefined ? undefined : hostLinks.get({ index: peer.master });
  if (bridge === undefined || bridge.mtu <= mtu) return;
  ctx.log(
    `tuning: bridge ${bridge.name} keeps the MTU ${bridge.mtu}: it drops what is larger than ` +
      `${mtu} and goes to ${owner.ifName}; "mtu" of the bridge plugin is for both`,
  );
}

/** Gives what failed. An end that is gone, or is on the host no more, has no MTU to restore. */
export function restorePeerMtu(
  namespaces: Namespaces,
  ifName: string,
  mtu: number | undefined,
): string[] {
  const peer = mtu === undefined ? undefined : peerOfOtherMtu(namespaces, ifName, mtu);
  if (peer === undefined) return [];
  try {
    namespaces.hostLinks.set(peer.index, defined({ mtu }));
    return [];
  } catch (error) {
    return [`cannot restore: MTU of ${peer.name}: ${errorText(error)}`];
  }
}

/** For a plan: what `restorePeerMtu` would restore, in words. */
export function changedPeerMtu(
  namespaces: Namespaces,
  ifName: string,
  mtu: number | undefined,
): string[] {
  const peer = mtu === undefined ? undefined : peerOfOtherMtu(namespaces, ifName, mtu);
  return peer === undefined ? [] : [`MTU ${mtu} of ${peer.name}`];
}

function peerOfOtherMtu(
  namespaces: Namespaces,
  ifName: string,
  mtu: number,
): link.Link | undefined {
  const own = namespaces.containerLinks.get({ name: ifName });
  const peer = own && peerOnHost(namespaces, own);
  return peer?.mtu === mtu ? undefined : peer;
}
