export { Acceptor, type AcceptorCounts, type AcceptorEvents } from "./acceptor.ts";
export {
  type AcceptorStart,
  type Begun,
  DEFAULT_LIMITS,
  type FromAcceptor,
  type Limits,
} from "./settings.ts";
