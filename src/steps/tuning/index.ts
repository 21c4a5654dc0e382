export { BackupStep } from "./backup.ts";
export { collectTuning } from "./gc.ts";
export { type Attributes, LinkAttributesStep } from "./link.ts";
export { type Sysctl, SysctlStep } from "./sysctl.ts";
