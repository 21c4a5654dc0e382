import { expect } from "bun:test";
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
import { needs } from "./needs.ts";

/** A step of the workflow in docs/writing-a-plugin.md, run where it finds both plugins of that page. */

const EXAMPLES = join(ROOT, "examples/plugins");
const USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"];

const RUN_MS = 400_000;
/** Fewer would mean that the suite had nothing to say. */
const CHECKS_MIN = 100;

/** Registers the test that the step for this plugin finds nothing, no SHOULD either. */
export function testStep(plugin: string): void {
  needs(
    "ip",
    "jq",
    "nsenter",
    "unshare",
    "kernel:ipv6",
  )(
    `${plugin} keeps all that the suite can try, each SHOULD too`,
    async () => {
      const { stdout, exitCode } = await runStep(`${stepFor(plugin)} --strict`);
      expect(stdout).toContain(" 0 failed, ");
      expect(exitCode).toBe(0);
      expect(Number(/^(\d+) passed/m.exec(stdout)?.[1])).toBeGreaterThan(CHECKS_MIN);
    },
    RUN_MS,
  );
}

/** The step that checks this plugin. */
function stepFor(plugin: string): string {
  const steps = readFileSync(join(EXAMPLES, "conformance.yml"), "utf8").match(/(?<=^- run: ).*/gm);
  const step = steps?.find((line) => line.split(" ").includes(`bin/${plugin}`));
  if (step === undefined) throw new Error(`no step of the workflow checks bin/${plugin}`);
  return step;
}

/** Runs a command as an ordinary user, with the files of this one and nothing else. */
async function runStep(command: string): Promise<RunAnswer> {
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
    return await run([...USER, ...command.split(" ")], { cwd: dir, env, timeoutMs: RUN_MS });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
