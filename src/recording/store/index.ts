/** Where the recorded calls of a node lie, and the switch that has them recorded. */
export { CallKeeper, type KeeperOptions } from "./keeper.ts";
export { CallLog, type LogReader } from "./log.ts";
export { Recorder } from "./recorder.ts";
export { DEFAULT_MAX_BYTES, isRefused, type Settings, Switch } from "./switch.ts";
