export * from "./frame.ts";
export {
  decodeFacts,
  decodeRequest,
  encodeRequest,
  type FileIdentity,
  type Request,
  type RequestFacts,
} from "./request.ts";
export { takeTurn } from "./turn.ts";
