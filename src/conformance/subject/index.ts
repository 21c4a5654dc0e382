export { versionsIn } from "./ask.ts";
export { CONVENTIONAL } from "./conventional.ts";
export { readSubject, SubjectError } from "./read.ts";
export {
  type Json,
  type JsonObject,
  KINDS,
  type Kind,
  type Place,
  type Sabotage,
  type Subject,
  type SubjectFile,
} from "./subject.ts";
