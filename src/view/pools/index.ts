/** How full the ranges of networks are, and what is wrong with the reservations in them. */
export { type RangeConfig, rangeConfigs } from "./configs.ts";
export { type PoolFill, poolFills } from "./fill.ts";
export { Attached, type Holding, type HoldingState, isLeaked } from "./holding.ts";
export {
  fullness,
  isExcluded,
  isWithin,
  lookAtPools,
  type Pool,
  type PoolName,
  type PoolReport,
  percentOf,
  type Stray,
} from "./pools.ts";
