import type { RunAnswer } from "../support/exec.ts";

/** What a plugin said when it failed. */
export interface Fault {
  readonly code: number;
  /** Message and details, as people read them. */
  readonly text: string;
}

/** What is looked at of a failed call, by whichever door. */
export type Answer = Pick<RunAnswer, "exitCode" | "stdout" | "stderr"> & {
  readonly signal?: string | null;
};

const KEYS: ReadonlySet<string> = new Set(["cniVersion", "code", "msg", "details"]);

/** Traces of a program that fell over instead of answering. */
const CRASH = /^\s+at .+[:(]\d+|panic|Segmentation|uncaught|Bun v\d/im;

/**
 * The error of a call that has to fail as the specification says: exit code 1, one error object
 * and nothing else on stdout, a message. Everything else throws, and tells what came instead.
 */
export function faultOf(answer: Answer): Fault {
  const { exitCode, signal, stdout, stderr } = answer;
  const told = `exit ${exitCode} ${signal ?? ""}\nstdout: ${stdout.slice(0, 2000)}\nstderr: ${stderr.slice(0, 2000)}`;
  if (exitCode !== 1) throw new Error(`it did not fail with exit code 1: ${told}`);
  if (CRASH.test(stdout) || CRASH.test(stderr)) throw new Error(`it crashed: ${told}`);
  let error: unknown;
  try {
    error = JSON.parse(stdout);
  } catch {
    throw new Error(`stdout is not one JSON document: ${told}`);
  }
  if (typeof error !== "object" || error === null || Array.isArray(error)) {
    throw new Error(`stdout is no error object: ${told}`);
  }
  const { code, msg, details } = error as Record<string, unknown>;
  if (
    typeof code !== "number" ||
    !Number.isInteger(code) ||
    typeof msg !== "string" ||
    msg === ""
  ) {
    throw new Error(`the error has no code or no message: ${told}`);
  }
  if (details !== undefined && typeof details !== "string") {
    throw new Error(`the error's details are no text: ${told}`);
  }
  const strange = Object.keys(error).filter((key) => !KEYS.has(key));
  if (strange.length > 0) {
    throw new Error(`the error has keys of its own (${strange.join(", ")}): ${told}`);
  }
  return { code, text: details === undefined ? msg : `${msg}; ${details}` };
}
