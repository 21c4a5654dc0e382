import { expect } from "bun:test";
import { fileURLToPath } from "node:url";
import { run } from "../support/exec.ts";
import { requireOwnNamespaces } from "../support/namespaces.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins, newestPlugins } from "../support/plugin-sets.ts";

const SCRIPT = fileURLToPath(new URL("./dbnet.sh", import.meta.url));

// Debian's set is not here: its portmap fails every CHECK of a network with one address family.
for (const set of [newestPlugins(), hawserPlugins()]) {
  const missing = set.missing ?? (Bun.which("busybox") === null ? "busybox" : undefined);
  const name = `a shell script that only knows the specification runs dbnet with the plugins of ${set.name}`;
  const body = async (): Promise<void> => {
    requireOwnNamespaces();
    const answer = await run(["unshare", "--net", "--mount", "sh", SCRIPT, set.dir]);
    expect({ exitCode: answer.exitCode, stderr: answer.stderr }).toEqual({
      exitCode: 0,
      stderr: "",
    });
    const words = answer.stdout.split("\n").map((line) => line.split(/[: ]/)[0]);
    expect(words.slice(0, 4)).toEqual(["added", "checked", "connected", "removed"]);
  };
  skipBecause(missing)(name, body, 30_000);
}
