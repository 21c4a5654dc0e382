export { versionsIn } from "./ask.ts";
export { CONVENTIONAL } from "./conventional.ts";
export { readSubject, SubjectError } from "./read.ts";
export type {
  Json,
  JsonObject,
  Kind,
  Place,
  Sabotage,
  Subject,
  SubjectFile,
} from "./subject.ts";
