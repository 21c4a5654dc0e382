/** What cnitool tells about itself. */
import type { CommandTree, ProgramTree } from "../completion/tree.ts";

const SHORT: Readonly<Record<string, string>> = {
  add: "Attach a network namespace to a network",
  check: "Check that an attachment is as it should be",
  completion: "Print a completion script for bash, zsh or fish",
  del: "Take a network namespace off a network",
  gc: "Remove all attachments of a network and what plugins kept of them",
  help: "Tell more about a command",
  status: "Ask a network's plugins whether they are ready",
};

const FLAGS = `Flags:
  -h, --help            print help
  -i, --ifname string   interface name in the namespace (default: CNI_IFNAME, else eth0)
`;

const ENVIRONMENT = `Environment:
  NETCONFPATH   directory of the configurations (default /etc/cni/net.d)
  CNI_PATH      directories of the plugins
  CNI_ARGS      arguments of the plugins, K=V;K=V
  CAP_ARGS      capability arguments, a JSON object
  CNI_IFNAME    interface name, unless --ifname is given
`;

/** Whether a word is one of the commands. */
export function isCommand(word: string): boolean {
  return Object.hasOwn(SHORT, word);
}

/** The help of the whole program. */
export function programHelp(): string {
  const commands = Object.entries(SHORT).map(([name, text]) => `  ${name.padEnd(12)}${text}`);
  return `Attach network namespaces to networks by CNI, for trying and testing.

Usage:
  cnitool [command]

Commands:
${commands.join("\n")}

${FLAGS}
${ENVIRONMENT}`;
}

/** How a command is called. */
export function usageOf(command: string): string {
  if (command === "completion") return "Usage:\n  cnitool completion bash|zsh|fish\n";
  if (command === "help") return "Usage:\n  cnitool help [command]\n";
  if (SHORT[command] === undefined) return `Usage:\n  cnitool [command]\n\n${FLAGS}`;
  return `Usage:\n  cnitool ${command} <network-name> <netns> [flags]\n\n${FLAGS}`;
}

/** The help of a command; that of the program for a word that is none. */
export function commandHelp(command: string): string {
  const short = SHORT[command];
  return short === undefined ? programHelp() : `${short}.\n\n${usageOf(command)}`;
}

/** The commands, for completion scripts. */
export function cnitoolTree(): ProgramTree {
  const options = [
    { flags: ["-i", "--ifname"], description: "interface name", value: "any" },
    { flags: ["-h", "--help"], description: "print help" },
  ] as const;
  const commands = Object.entries(SHORT).map(([name, description]): CommandTree => {
    if (name === "completion") {
      const positions = [{ at: 0, kind: "words", words: ["bash", "zsh", "fish"] }] as const;
      return { name, description, options: [], positions };
    }
    if (name === "help") {
      const positions = [{ at: 0, kind: "words", words: Object.keys(SHORT) }] as const;
      return { name, description, options: [], positions };
    }
    const positions = [
      { at: 0, kind: "network", words: [] },
      { at: 1, kind: "netns", words: [] },
    ] as const;
    return { name, description, options, positions };
  });
  return { name: "cnitool", commands };
}
