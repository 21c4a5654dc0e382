/** How full the ranges of networks are, and what is wrong with the reservations in them. */
export { type RangeConfig, rangeConfigs } from "./configs.ts";
export { type PoolFill, poolFills } from "./fill.ts";
export { type Holding, type HoldingState, holdingsOf, isLeaked } from "./holding.ts";
export { type RangePlace, rangePlace } from "./place.ts";
export {
  fullness,
  isExcluded,
  isWithin,
  lookAtPools,
  type Pool,
  type PoolName,
  type PoolReport,
  percentOf,
} from "./pools.ts";
