/** The attachments of this node, joined from all that know of them. */
export { commandsToAttachAgain } from "./again.ts";
export type * from "./attachment.ts";
export { type Detail, detailOf, type KnownRules } from "./detail.ts";
export type { Inside, InsideLink, SeenRoute } from "./inside.ts";
export { mapsPorts } from "./port-takers.ts";
export { portsOf } from "./promise.ts";
export { allRules, type OwnedRule, rulesFor, type SeenRule } from "./rules.ts";
export { type NodeView, type ViewOptions, viewOfNode } from "./view.ts";
