import { defined } from "../../base/index.ts";
import { link, type RouteSocket, route } from "../../kernel/route/index.ts";
import { CniError, ErrorCode, invalidConfig } from "../../spec/index.ts";
import type { Namespaces } from "../namespaces/index.ts";

/** The link that another one stands on. */
export interface Parent {
  /** Its name; "" means the interface of the first default route. */
  readonly name: string;
  /** It is in the container's namespace and not in the host's. */
  readonly inContainer: boolean;
}

/**
 * The parent as the kernel has it.
 * @throws CniError of code 7 when there is none.
 */
export function findParent(namespaces: Namespaces, { name, inContainer }: Parent): link.Link {
  const socket = inContainer ? namespaces.container : namespaces.host;
  const target = name === "" ? { index: defaultRouteIndex(socket) } : { name };
  const found = link.get(socket, target);
  if (found !== undefined) return found;
  const where = inContainer ? "in the container" : "on the host";
  throw invalidConfig(
    `failed to lookup master ${JSON.stringify(name)}: there is no such link ${where}`,
  );
}

/**
 * The parent, where all containers have the same. Without its parent a link does not work, so containers that have one are cut off, too.
 * @throws CniError of code 50 or 51 when the parent is not there.
 */
export function requireParent(namespaces: Namespaces, parent: Parent): link.Link | undefined {
  if (parent.inContainer) return undefined; // each container has its own
  if (parent.name !== "" && namespaces.hostLinks.get({ name: parent.name }) === undefined) {
    throw new CniError(
      ErrorCode.LIMITED_CONNECTIVITY,
      `master ${JSON.stringify(parent.name)} is missing on the host`,
    );
  }
  try {
    return findParent(namespaces, parent);
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    const { msg, details } = error;
    throw new CniError(ErrorCode.PLUGIN_NOT_AVAILABLE, msg, {
      ...defined({ details }),
      cause: error,
    });
  }
}

/** Of the first default route of the main table, IPv4 before IPv6, the lower metric first. */
function defaultRouteIndex(socket: RouteSocket): number {
  for (const { dst, type, index, multipath } of route.list(socket, {
    table: route.RT_TABLE_MAIN,
  })) {
    const through = index ?? multipath?.[0]?.index;
    if (dst.length === 0 && type === route.RTN_UNICAST && through !== undefined) return through;
  }
  throw invalidConfig(
    "no default route interface found",
    'name a "master", or set a default route',
  );
}
