import { strikeTests } from "./strike-tests.ts";

/** A part of what fails by system calls: see strike-tests.ts. */
strikeTests("bandwidth", "sbr", "tuning");
