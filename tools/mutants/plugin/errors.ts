import { mutantsOf } from "../mutant.ts";
import { failure } from "../spoil.ts";

/** Faults of the error object. */

/** The errors of one code bear another one. */
function recoded(from: number, to: unknown): ReturnType<typeof failure> {
  return failure((error) => {
    if (error["code"] === from) error["code"] = to;
  });
}

export const errors = mutantsOf("bridge", {
  "error-code-as-text": [
    "the code of an error is a string",
    failure((error) => {
      error["code"] = String(error["code"]);
    }),
  ],
  "error-without-code": [
    "an error has no code",
    failure((error) => {
      delete error["code"];
    }),
  ],
  "error-code-with-fraction": [
    "the code of an error has a fraction",
    failure((error) => {
      error["code"] = 4.5;
    }),
  ],
  "error-without-msg": [
    "an error has no message",
    failure((error) => {
      delete error["msg"];
    }),
  ],
  "error-msg-empty": [
    "the message of an error is empty",
    failure((error) => {
      error["msg"] = "";
      delete error["details"];
    }),
  ],
  "error-msg-is-an-object": [
    "the message of an error is an object",
    failure((error) => {
      error["msg"] = { text: error["msg"] };
    }),
  ],
  "error-in-an-envelope": ["the error stands under a key `error`", failure((error) => ({ error }))],
  "error-in-a-list": ["the error stands in a list", failure((error) => [error])],
  "error-code-1-is-100": ["an unknown version is refused with code 100", recoded(1, 100)],
  "error-code-1-is-7": ["an unknown version is refused with code 7", recoded(1, 7)],
  "error-code-4-is-7": ["a bad parameter is refused with code 7", recoded(4, 7)],
  "error-code-4-is-999": ["a bad parameter is refused with code 999", recoded(4, 999)],
  "error-code-6-is-7": ["what is no JSON is refused with code 7", recoded(6, 7)],
  "error-code-7-is-2": ["an invalid configuration is refused with code 2", recoded(7, 2)],
  "error-codes-all-0": [
    "all errors bear the code 0",
    failure((error) => {
      error["code"] = 0;
    }),
  ],
  "error-names-no-variable": [
    "the error for a missing parameter does not name it",
    failure((error) => {
      if (error["code"] !== 4) return;
      error["msg"] = "invalid environment";
      delete error["details"];
    }),
  ],
  "error-of-another-version": [
    "an error says that it is of version 9.9.9",
    failure((error) => {
      error["cniVersion"] = "9.9.9";
    }),
  ],
});
