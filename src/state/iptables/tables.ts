/** Tables of Hawser, and those of the layouts of the reference plugins. */
const OWN = /^(?:hawser_|cni_)/u;
/** Tables of iptables, which have rules of plugins among many others. */
export const SHARED_TABLES: readonly string[] = ["nat", "filter"];

/** Whether a table of the packet filter has rules of plugins alone. */
export function isOwnTable(name: string): boolean {
  return OWN.test(name);
}

/** Whether a table of the packet filter may have rules of plugins. */
export function isPluginTable(name: string): boolean {
  return isOwnTable(name) || SHARED_TABLES.includes(name);
}
