/** Network namespaces: opened, made, entered for an instant. Linux; calls need Bun, or koffi on Node. */
export {
  createNetns,
  deleteNetns,
  type FoundNetns,
  livingNamespaces,
  Netns,
  NetnsGoneError,
  NotANetnsError,
} from "../../kernel/netns/index.ts";
export {
  Errno,
  errnoName,
  isKernelError,
  KernelError,
  type KernelErrorDetails,
  PlatformError,
} from "../netlink/index.ts";
