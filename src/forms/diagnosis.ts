import type { FindingForm } from "./finding.ts";
import type { AttachmentNameForm } from "./name.ts";

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
