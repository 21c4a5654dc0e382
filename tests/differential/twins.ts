import { fileURLToPath } from "node:url";
import { missing as cnitoolMissing, OURS, THEIRS } from "../peers/cnitool.ts";
import { patient } from "../support/patience.ts";
import { hawserPlugins, newestPlugins } from "../support/plugin-sets.ts";
import { type Case, type Outcome, RUNTIME } from "./case.ts";
import { type Judgement, judge } from "./compare.ts";

/** Plays a case on two hosts at once: Go's plugins on one, ours on the other. */

const SIDE = fileURLToPath(new URL("./side.ts", import.meta.url));
/** A user other than root gets a user namespace in which it is root. */
const USER = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];

/** Why nothing can be compared on this machine; undefined when it can. */
export function missing(): string | undefined {
  return newestPlugins().missing ?? cnitoolMissing();
}

export interface Played {
  readonly theirs: readonly Outcome[];
  readonly ours: readonly Outcome[];
  readonly judgement: Judgement;
}

export async function play(played: Case): Promise<Played> {
  const [go, own] = [newestPlugins().dir, hawserPlugins().dir];
  const [theirs, ours] = await Promise.all(
    played.subject === RUNTIME
      ? [side(played, go, THEIRS.path), side(played, go, OURS.path)]
      : [side(played, go), side(played, own)],
  );
  return { theirs, ours, judgement: judge(played, theirs, ours) };
}

async function side(played: Case, ...words: string[]): Promise<Outcome[]> {
  const argv = ["unshare", ...USER, "--net", "--mount", process.execPath, SIDE, ...words];
  const child = Bun.spawn(argv, {
    stdin: new TextEncoder().encode(JSON.stringify(played)),
    stdout: "pipe",
    stderr: "pipe",
    timeout: patient(120_000),
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (child.exitCode !== 0) {
    throw new Error(`the host of ${words.join(" ")} ended: ${stderr.slice(-2000)}`);
  }
  return JSON.parse(stdout) as Outcome[];
}
