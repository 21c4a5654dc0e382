import { built } from "../demo/built.ts";
import { packageOf } from "../setup/packages.ts";

/** Programs that the nodes and the store are made of. */
const PROGRAMS = ["etcd", "etcdctl", "ip", "nft"] as const;

/** Why the demo cannot be played here, and what brings what is missing; undefined when it can. */
export async function obstacle(): Promise<string | undefined> {
  const missing = PROGRAMS.filter((name) => Bun.which(name) === null);
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((name) => packageOf(name) ?? name))];
    return (
      `A fleet needs ${missing.join(", ")}, which this machine lacks: of the Debian and Ubuntu ` +
      `packages ${packages.join(", ")}.\n\`npm run setup\` brings them.`
    );
  }
  return await built();
}
