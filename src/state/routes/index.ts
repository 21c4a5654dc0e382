export { lockRouting } from "./lock.ts";
export {
  ensureRoute,
  hopsOf,
  isOfAddress,
  isSamePlace,
  isSameRoute,
  linkFirst,
  type OwnRoute,
  ownPart,
  removeRoutes,
  restoreRoutes,
  routeText,
  withoutSource,
} from "./own.ts";
export { isOfAnother } from "./proof.ts";
export { takeTable, usedTables } from "./tables.ts";
