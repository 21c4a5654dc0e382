import { lockFile } from "../files/index.ts";

/**
 * Runs `work` while no other process or call does so under the same lock file. For rules that
 * several want to make when they are missing: iptables' own lock does not span looking and making.
 */
export async function underLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  using _lock = await lockFile({ path, details: "another plugin is changing rules" });
  return await work();
}
