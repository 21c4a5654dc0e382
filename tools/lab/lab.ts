import { stripVTControlCharacters } from "node:util";
import type { Outcome } from "../test/outcome.ts";
import { inScratch } from "../test/process.ts";
import { tell } from "../test/tell.ts";
import { labImage } from "./contents.ts";
import { type JobFile, readOutcomes, writeJob } from "./job.ts";
import { findKernel, findProgram, type Kernel } from "./kernel.ts";
import { boot, QEMU } from "./qemu.ts";

/** Runs kernel tests on Debian's kernel, which has what the kernel of a test machine may lack. */

const LAB = "kernel lab";
const colored = process.stdout.isTTY === true;
const LAB_SECONDS = 900;

export async function runLab(files: readonly JobFile[]): Promise<Outcome[]> {
  if (files.length === 0) {
    return [];
  }
  const kernel = await kernelOrReason();
  if (typeof kernel === "string") {
    return without(kernel);
  }
  console.log(`     ${LAB}: Linux ${kernel.release}, emulated`);
  const started = performance.now();
  return await inScratch(async (scratch) => {
    let outcomes: Outcome[] | undefined;
    const problem = await boot({
      kernel,
      image: await labImage(kernel, writeJob({ files: [...files] })),
      scratch,
      timeoutSeconds: LAB_SECONDS,
      onLine: (line) => {
        const read = readOutcomes(line);
        outcomes ??= read;
        if (read === undefined) {
          console.log(`     ${colored ? line : stripVTControlCharacters(line)}`);
        }
      },
    });
    const end = ended(kernel, problem, outcomes !== undefined);
    tell(LAB, [end], (performance.now() - started) / 1000, problem ?? "");
    return [...(outcomes ?? []), end];
  });
}

function ended(kernel: Kernel, problem: string | undefined, reported: boolean): Outcome {
  const status = problem === undefined && reported ? "passed" : "failed";
  return { file: LAB, name: `Linux ${kernel.release} boots, reports and turns off`, status };
}

/** On the machine of CI, which has all of it, nothing is an excuse. */
function without(reason: string): Outcome[] {
  const status = process.env["CI"] === "true" ? "failed" : "skipped";
  const outcome: Outcome = { file: LAB, name: `all tests (skipped: needs ${reason})`, status };
  tell(LAB, [outcome], 0, reason);
  return [outcome];
}

async function kernelOrReason(): Promise<Kernel | string> {
  if (process.arch !== "x64") {
    return "an x86-64 machine";
  }
  const missing = [QEMU, "busybox", "depmod", "dpkg"].filter(
    (name) => findProgram(name) === undefined,
  );
  if (missing.length > 0) {
    return missing.join(", ");
  }
  return await findKernel().catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    return `Debian's cloud kernel; ${message.replaceAll(/\s+/g, " ")}`;
  });
}
