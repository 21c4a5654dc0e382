export { LosslessNumber } from "lossless-json";
export { JsonDocument, type JsonSource } from "./document.ts";
export { MAX_DEPTH, type ParseLimits, parseJson, parseJsonWithComments } from "./parse.ts";
export { printJson } from "./print.ts";
export {
  field,
  fieldKey,
  foldKey,
  isNumber,
  isObject,
  type JsonObject,
  type JsonValue,
  kindOf,
  numberOf,
  setField,
  wholeDigitsOf,
  wholeNumberOf,
} from "./value.ts";
