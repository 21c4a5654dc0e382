import { FINDING, type FindingForm, findingSchema } from "./finding.ts";
import { type AttachmentNameForm, knownNameSchema, NAMES } from "./name.ts";
import { flag, list, maybe, object, one, type Schema, text } from "./schema.ts";

/** A stage of the doctor: one question, and what came of it. */
export interface StageForm {
  /** Stable; docs/doctor.md lists them. */
  readonly name: string;
  /** For people; it may change. */
  readonly title: string;
  readonly state: "passed" | "warned" | "failed" | "not-reached";
  /** What was looked at, in order. */
  readonly looked: readonly string[];
  readonly findings: readonly FindingForm[];
  readonly note?: string | undefined;
}

/** What the doctor says of one attachment. */
export interface DiagnosisForm extends AttachmentNameForm {
  readonly netns: string;
  readonly healthy: boolean;
  readonly stages: readonly StageForm[];
}

/** Everything that is not as it should be on this node, the heaviest first. */
export interface FindingsForm {
  readonly findings: readonly PlacedFindingForm[];
  /** The doctor's stages of the node as a whole. */
  readonly stages: readonly StageForm[];
}

/** A finding and what it is about. */
export interface PlacedFindingForm extends FindingForm {
  /** What found it: the joined view, or a stage of the doctor. */
  readonly by: "view" | "doctor";
  readonly stage?: string | undefined;
  readonly about?: Partial<AttachmentNameForm> | undefined;
  /** The node of the map that it belongs to, where there is one. */
  readonly mapNode?: string | undefined;
}

export const stageSchema: Schema<StageForm> = object<StageForm>({
  name: text("Stable: see docs/doctor.md."),
  title: text("For people; it may change."),
  state: one(["passed", "warned", "failed", "not-reached"]),
  looked: list(text(), "What was looked at, in order."),
  findings: list(findingSchema),
  note: maybe(text("For people: what is as it should be, or why the stage was not reached.")),
});

export const diagnosisSchema: Schema<DiagnosisForm> = object<DiagnosisForm>({
  ...NAMES,
  netns: text(),
  healthy: flag(),
  stages: list(stageSchema),
});

export const placedFindingSchema: Schema<PlacedFindingForm> = object<PlacedFindingForm>({
  ...FINDING,
  by: one(["view", "doctor"], "What found it: the joined view, or a stage of the doctor."),
  stage: maybe(text("Of the doctor.")),
  about: maybe(knownNameSchema),
  mapNode: maybe(text("The node of the map that it belongs to, where there is one.")),
});

export const findingsSchema: Schema<FindingsForm> = object<FindingsForm>({
  findings: list(placedFindingSchema, "The heaviest first."),
  stages: list(stageSchema, "The doctor's stages of the node as a whole."),
});
