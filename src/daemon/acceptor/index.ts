export { Acceptor, type AcceptorCounts, type AcceptorEvents } from "./acceptor.ts";
export type {
  AcceptorStart,
  Begun,
  FromAcceptor,
  Limits,
} from "./settings.ts";
