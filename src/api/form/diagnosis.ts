import { defined } from "../../base/index.ts";
import type { Diagnosis, Stage } from "../../doctor/index.ts";
import type { DiagnosisForm, StageForm } from "../../forms/index.ts";
import { doctorFindingForm } from "./finding.ts";

export function stageForm({ name, title, state, looked, findings, note }: Stage): StageForm {
  return {
    ...{ name, title, state, looked: [...looked] },
    findings: findings.map(doctorFindingForm),
    ...defined({ note }),
  };
}

/** Without the packet that may have been sent. */
export function diagnosisForm(diagnosis: Diagnosis): DiagnosisForm {
  const { network, containerId, ifName, netns, stages } = diagnosis;
  return {
    ...{ network, containerId, ifName, netns, healthy: isHealthy(stages) },
    stages: stages.map(stageForm),
  };
}

export function isHealthy(stages: readonly Stage[]): boolean {
  return stages.every(({ state }) => state !== "failed");
}
