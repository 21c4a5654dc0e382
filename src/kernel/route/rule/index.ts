import type { CollectOptions, NetlinkMessage } from "../../netlink/index.ts";
import { listFamilies } from "../family.ts";
import type { RouteSocket } from "../socket.ts";
import {
  decodeRule,
  deleteMessage,
  listMessage,
  newMessage,
  RTM_NEWRULE,
  type Rule,
  type RuleFilter,
  type RuleSpec,
} from "./message.ts";

export * from "./header.ts";
export * from "./message.ts";

/** Rules of the namespace in the order they are tried, IPv4 first. */
export function list(socket: RouteSocket, filter: RuleFilter = {}): Rule[] {
  return read(socket, filter, {});
}

/** The first rule that the filter leaves; what follows is not read. */
export function find(socket: RouteSocket, filter: RuleFilter): Rule | undefined {
  return read(socket, filter, { first: true })[0];
}

/**
 * Adds a rule; EEXIST when the very same exists.
 *
 * @example
 * ```ts
 * import { rule, RouteSocket } from "hawser/netlink";
 * import { Prefix } from "hawser/addr";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using socket = RouteSocket.open(blue);
 * const from = Prefix.parse("10.1.0.0/16");
 * rule.add(socket, { family: 4, from, table: 100, priority: 50 });
 * rule.find(socket, { table: 100 })?.from?.toString(); // → "10.1.0.0/16"
 * rule.list(socket, { family: 4 }).map(({ priority }) => priority); // → [0, 50, 32766, 32767]
 * rule.delete(socket, { family: 4, from, table: 100 });
 * rule.find(socket, { table: 100 }); // → undefined
 * ```
 */
export function add(socket: RouteSocket, spec: RuleSpec): void {
  socket.netlink.request(newMessage(spec), `add rule ${describe(spec)}`);
}

/** Deletes the first rule that matches what is given; ENOENT when none does. */
function remove(socket: RouteSocket, spec: RuleSpec): void {
  socket.netlink.request(deleteMessage(spec), `delete rule ${describe(spec)}`);
}

export { remove as delete };

function read(socket: RouteSocket, filter: RuleFilter, options: CollectOptions): Rule[] {
  return listFamilies(filter.family, options, (family) => {
    const wanted = ({ type, payload }: NetlinkMessage): Rule | undefined => {
      const rule = type === RTM_NEWRULE ? decodeRule(payload) : undefined;
      return rule?.family === family && passes(rule, filter) ? rule : undefined;
    };
    const reading = { operation: "list rules", limit: filter.limit, ...options };
    return socket.netlink.collect(listMessage(family), wanted, reading);
  });
}

function passes(rule: Rule, { table, priority, where }: RuleFilter): boolean {
  if (table !== undefined && rule.table !== table) return false;
  if (priority !== undefined && rule.priority !== priority) return false;
  return where?.(rule) ?? true;
}

function describe(spec: RuleSpec): string {
  const to = spec.to === undefined ? "" : ` to ${spec.to}`;
  const table = spec.table === undefined ? "" : ` lookup ${spec.table}`;
  return `from ${spec.from ?? "all"}${to}${table}`;
}
