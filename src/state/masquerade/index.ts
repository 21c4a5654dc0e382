export { ipMasq, ipMasqBackend, type MasqueradeBackend, masqueradeBackend } from "./config.ts";
export { type Masquerade, masquerade } from "./kind.ts";
