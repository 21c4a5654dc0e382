export { sysctlPath } from "./key.ts";
export { readSysctl, replaceSysctls, type SysctlFiles, writeSysctl } from "./sysctl.ts";
