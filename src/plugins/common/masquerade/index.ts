/** Masquerading, for the plugins that have `ipMasq`; the others need not load it. */
export {
  ipMasq,
  ipMasqBackend,
  masquerade,
  masqueradeBackend,
  masqueradeRemoval,
  masqueradeStatus,
} from "./masquerade.ts";
