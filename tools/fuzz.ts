/**
 * `npm run fuzz`: what reads the words of strangers is fed what no program writes. `-- --seconds 600`: so long
 * together; `--only dhcp`: that target, again for more; `--seed 7`: the same inputs again.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { COMPILER } from "./build/architecture.ts";
import { buildFuzzer, SANITIZER_ENV } from "./build/sanitized.ts";
import { fuzz } from "./fuzz/target.ts";
import { TARGETS } from "./fuzz/targets.ts";
import { ROOT } from "./test/files.ts";
import { run } from "./test/process.ts";

const ENTRY = "entry";
const NAMES = [ENTRY, ...TARGETS.map(({ name }) => name)];
/** The fuzzer of the entry program ends by its time. */
const RUNS_MAX = 1_000_000_000;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    only: { type: "string", multiple: true },
    seed: { type: "string" },
  },
});
const seconds = whole("--seconds", values.seconds);
const seed = whole("--seed", values.seed ?? String(Date.now() % 1_000_000));
const chosen = NAMES.filter((name) => values.only?.includes(name) ?? true);
const unknown = values.only?.filter((name) => !NAMES.includes(name)) ?? [];
if (unknown.length > 0) {
  console.error(`no such target: ${unknown.join(", ")}; there are ${NAMES.join(", ")}`);
  process.exit(2);
}

let failures = 0;
for (const name of chosen) {
  const share = Math.max(1, Math.floor(seconds / chosen.length));
  const problem = await feed(name, share);
  console.log(problem === undefined ? `ok   ${name}` : `FAIL ${name}\n${problem}`);
  if (problem !== undefined) failures += 1;
}
console.log(`${chosen.length} targets, ${failures} failed; seed ${seed}`);
process.exitCode = failures === 0 ? 0 : 1;

async function feed(name: string, share: number): Promise<string | undefined> {
  const target = TARGETS.find((one) => one.name === name);
  return target === undefined
    ? await feedEntry(share)
    : await fuzz(target, { seconds: share, seed });
}

/** The entry program is C: a fuzzer of its own plays the kernel to it, under sanitizers. */
async function feedEntry(share: number): Promise<string | undefined> {
  const scratch = mkdtempSync(join(tmpdir(), "hawser-fuzz-"));
  try {
    const must = async (argv: readonly string[]): Promise<void> => {
      const { exitCode, output } = await run(argv, { cwd: ROOT, timeoutSeconds: 120 });
      if (exitCode !== 0) throw new Error(`${COMPILER}: ${output}`);
    };
    const program = await buildFuzzer({ native: join(ROOT, "native"), scratch, must });
    const argv = [program, String(seed), String(RUNS_MAX), String(share * 1000)];
    const options = { cwd: scratch, env: SANITIZER_ENV, timeoutSeconds: share + 60 };
    const { exitCode, output } = await run(argv, options);
    return exitCode === 0 ? undefined : output;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function whole(option: string, text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  console.error(`${option} wants a whole number, not ${JSON.stringify(text)}`);
  process.exit(2);
}
