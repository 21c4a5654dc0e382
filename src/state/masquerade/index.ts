export {
  ipMasq,
  ipMasqBackend,
  masquerade,
  masqueradeBackend,
  masqueradeRemoval,
  masqueradeStatus,
} from "./config.ts";
export { collectMasquerade } from "./gc.ts";
export { addressesOf, type Masquerade, type MasqueradeBackend, MasqueradeStep } from "./step.ts";
