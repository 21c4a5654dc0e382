export { versionsIn } from "./ask.ts";
export { CONVENTIONAL } from "./conventional.ts";
export { readSubject, SubjectError } from "./read.ts";
export type {
  ContainerKeys,
  Json,
  JsonObject,
  Kind,
  Sabotage,
  Subject,
  SubjectFile,
} from "./subject.ts";
