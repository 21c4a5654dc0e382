export { ipMasq, ipMasqBackend, masqueradeBackend } from "./config.ts";
export { masquerade } from "./kind.ts";
export type { MasqueradeBackend } from "./step.ts";
