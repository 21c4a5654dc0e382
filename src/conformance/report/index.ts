export { exitCodeOf, isCounted, type Judgement, type Judging, judge } from "./counts.ts";
export { nameParts } from "./groups.ts";
export { jsonReport } from "./json.ts";
export { junitReport } from "./junit.ts";
export { jsonList, type Listed, textList } from "./list.ts";
export { summaryLine } from "./summary.ts";
export { tapReport } from "./tap.ts";
export { type Paint, textReport } from "./text.ts";
