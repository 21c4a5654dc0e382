import { startable } from "./programs.ts";

/** What a program printed. Fails the test, with its words, when it failed. */
export function run(command: readonly string[], stdin = ""): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(startable(command), {
    stdin: Buffer.from(stdin),
  });
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr.toString()}`);
  return stdout.toString();
}

/** Lines of a shell script inside a network namespace of their own; their standard output. */
export function elsewhere(script: string, stdin = ""): string {
  startable(["nft"]);
  return run(["unshare", "-n", "-m", "sh", "-e", "-c", script], stdin);
}

/**
 * The ruleset as `nft -j` lists it, without what differs from one making to the next: handles,
 * and the order of elements in a hash.
 */
export function ruleset(json: string = run(["nft", "-j", "list", "ruleset"])): unknown[] {
  const { nftables } = JSON.parse(json) as { nftables: unknown[] };
  return nftables.slice(1).map(normalise);
}

function normalise(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalise);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "handle");
  return Object.fromEntries(
    entries.map(([key, inner]) => {
      const clean = normalise(inner);
      if (key !== "elem" || !Array.isArray(clean)) return [key, clean];
      return [key, clean.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))];
    }),
  );
}
