import { link } from "../../../kernel/route/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";

/**
 * Refuses devices that would not arrive, or whose leaving would destroy more than itself: the
 * kernel takes a port out of its bridge or bond without a word, and deletes what stands on a device.
 * @throws CniError of code 7.
 */
export function refuseUnmovable(namespaces: Namespaces, device: link.Link): void {
  const { name, index, master, flags } = device;
  if ((flags & link.IFF_LOOPBACK) !== 0) throw unmovable(name, "it is a loopback device");
  if (master !== undefined && master !== 0) {
    const of = namespaces.hostLinks.get({ index: master });
    throw unmovable(
      name,
      `it belongs to ${of?.name ?? `link ${master}`} (${of?.kind ?? "master"})`,
    );
  }
  const upper = namespaces.hostLinks
    .list()
    .find(
      ({ linkIndex, linkNetnsId, kind }) =>
        linkIndex === index && linkNetnsId === undefined && kind !== "veth",
    );
  if (upper !== undefined) {
    throw unmovable(name, `${upper.name} (${upper.kind ?? "link"}) stands on it`);
  }
}

function unmovable(name: string, why: string): CniError {
  return new CniError(
    ErrorCode.INVALID_NETWORK_CONFIG,
    `${name} cannot be given to a container: ${why}`,
  );
}
