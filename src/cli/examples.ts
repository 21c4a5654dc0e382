/** The examples that the help of each command ends with. */
import type { Command } from "commander";

interface Example {
  /** What it is for: a line above it. */
  readonly text: string;
  readonly line: string;
}

/** By the words of the command: two or three each. */
const EXAMPLES: Readonly<Record<string, readonly (readonly [text: string, line: string])[]>> = {
  add: [
    [
      "a namespace of ip netns, with port 8080 of the host leading to its port 80",
      "hawser add dbnet blue --port 8080:80",
    ],
    [
      "by a file, with an address and a MAC of your choice",
      "hawser add ./dbnet.conflist blue --ip 10.1.0.7/16 --mac 02:00:00:00:00:07",
    ],
  ],
  check: [
    ["what is attached in the namespace blue", "hawser check dbnet blue"],
    ["by the beginning of the container's ID", "hawser check dbnet --id 4f2a"],
  ],
  del: [
    ["by the namespace", "hawser del dbnet blue"],
    ["by the container's ID, when the namespace is gone", "hawser del dbnet --id 4f2a"],
  ],
  plan: [
    ["what an add would do", "hawser plan dbnet blue --port 8080:80"],
    ["the same for a program", "hawser plan ./dbnet.conflist blue --json"],
  ],
  diff: [
    ["which containers the edited file is about", "hawser diff dbnet"],
    ["an edit that is not in place yet", "hawser diff ./dbnet.conflist"],
  ],
  ls: [
    ["everything", "hawser ls"],
    ["what has been left behind on one network", "hawser ls dbnet --state leak --state orphan"],
    ["for a script: a line for each", "hawser ls --format '{{containerId}} {{addresses}}'"],
  ],
  show: [
    ["by a pod", "hawser show default/web-1"],
    ["by an address", "hawser show 10.1.0.7"],
  ],
  networks: [
    ["all, and the files that are passed over", "hawser networks"],
    ["those in another directory", "hawser networks --conf-dir ./net.d"],
  ],
  watch: [
    ["everything, until you interrupt it", "hawser watch"],
    ["one network, a line of JSON for each change", "hawser watch dbnet --json"],
  ],
  ui: [
    ["on this machine: open the address that it prints", "hawser ui"],
    ["from another one: the command that it prints leads there", "hawser ui --socket ./ui.sock"],
  ],
  gc: [
    ["what would go that is left of ended containers", "hawser gc dbnet --dead --dry-run"],
    [
      "keep these two, and remove all else of the network",
      "hawser gc dbnet --valid 4f2a90:eth0 --valid 77c1d3:eth0",
    ],
  ],
  status: [
    ["every network", "hawser status"],
    ["one, for a program", "hawser status dbnet --json"],
  ],
  version: [
    ["Hawser's own", "hawser version"],
    ["what the plugins of a network speak", "hawser version dbnet"],
  ],
  ip: [
    ["who has it, and who had it", "hawser ip 10.1.0.7"],
    ["the same of an IPv6 address, for a program", "hawser ip fd00:10:1::7 --json"],
  ],
  map: [
    ["all of the node", "hawser map"],
    ["where port 8080 of the host leads, step by step", "hawser map --path 8080"],
    ["a picture of what is wrong", "hawser map --state drift --svg"],
  ],
  ports: [
    ["all of the host", "hawser ports"],
    ["who has port 53 of UDP", "hawser ports 53/udp"],
  ],
  pools: [
    ["how full each range is", "hawser pools"],
    ["what is reserved for containers that are gone", "hawser pools dbnet --leaked"],
  ],
  validate: [
    ["where the node's networks are configured", "hawser validate"],
    ["files of a repository, in its CI", "hawser validate ./net.d --strict --format github"],
    ["what could be mended by itself", "hawser validate ./net.d --fix --dry-run"],
  ],
  sync: [
    ["what is missing anywhere", "hawser sync --all --dry-run"],
    ["put it back for one network", "hawser sync dbnet"],
  ],
  "cluster status": [
    ["the only fleet of this node", "hawser cluster status"],
    ["for a program", "hawser cluster status --network pods --json"],
  ],
  "cluster nodes": [
    ["who is alive, and what each node holds", "hawser cluster nodes"],
    ["of one fleet", "hawser cluster nodes --network pods"],
  ],
  "cluster blocks": [
    ["every block that has been used", "hawser cluster blocks"],
    ["what one node holds", "hawser cluster blocks --node node-3"],
  ],
  "cluster ip": [
    ["which node has it, and which container", "hawser cluster ip 10.42.0.77"],
    ["for a program", "hawser cluster ip 10.42.0.77 --json"],
  ],
  "cluster check": [
    ["what differs, and what mends it", "hawser cluster check"],
    ["of one fleet, for a program", "hawser cluster check --network pods --json"],
  ],
  "cluster release": [
    ["a block of a node that will not come back", "hawser cluster release 10.42.0.64/26"],
    ["an address, by a script", "hawser cluster release 10.42.0.77 --yes"],
    ["a name that will not come back", "hawser cluster release --name default/web-0"],
  ],
  "cluster forget": [
    ["shows what that frees, and asks", "hawser cluster forget node-3"],
    ["by a script", "hawser cluster forget node-3 --yes"],
  ],
  "cluster init": [
    ["set the fleet up by its file", "hawser cluster init ./pods.conflist"],
    ["go on when the store was restored from a backup", "hawser cluster init pods --resume"],
  ],
  doctor: [
    ["the node as a whole", "hawser doctor"],
    ["why a pod cannot reach a name server", "hawser doctor default/web-1 --to 10.96.0.10:53/udp"],
  ],
  report: [
    ["a new file in this directory", "hawser report"],
    [
      "for somebody who need not know the addresses",
      "hawser report --mask-addresses -o node-1.html",
    ],
  ],
  "trace list": [
    ["the last operations", "hawser trace list"],
    ["those of one pod", "hawser trace list default/web-1"],
  ],
  "trace on": [
    ["for ten minutes", "hawser trace on --for 10m"],
    ["of one network, until it is switched off", "hawser trace on --network dbnet"],
  ],
  "trace off": [
    ["and keep what is recorded", "hawser trace off"],
    ["and remove it", "hawser trace off --clear"],
  ],
  "trace status": [
    ["for people", "hawser trace status"],
    ["for a program", "hawser trace status --json"],
  ],
  "trace show": [
    ["one operation, by the beginning of its ID", "hawser trace show 3fa9"],
    ["all of a pod", "hawser trace show default/web-1"],
  ],
  "trace export": [
    [
      "all calls of a pod, for a bug report",
      "hawser trace export default/web-1 --output web-1.calls",
    ],
    ["everything that is recorded", "hawser trace export --output node.calls"],
  ],
  replay: [
    ["a bug report, on a throwaway host", "hawser replay web-1.calls"],
    ["the same calls with the Go plugins", "hawser replay web-1.calls --plugin /opt/cni/bin"],
  ],
  daemon: [
    ["as its unit starts it", "hawser daemon"],
    ["how the one that runs is", "hawser daemon --status"],
    ["who had an address at noon", "hawser daemon --history 10.1.0.7 --at 2026-11-30T12:00:00Z"],
  ],
  install: [
    ["plugins, units and a network", "hawser install --systemd --conflist ./dbnet.conflist"],
    ["what that would do", "hawser install --systemd --dry-run"],
    ["whether all is as it was installed", "hawser install --verify"],
  ],
  uninstall: [
    ["what would go, and what comes back", "hawser uninstall --dry-run"],
    ["from another directory", "hawser uninstall --bin-dir /usr/lib/cni"],
  ],
  "conformance plugin": [
    ["one plugin, thoroughly", "hawser conformance plugin /opt/cni/bin/bridge --profile full"],
    ["the checks of one rule", "hawser conformance plugin --list --rule R45"],
  ],
  "conformance runtime": [
    ["by its adapter", "hawser conformance runtime ./adapter"],
    ["with a report for CI", "hawser conformance runtime ./adapter --junit report.xml"],
  ],
  completion: [
    ["for this bash", "hawser completion bash"],
    ["for a file that fish reads", "hawser completion fish"],
  ],
};

/** Those of a command; none for a command that has subcommands alone. */
export function examplesOf(command: Command): Example[] {
  return (EXAMPLES[wordsOf(command).join(" ")] ?? []).map(([text, line]) => ({ text, line }));
}

/** The words of a command behind `hawser`. */
export function wordsOf(command: Command): string[] {
  return command.parent === null ? [] : [...wordsOf(command.parent), command.name()];
}

/** Lets the help of each command end with its examples. */
export function addExamples(program: Command): void {
  for (const command of program.commands) {
    const examples = examplesOf(command);
    if (examples.length > 0) command.addHelpText("after", () => examplesText(examples));
    addExamples(command);
  }
}

function examplesText(examples: readonly Example[]): string {
  const lines = examples.map(({ text, line }) => `  # ${text}\n  ${line}`);
  return `\nExamples:\n${lines.join("\n")}`;
}
