import { defined } from "../../../base/index.ts";
import { deleteConntrack, type FlowFilter } from "../../../kernel/conntrack/index.ts";
import { address } from "../../../kernel/route/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import type { Target } from "./mapping.ts";

/**
 * Makes the kernel forget the UDP flows to ports that have become mapped: they would go on past
 * the mapping until they end. Only flows to addresses of this host: others that have the same port
 * by chance, such as those that it forwards, have nothing to do with it.
 */
export function forgetFlowsBefore(namespaces: Namespaces, targets: readonly Target[]): void {
  forget(targets, () => {
    const own = new Set(address.list(namespaces.host).map(({ prefix }) => prefix.ip.toString()));
    const isOriginalDestination: FlowFilter["isOriginalDestination"] = (ip) =>
      ip.isLoopback || own.has(ip.toString());
    return () => ({ isOriginalDestination });
  });
}

/** Makes the kernel forget the UDP flows that mappings have led to the container. */
export function forgetFlowsThrough(targets: readonly Target[]): void {
  forget(targets, () => ({ address: replySource }) => ({ replySource }));
}

/** Best effort, since without connection tracking there is nothing to forget. */
function forget(targets: readonly Target[], prepare: () => (target: Target) => FlowFilter): void {
  const mapped = targets.filter(({ mapping }) => mapping.protocol === "udp");
  if (mapped.length === 0) return;
  try {
    const rest = prepare();
    const filters = mapped.map((target) => ({
      ...rest(target),
      family: target.address.family,
      protocol: "udp" as const,
      originalPort: target.mapping.hostPort,
      ...defined({ originalDestination: target.hostIp }),
    }));
    deleteConntrack(filters);
  } catch {
    // See above.
  }
}
