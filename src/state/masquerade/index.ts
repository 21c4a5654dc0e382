export { collectMasquerade } from "./gc.ts";
export { addressesOf, type Masquerade, type MasqueradeBackend, MasqueradeStep } from "./step.ts";
