import { mutantsOf } from "../mutant.ts";
import { answers, failing, nothing, on, prints, result, run } from "../spoil.ts";

/** Faults of what is printed where, and of the exit code. */

const DOCUMENT = '{"cniVersion":"1.0.0"}';
const HUGE = 100_000_000;

export const streams = mutantsOf("bridge", {
  "error-exits-0": ["a failure exits with 0", failing(() => ({ code: 0 }))],
  "error-on-stderr": [
    "the error object is printed on stderr",
    failing(({ stdout }) => ({ stdout: "", stderr: stdout })),
  ],
  "error-without-object": ["a failure prints nothing", failing(() => ({ stdout: "" }))],
  "error-as-text": [
    "a failure prints a line of text",
    failing(() => ({ stdout: "Error: it did not work\n" })),
  ],
  "error-twice": [
    "a failure prints two error objects",
    failing(({ stdout }) => ({ stdout: stdout + stdout })),
  ],
  "error-behind-a-log-line": [
    "a failure prints a log line before the error object",
    failing(({ stdout }) => ({ stdout: `level=error msg="failed"\n${stdout}` })),
  ],
  "error-behind-a-result": [
    "a failure prints a result and then the error object",
    failing(({ stdout }) => ({ stdout: DOCUMENT + stdout })),
  ],
  "add-exits-1": [
    "a successful ADD exits with 1",
    on(
      "ADD",
      answers(() => ({ code: 1 })),
    ),
  ],
  "del-exits-1": [
    "a successful DEL exits with 1",
    on(
      "DEL",
      answers(() => ({ code: 1 })),
    ),
  ],
  "add-prints-nothing": [
    "a successful ADD prints nothing",
    on(
      "ADD",
      answers(({ code }) => (code === 0 ? { stdout: "" } : {})),
    ),
  ],
  "add-result-on-stderr": [
    "the result of ADD is printed on stderr",
    on(
      "ADD",
      answers(({ code, stdout }) => (code === 0 ? { stdout: "", stderr: stdout } : {})),
    ),
  ],
  "add-result-twice": [
    "the result of ADD is printed twice",
    on(
      "ADD",
      answers(({ code, stdout }) => (code === 0 ? { stdout: stdout + stdout } : {})),
    ),
  ],
  "add-logs-before-the-result": [
    "a log line stands before the result of ADD",
    on(
      "ADD",
      answers(({ stdout }) => ({ stdout: `adding\n${stdout}` })),
    ),
  ],
  "add-logs-behind-the-result": [
    "a log line stands behind the result of ADD",
    on(
      "ADD",
      answers(({ code, stdout }) => (code === 0 ? { stdout: `${stdout}\ndone\n` } : {})),
    ),
  ],
  "add-result-cut": [
    "the last character of the result of ADD is missing",
    on(
      "ADD",
      answers(({ stdout }) => ({ stdout: stdout.trimEnd().slice(0, -1) })),
    ),
  ],
  "add-result-in-a-list": ["the result of ADD is a list", result((value) => [value])],
  "add-result-in-an-envelope": [
    "the result of ADD stands under a key `result`",
    result((value) => ({ result: value })),
  ],
  "add-result-is-null": [
    "the result of ADD is null",
    on("ADD", (call) => {
      const answer = call.real();
      return answer.code === 0 ? prints("null") : answer;
    }),
  ],
  "add-prints-100-mb": [
    "ADD prints a hundred megabytes",
    on(
      "ADD",
      answers(({ stdout }) => ({ stdout: " ".repeat(HUGE) + stdout })),
    ),
  ],
  "stdin-not-read": ["the configuration is not read", on("ADD", () => prints(DOCUMENT))],
  "version-exits-1": [
    "VERSION exits with 1",
    on(
      "VERSION",
      answers(() => ({ code: 1 })),
    ),
  ],
  "add-does-nothing": ["ADD does nothing and prints nothing", on("ADD", nothing)],
  "add-hangs": [
    "ADD never ends",
    on("ADD", () => {
      run("sleep", "3600");
      return prints(DOCUMENT);
    }),
  ],
});
