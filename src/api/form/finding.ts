import { defined } from "../../base/index.ts";
import type { Finding as DoctorFinding } from "../../doctor/index.ts";
import type { FindingForm } from "../../forms/index.ts";
import type { Finding } from "../../view/attachments/index.ts";

/** What something has found wrong, whichever it is. */
export type ShownFinding = Omit<FindingForm, "state">;

/** A finding: the same everywhere. */
export function findingForm({ name, severity, message, remedy }: ShownFinding): FindingForm {
  return { name, severity, message, ...defined({ remedy }) };
}

/** Of the joined view: a disagreement between the sources. */
export function viewFindingForm({ name, state, text, remedy }: Finding): FindingForm {
  const severity = state === "unfinished" ? "warning" : "error";
  return { ...findingForm({ name, severity, message: text, remedy }), state };
}

export function doctorFindingForm({ name, severity, message, remedy }: DoctorFinding): FindingForm {
  return findingForm({
    name,
    severity: severity === "failed" ? "error" : "warning",
    message,
    remedy,
  });
}
