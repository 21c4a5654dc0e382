export {
  type ContainerChains,
  chainExists,
  foundChains,
  type HasTable,
  hasLegacyTable,
  nftFamily,
  presentTables,
  removeChains,
} from "./chains.ts";
export { underLock } from "./lock.ts";
export {
  legacySnatChain,
  masqueradeChain,
  masqueradeInstance,
  ownerComment as iptablesComment,
  portChain,
  portComment,
  quote,
} from "./names.ts";
export { hasTools, requireTools, restore, save, type Tools } from "./restore.ts";
export { type LeadingRules, staleContainers } from "./stale.ts";
export { isOwnTable, isPluginTable, SHARED_TABLES } from "./tables.ts";
