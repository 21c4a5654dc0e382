import { Prefix } from "../../../addr/index.ts";
import { differs } from "../../../state/index.ts";
import { portChain, save } from "../../../state/iptables/index.ts";
import {
  DNAT,
  entryPorts,
  type IptablesPorts,
  sharedLines,
  type TargetRule,
  targetRules,
  targetsIn,
} from "./iptables.ts";
import { type Target, targetText } from "./mapping.ts";

/** Compares every rule of the container, and those that lead to it, with the promised ones. */
export async function checkIptables(
  ports: IptablesPorts,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  for (const { ip } of ports.containers) {
    const present = (await save(ip.family, "nat", { env })).split("\n");
    checkFamily(ports, ip.family, present);
  }
}

function checkFamily(ports: IptablesPorts, family: 4 | 6, present: readonly string[]): void {
  const chain = portChain(ports.owner.network, ports.owner.containerId);
  const [shared] = sharedLines(ports, present);
  if (shared !== undefined) {
    const what = shared.startsWith("-N ")
      ? `chain ${shared.slice("-N ".length)}`
      : `the rule ${shared}`;
    throw differs(`iptables: table nat of IPv${family} lacks ${what}`);
  }
  for (const { protocol, list } of entryPorts(ports.mappings)) {
    const isEntry = (line: string): boolean =>
      line.startsWith(`-A ${DNAT} `) &&
      line.includes(` -p ${protocol} `) &&
      line.includes(`-m multiport --dports ${list} `) &&
      line.endsWith(` -j ${chain}`);
    if (!present.some(isEntry)) {
      throw differs(
        `iptables: no rule of ${DNAT} leads ${protocol} ports ${list} of IPv${family} to chain ${chain}`,
      );
    }
  }
  for (const target of targetsIn(ports, family)) {
    const missing = targetRules(ports, target).find(
      (rule) => !present.includes(savedLine(chain, target, rule)),
    );
    if (missing === undefined) continue;
    throw differs(
      `iptables: chain ${chain} does not map ${targetText(target)}`,
      `missing: ${savedLine(chain, target, missing)}`,
    );
  }
}

/** A rule in the words of iptables-save. */
function savedLine(chain: string, { mapping, hostIp }: Target, rule: TargetRule): string {
  const { protocol, hostPort } = mapping;
  const source = rule.source === undefined ? "" : address("-s", rule.source);
  const destination = hostIp === undefined ? "" : address("-d", hostIp.toString());
  const port = `-p ${protocol} -m ${protocol} --dport ${hostPort}`;
  return `-A ${chain} ${source}${destination}${port} -j ${rule.jump}`;
}

/** Always with a length and without host bits; everywhere is not shown. */
function address(option: "-s" | "-d", text: string): string {
  const length = text.includes(":") ? 128 : 32;
  const prefix = Prefix.parse(text.includes("/") ? text : `${text}/${length}`).network();
  return prefix.length === 0 ? "" : `${option} ${prefix.toString()} `;
}
