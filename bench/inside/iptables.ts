import { run } from "../../tests/support/exec.ts";
import { addressAt, portAt } from "./numbers.ts";

/** Rules of the shape that the reference plugins make with iptables, for many attachments at once. */

const LIMIT_MS = 600_000;

/** What the bridge plugin makes to masquerade an attachment: a chain, and a rule that leads to it. */
export function sourceRules(at: number): string[] {
  const chain = `CNI-f111${String(at).padStart(20, "0")}`;
  const comment = `-m comment --comment "name: \\"dbnet\\" id: \\"fill-${at}\\""`;
  return [
    `:${chain} - [0:0]`,
    `-A ${chain} -d 10.1.0.0/16 ${comment} -j ACCEPT`,
    `-A ${chain} ! -d 224.0.0.0/4 ${comment} -j MASQUERADE`,
    `-A POSTROUTING -s ${addressAt(at)}/32 ${comment} -j ${chain}`,
  ];
}

/** What the portmap plugin makes for one TCP port. */
export function portRules(at: number): string[] {
  const chain = `CNI-DN-f111${String(at).padStart(16, "0")}`;
  const port = portAt(at);
  const comment = `-m comment --comment "dnat name: \\"dbnet\\" id: \\"fill-${at}\\""`;
  return [
    `:${chain} - [0:0]`,
    `-A ${chain} -s 10.1.0.0/16 -p tcp -m tcp --dport ${port} -j CNI-HOSTPORT-SETMARK`,
    `-A ${chain} -s 127.0.0.1/32 -p tcp -m tcp --dport ${port} -j CNI-HOSTPORT-SETMARK`,
    `-A ${chain} -p tcp -m tcp --dport ${port} -j DNAT --to-destination ${addressAt(at)}:80`,
    `-A CNI-HOSTPORT-DNAT -p tcp ${comment} -m multiport --dports ${port} -j ${chain}`,
  ];
}

/** Adds lines to the table `nat`; the plugins have made their own chains before. */
export async function restore(lines: readonly string[]): Promise<void> {
  const chains = lines.filter((line) => line.startsWith(":"));
  const rules = lines.filter((line) => !line.startsWith(":"));
  const stdin = `${["*nat", ...chains, ...rules, "COMMIT"].join("\n")}\n`;
  const answer = await run(["iptables-restore", "--noflush"], { stdin, timeoutMs: LIMIT_MS });
  if (answer.exitCode !== 0) throw new Error(`iptables-restore: ${answer.stderr.trim()}`);
}
