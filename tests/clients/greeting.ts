import { ask } from "../support/greeter.ts";
import { leaks } from "../support/shared-objects.ts";
import { diff, type Snapshot } from "../support/snapshot.ts";

/** A shell line by which a container greets every client of its port 80. */
export const SERVER = "while true; do echo hello from $HOSTNAME | nc -l -p 80; done";

const TRIES = 20;
const PAUSE_MS = 50;

/** What a port says, as soon as a server listens there. */
export async function answers(address: string, port: number): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask(address, port);
    } catch (error) {
      if (attempt === TRIES) throw error;
      await Bun.sleep(PAUSE_MS);
    }
  }
}

/** The clients and podman's network leave these besides what plugins leave. */
const CLIENTS_OWN: readonly RegExp[] = [
  // The firewall plugin's top-level chains.
  /^\+ (iptables|nft): .*CNI-(FORWARD|ADMIN)/,
  /^\+ (iptables|nft): .*CNI firewall plugin/,
  // podman's lock for all CNI networks, and the clients' directories.
  /^\+ file: \/run\/(libpod|containerd|containers|crun|runc|lock|user|netns|podman)\b/,
  /^\+ file: \/run\/lock\b/,
];

/** What plugins have left of a client's containers between two looks. */
export function clientLeaks(before: Snapshot, after: Snapshot): string[] {
  const difference = leaks(diff(before, after));
  return difference.filter((line) => !CLIENTS_OWN.some((pattern) => pattern.test(line)));
}
