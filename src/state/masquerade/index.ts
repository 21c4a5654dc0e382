export {
  ipMasq,
  ipMasqBackend,
  ipMasqExcept,
  type MasqueradeBackend,
  masqueradeBackend,
  masqueradeExcept,
} from "./config.ts";
export { type Masquerade, masquerade } from "./kind.ts";
