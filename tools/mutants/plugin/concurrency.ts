import { mkdirSync, rmSync } from "node:fs";
import type { Spoil } from "../call.ts";
import { mutantsOf } from "../mutant.ts";
import { on, refuses, run } from "../spoil.ts";

/** Faults that show when calls run side by side. */

const BUSY = "/run/mutant-busy";
const PAUSE = "0.05";

/** One call at a time; another one fails. */
const alone: Spoil = (call) => {
  try {
    mkdirSync(BUSY);
  } catch {
    return refuses(11, "busy")(call);
  }
  try {
    run("sleep", PAUSE);
    return call.real();
  } finally {
    rmSync(BUSY, { recursive: true });
  }
};

export const concurrency = mutantsOf("bridge", {
  "parallel-adds-fail": ["an ADD fails while another one runs", on("ADD", alone)],
  "parallel-dels-fail": ["a DEL fails while another one runs", on("DEL", alone)],
});
