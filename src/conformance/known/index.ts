export { judgeKnown, type KnownJudgement, type Stale } from "./judge.ts";
export { KnownError, type KnownList, printKnown, readKnown } from "./list.ts";
export { messageOf, steady } from "./message.ts";
export { knownOf } from "./write.ts";
