export { isOfProfile, runSuite, type SceneOptions, type SuiteRun } from "./suite.ts";
