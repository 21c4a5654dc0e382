export { Backup } from "./backup.ts";
export { BackupStep, type Tuned } from "./backup-step.ts";
export { collectTuning } from "./gc.ts";
export { type Attributes, LinkAttributesStep } from "./link.ts";
export { type Sysctl, SysctlStep } from "./sysctl.ts";
