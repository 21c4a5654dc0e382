/** The form in which a call is recorded: a line of JSON, without secrets, of bounded length. */
export {
  FORM,
  type RecordedCall,
  type RecordedEnd,
  type RecordedPart,
  type RecordedStep,
} from "./call.ts";
export { decodeCall } from "./decode.ts";
export { Mask } from "./mask.ts";
export { recordOf } from "./record.ts";
