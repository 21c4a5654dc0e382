import { spawnSync } from "node:child_process";
import { readlinkSync } from "node:fs";

/** Set for the process inside: the network namespace that it must not be in. */
const OUTSIDE = "HAWSER_DEMO_OUTSIDE_NETNS";
const FAILED = 1;
const NAMESPACES = ["--net", "--mount", "--propagation", "private"];
/** As root there may be rights to make namespaces, or not, as in a container without them. */
const AS_USER = ["--user", "--map-root-user"];
/** What the process inside keeps of the environment: no proxy, nothing of CNI's. */
const KEPT = ["PATH", "HOME", "TMPDIR", "TERM", "LANG", "NO_COLOR", "FORCE_COLOR"];

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

type Environment = Readonly<Record<string, string | undefined>>;

function ownNetns(): string {
  return readlinkSync("/proc/self/ns/net");
}

/** Whether this process is in the throwaway host already, and really in another namespace. */
export function isInside(env: Environment): boolean {
  const outside = env[OUTSIDE];
  if (outside === undefined) return false;
  if (outside !== ownNetns()) return true;
  throw new Error("this is the machine's own network namespace: nothing is played there");
}

/** Runs a program anew in namespaces of its own and gives its exit code. */
export async function enterThrowawayHost(
  program: string,
  words: readonly string[],
  env: Environment,
): Promise<number> {
  const reasons: string[] = [];
  for (const extra of process.getuid?.() === 0 ? [[], AS_USER] : [AS_USER]) {
    const flags = [...extra, ...NAMESPACES];
    const trial = spawnSync("unshare", [...flags, "true"], { encoding: "utf8" });
    if (trial.error !== undefined) {
      reasons.push(`unshare cannot be started: ${trial.error.message}`);
      break;
    }
    if (trial.status !== 0) {
      reasons.push(trial.stderr.trim());
      continue;
    }
    const kept = KEPT.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
    const inside = { ...Object.fromEntries(kept), [OUTSIDE]: ownNetns() } as Record<string, string>;
    return await runInside(["unshare", ...flags, process.execPath, program, ...words], inside);
  }
  process.stderr.write(missing(reasons));
  return FAILED;
}

/** A terminal sends its signals to both; what the process inside makes of them is waited for. */
async function runInside(argv: readonly string[], env: Record<string, string>): Promise<number> {
  const child = Bun.spawn([...argv], { env, stdio: ["inherit", "inherit", "inherit"] });
  const pass = (signal: NodeJS.Signals): void => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, pass);
  const code = await child.exited;
  for (const signal of SIGNALS) process.off(signal, pass);
  return code;
}

function missing(reasons: readonly string[]): string {
  return `This needs a network of its own, and cannot make one:
${reasons.map((reason) => `  ${reason}\n`).join("")}
It needs \`unshare\` (package util-linux) and Linux with user namespaces, or root. Where they are
switched off, one of these allows them (as root):
  sysctl -w user.max_user_namespaces=10000
  sysctl -w kernel.unprivileged_userns_clone=1
  sysctl -w kernel.apparmor_restrict_unprivileged_userns=0
`;
}
