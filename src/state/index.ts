export { differs, missingInContainer, STATE_DIFFERS } from "./differs.ts";
export { hexDigest } from "./digest.ts";
export type { Completion, Garbage, Kind, Piece, Removable, Rollback } from "./kind.ts";
export { filePlugin, type StatePlugin, type Wanted } from "./operations.ts";
export { runAll } from "./rollback.ts";
export type { ConfiguredScene, FileScene, Scene } from "./scene.ts";
export { sleep } from "./sleep.ts";
export { setBestEffort } from "./sysctl.ts";
