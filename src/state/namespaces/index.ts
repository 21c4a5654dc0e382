export { lastingPath } from "./lasting.ts";
export { Namespaces, type NamespacesCall } from "./namespaces.ts";
