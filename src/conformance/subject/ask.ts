import type { JsonObject } from "./subject.ts";

/** The versions in an answer to VERSION; those of a plugin that does not know VERSION are the oldest. */
export function versionsIn(stdout: string, exitCode: number | undefined): string[] {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch {
    return [];
  }
  if (typeof answer !== "object" || answer === null) return [];
  const { supportedVersions: list, msg, cniVersion } = answer as JsonObject;
  if (exitCode !== 0) return msg === "unknown CNI_COMMAND: VERSION" ? ["0.1.0"] : [];
  if (list === undefined && cniVersion === "0.2.0") return ["0.1.0", "0.2.0"];
  return Array.isArray(list) ? list.filter((each): each is string => typeof each === "string") : [];
}
