export { sysctlPath } from "./key.ts";
export { readSysctl, writeSysctl } from "./sysctl.ts";
