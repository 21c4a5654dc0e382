export { CountedStore, type StoreOperation } from "./counted.ts";
export { openStore } from "./open.ts";
