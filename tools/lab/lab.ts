import { stripVTControlCharacters } from "node:util";
import { errorText } from "../../src/base/index.ts";
import { HERE } from "../build/architecture.ts";
import type { Outcome } from "../test/outcome.ts";
import { inScratch } from "../test/process.ts";
import { tell } from "../test/tell.ts";
import { findProgram, type PackageSource } from "./apt.ts";
import { type Foreign, labImage } from "./contents.ts";
import { type JobFile, type Report, readReport, writeJob } from "./job.ts";
import { findKernel, type Kernel } from "./kernel.ts";
import { labMachine } from "./machine.ts";
import { boot } from "./qemu.ts";

/** Runs kernel tests on Debian's kernel, which has what the kernel of a test machine may lack. */

const LAB = "kernel lab";

const colored = process.stdout.isTTY === true;

/** The machine that runs the tests, when it is not this one's like with this one's kernel. */
export interface LabChoice extends Partial<PackageSource> {
  /** Needed where the machine's architecture is not this one's. */
  readonly foreign?: Foreign;
}

/** Runs files in the lab. */
export async function runLab(
  files: readonly JobFile[],
  { machine = labMachine(HERE), suite, foreign }: LabChoice = {},
): Promise<Outcome[]> {
  if (files.length === 0) return [];
  const kernel = await kernelOrReason({ machine, suite });
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

async function kernelOrReason(source: PackageSource): Promise<Kernel | string> {
  const programs = [source.machine.qemu, "busybox", "depmod", "dpkg", "setpriv"];
  const missing = programs.filter((name) => findProgram(name) === undefined);
  if (missing.length > 0) return missing.join(", ");
  return await findKernel(source).catch((error: unknown) => {
    const message = errorText(error);
    return `Debian's cloud kernel; ${message.replaceAll(/\s+/g, " ")}`;
  });
}
