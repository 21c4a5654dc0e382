export { lastingPath } from "./lasting.ts";
export type { Links } from "./links.ts";
export { Namespaces, type NamespacesCall } from "./namespaces.ts";
