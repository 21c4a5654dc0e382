import { expect } from "bun:test";

/** Matchers for a text within an object, without the type `any` that theirs have. */

export function containing(words: string): unknown {
  return expect.stringContaining(words);
}

export function matching(words: RegExp): unknown {
  return expect.stringMatching(words);
}
