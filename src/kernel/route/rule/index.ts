import { familiesOf } from "../family.ts";
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
  const found: Rule[] = [];
  for (const family of familiesOf(filter.family)) {
    for (const message of socket.netlink.dump(listMessage(family), "list rules")) {
      if (message.type !== RTM_NEWRULE) {
        continue;
      }
      const rule = decodeRule(message.payload);
      if (rule?.family === family && passes(rule, filter)) {
        found.push(rule);
      }
    }
  }
  return found;
}

/** Adds a rule; EEXIST when the very same exists. */
export function add(socket: RouteSocket, spec: RuleSpec): void {
  socket.netlink.request(newMessage(spec), `add rule ${describe(spec)}`);
}

/** Deletes the first rule that matches what is given; ENOENT when none does. */
function remove(socket: RouteSocket, spec: RuleSpec): void {
  socket.netlink.request(deleteMessage(spec), `delete rule ${describe(spec)}`);
}

export { remove as delete };

function passes(rule: Rule, filter: RuleFilter): boolean {
  if (filter.table !== undefined && rule.table !== filter.table) {
    return false;
  }
  return filter.priority === undefined || rule.priority === filter.priority;
}

function describe(spec: RuleSpec): string {
  const to = spec.to === undefined ? "" : ` to ${spec.to}`;
  const table = spec.table === undefined ? "" : ` lookup ${spec.table}`;
  return `from ${spec.from ?? "all"}${to}${table}`;
}
