import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../tools/test/files.ts";
import { must, type RunAnswer, run } from "./exec.ts";

/** A step of the workflow in docs/writing-a-plugin.md, run where it finds both plugins of that page. */

const EXAMPLES = join(ROOT, "examples/plugins");
const USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"];

/** The step that checks this plugin. */
export function stepFor(plugin: string): string {
  const steps = readFileSync(join(EXAMPLES, "conformance.yml"), "utf8").match(/(?<=^- run: ).*/gm);
  const step = steps?.find((line) => line.split(" ").includes(`bin/${plugin}`));
  if (step === undefined) throw new Error(`no step of the workflow checks bin/${plugin}`);
  return step;
}

/** Runs a command as an ordinary user, with the files of this one and nothing else. */
export async function runStep(command: string, timeoutMs: number): Promise<RunAnswer> {
  const dir = mkdtempSync(join(tmpdir(), "hawser-step-"));
  try {
    const [bin, wire] = [join(dir, "bin"), join(EXAMPLES, "wire.ts")];
    mkdirSync(bin);
    await must([process.execPath, "build", "--compile", "--outfile", join(bin, "wire"), wire]);
    copyFileSync(join(EXAMPLES, "prohibit.sh"), join(bin, "prohibit"));
    chmodSync(join(bin, "prohibit"), 0o755);
    copyFileSync(join(EXAMPLES, "prohibit.json"), join(dir, "prohibit.json"));
    symlinkSync(join(ROOT, "dist/hawser"), join(dir, "hawser"));
    const env = { PATH: `${dir}:${process.env["PATH"] ?? ""}`, HOME: dir };
    return await run([...USER, ...command.split(" ")], { cwd: dir, env, timeoutMs });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
