export { Reconciler, type ReconcilerOptions } from "./reconciler.ts";
