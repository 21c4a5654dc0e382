import { stripVTControlCharacters } from "node:util";
import { errorText } from "../../src/base/index.ts";
import { HERE } from "../build/architecture.ts";
import type { Outcome } from "../test/outcome.ts";
import { inScratch } from "../test/process.ts";
import { tell } from "../test/tell.ts";
import { findProgram } from "./apt.ts";
import { type Foreign, labImage } from "./contents.ts";
import { type JobFile, type Report, readReport, writeJob } from "./job.ts";
import { findKernel, type Kernel } from "./kernel.ts";
import { type LabMachine, labMachine } from "./machine.ts";
import { boot } from "./qemu.ts";

/** Runs kernel tests on Debian's kernel, which has what the kernel of a test machine may lack. */

const LAB = "kernel lab";

const colored = process.stdout.isTTY === true;

/** Runs files in the lab of this machine's architecture, or in that of `foreign`. */
export async function runLab(
  files: readonly JobFile[],
  machine: LabMachine = labMachine(HERE),
  foreign?: Foreign,
): Promise<Outcome[]> {
  if (files.length === 0) return [];
  const kernel = await kernelOrReason(machine);
  if (typeof kernel === "string") return without(kernel);
  console.log(`     ${LAB}: Linux ${kernel.release}, emulated`);
  const started = performance.now();
  return await inScratch(async (scratch) => {
    const reports: Report[] = [];
    const problem = await boot({
      machine,
      kernel,
      image: await labImage({
        ...{ machine, kernel, job: writeJob({ files: [...files] }) },
        ...(foreign === undefined ? {} : { foreign }),
      }),
      scratch,
      timeoutSeconds: machine.seconds,
      onLine: (line) => {
        const report = readReport(line);
        if (report === undefined) {
          console.log(`     ${colored ? line : stripVTControlCharacters(line)}`);
        } else {
          reports.push(report);
        }
      },
    });
    const ends = endsOf(kernel, problem, unreported(files, reports));
    tell(LAB, ends, (performance.now() - started) / 1000, problem ?? "");
    return [...reports.flatMap(({ outcomes }) => outcomes), ...ends];
  });
}

/** The files that the machine was to run, and said nothing of before it ended. */
export function unreported(files: readonly JobFile[], reports: readonly Report[]): string[] {
  const seen = new Set(reports.map(({ path }) => path));
  return files.map(({ path }) => path).filter((path) => !seen.has(path));
}

function endsOf(
  { release }: Kernel,
  problem: string | undefined,
  silent: readonly string[],
): Outcome[] {
  const whole = problem === undefined && silent.length === 0;
  const name = `Linux ${release} boots, reports and turns off`;
  return [
    { file: LAB, name, status: whole ? "passed" : "failed" },
    ...silent.map((file): Outcome => ({ file, name: "reported nothing", status: "failed" })),
  ];
}

/** On the machine of CI, which has all of it, nothing is an excuse. */
function without(reason: string): Outcome[] {
  const status = process.env["CI"] === "true" ? "failed" : "skipped";
  const outcome: Outcome = { file: LAB, name: `all tests (skipped: needs ${reason})`, status };
  tell(LAB, [outcome], 0, reason);
  return [outcome];
}

async function kernelOrReason(machine: LabMachine): Promise<Kernel | string> {
  const programs = [machine.qemu, "busybox", "depmod", "dpkg", "setpriv"];
  const missing = programs.filter((name) => findProgram(name) === undefined);
  if (missing.length > 0) return missing.join(", ");
  return await findKernel(machine).catch((error: unknown) => {
    const message = errorText(error);
    return `Debian's cloud kernel; ${message.replaceAll(/\s+/g, " ")}`;
  });
}
