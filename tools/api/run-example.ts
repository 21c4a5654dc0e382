import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createNetns, deleteNetns, Netns } from "../../src/kernel/netns/index.ts";
import { ROOT } from "../test/files.ts";
import { inScratch, run } from "../test/process.ts";
import type { Door } from "./declarations.ts";
import type { Example } from "./docs.ts";
import { runnable } from "./example.ts";

/** Runs examples: each as a program of its own, in a directory that stands for the machine. */

/** A plugin in sh, for examples that run one: it gives every container the same address. */
const HELLO = `#!/bin/sh
case $CNI_COMMAND in
  VERSION) echo '{"cniVersion": "1.1.0", "supportedVersions": ["1.0.0", "1.1.0"]}' ;;
  ADD) echo '{"cniVersion": "1.1.0", "ips": [{"address": "10.1.0.2/16"}]}' ;;
esac
`;

/** What every example finds on its machine. Its paths lead into the scratch directory. */
const FILES: Readonly<Record<string, string>> = {
  "/opt/cni/bin/hello": HELLO,
  "/etc/cni/net.d/10-hello.conflist": JSON.stringify({
    cniVersion: "1.1.0",
    name: "hellonet",
    plugins: [{ type: "hello" }],
  }),
  "/etc/cni/net.d/90-old.conf": JSON.stringify({ cniVersion: "0.4.0", name: "old", type: "hello" }),
  "/etc/cni/net.d/hellonet/50-more.conf": JSON.stringify({ type: "hello", more: true }),
  "/var/lib/cni/": "",
};

const MACHINE_PATH =
  /\/(?:opt\/cni\/bin|etc\/cni\/net\.d|var\/lib\/cni|run\/netns\/(?!web)|run\/hawser)\b/g;

/** The namespace that examples work in which call the kernel. */
const NAMESPACE = "/run/netns/blue";

/** The longest that an example may take. */
const SECONDS = 20;

/** Whether an example calls the kernel: it has to be run where namespaces can be made. */
export function needsNamespace({ code }: Example): boolean {
  return /from "hawser\/netns"|Socket\.open\(|\/run\/netns\/blue/u.test(code);
}

/**
 * Runs an example in a network namespace of its own, beside an empty one under `/run/netns/blue`; gives
 * what was wrong, or undefined. The caller has to be allowed to make namespaces.
 */
export async function problemInNamespace(
  example: Example,
  doors: readonly Door[],
): Promise<string | undefined> {
  return await inScratch(async (scratch) => {
    const blue = join(scratch, NAMESPACE);
    const host = join(scratch, "host");
    createNetns(blue);
    createNetns(host);
    try {
      using netns = Netns.open(host);
      const prepared = prepareExample(example, doors, scratch);
      let running: Promise<string | undefined> | undefined;
      netns.run(() => {
        running = problemOfRun(prepared);
      });
      return await running;
    } finally {
      deleteNetns(blue);
      deleteNetns(host);
    }
  });
}

/** Runs an example; gives what was wrong, or undefined. */
export async function problemOf(
  example: Example,
  doors: readonly Door[],
): Promise<string | undefined> {
  if (/new Runtime\(/.test(example.code) && !example.code.includes("cacheDir")) {
    return `${example.name}: an example with a Runtime names its cacheDir`;
  }
  return await inScratch(async (scratch) => {
    return await problemOfRun(prepareExample(example, doors, scratch));
  });
}

/** An example that only has to be started. */
interface PreparedExample {
  readonly name: string;
  readonly program: string;
  readonly expectations: number;
}

function prepareExample(
  example: Example,
  doors: readonly Door[],
  scratch: string,
): PreparedExample {
  const { code, expectations } = runnable(example, (module) => resolve(doors, module));
  prepare(scratch);
  const program = join(scratch, "example.ts");
  writeFileSync(
    program,
    code.replaceAll(MACHINE_PATH, (path) => join(scratch, path)),
  );
  return { name: example.name, program, expectations };
}

/** The program is started before anything is waited for, and so in the thread's namespace of the call. */
async function problemOfRun({
  name,
  program,
  expectations,
}: PreparedExample): Promise<string | undefined> {
  const argv = [process.execPath, "--no-install", program];
  const cwd = dirname(program);
  const env = { HAWSER_STATE_DIR: join(cwd, "run/hawser") };
  const result = await run(argv, { cwd, env, timeoutSeconds: SECONDS });
  if (result.exitCode === 0 && result.output.includes(`example: met ${expectations}\n`)) {
    return undefined;
  }
  const end = result.timedOut ? `not done after ${SECONDS} s` : `exit code ${result.exitCode}`;
  return `${name}: ${end}\n${result.output.trim()}`;
}

function prepare(scratch: string): void {
  for (const [path, text] of Object.entries(FILES)) {
    const full = join(scratch, path);
    mkdirSync(join(full, path.endsWith("/") ? "" : ".."), { recursive: true });
    if (!path.endsWith("/")) {
      writeFileSync(full, text);
      chmodSync(full, 0o755);
    }
  }
}

/** The sources behind the doors, and packages as the project itself finds them. */
export function resolve(doors: readonly Door[], module: string): string {
  const door = doors.find(({ name }) => name === module);
  if (door !== undefined) return join(ROOT, door.path);
  return module.startsWith("node:") ? module : Bun.resolveSync(module, ROOT);
}
