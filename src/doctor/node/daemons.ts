/** The daemons: is a process behind each socket, and is it of this version? */
import { existsSync, lstatSync } from "node:fs";
import { dirname } from "node:path";
import { shellWord } from "../../base/index.ts";
import { isObject, type JsonValue } from "../../spec/index.ts";
import { isListening } from "../../state/index.ts";
import type { Report } from "../report.ts";
import type { NodeStage } from "./stage.ts";

const ANSWER_MS = 500;
const STATUS_SOCKET = "status.sock";
const UNIT = "hawser.service";
/** Where systemd keeps what is to be started: by `systemctl enable`, and by packages. */
const UNIT_DIRS = ["/etc", "/run", "/usr/lib", "/lib"].map((dir) => `${dir}/systemd/system`);
/** There while systemd is the system's first process. */
const SYSTEMD = "/run/systemd/system";

export const daemons: NodeStage = {
  name: "daemons",
  title: "daemons",
  async look({ node }, report) {
    const { daemon, dhcp } = node.sockets;
    const notes = [await nodeDaemon(report, daemon, node.version), dhcpDaemon(report, dhcp)];
    report.pass(notes.filter((text) => text !== "").join("; ") || "none is set up: none is needed");
  },
};

async function nodeDaemon(report: Report, path: string, version: string): Promise<string> {
  report.look(path);
  const isThere = isSocket(path);
  const isEnabled = enabled(report);
  if (!isThere && !isEnabled) return "";
  const answers = isThere && isListening(path);
  if (!answers) {
    gone(report, { path, isThere, isEnabled });
    return "";
  }
  const status = `${dirname(path)}/${STATUS_SOCKET}`;
  report.look(status);
  const answer = await ask(status);
  // A socket of systemd's listens before the daemon has been started by its first call.
  if (answer === undefined) return "the node daemon's socket listens";
  if (!answer.ready) {
    report.find(
      "daemon-unhealthy",
      "the node daemon says that it is not ready",
      "hawser daemon --status",
    );
  }
  if (answer.version !== version) {
    report.find(
      "daemon-of-other-version",
      `the daemon that runs is ${answer.version || "of an unknown version"}, and this executable ${version}`,
      existsSync(SYSTEMD) ? `systemctl restart ${UNIT}` : "hawser daemon --replace",
    );
  }
  return `the node daemon ${answer.version} answers`;
}

function gone(
  report: Report,
  {
    path,
    isThere,
    isEnabled,
  }: { readonly path: string; readonly isThere: boolean; readonly isEnabled: boolean },
): void {
  const runsSystemd = existsSync(SYSTEMD);
  if (isEnabled && runsSystemd) {
    report.find(
      "unit-failed",
      `${UNIT} is enabled, and no daemon answers at ${path}`,
      `systemctl restart hawser.socket ${UNIT}`,
    );
  } else if (isThere) {
    report.find(
      "daemon-gone",
      `${path} is the socket of a daemon that runs no more: plugins work without it, each by itself`,
      `rm ${shellWord(path)}`,
    );
  }
}

function enabled(report: Report): boolean {
  return UNIT_DIRS.some((dir) => {
    const link = `${dir}/multi-user.target.wants/${UNIT}`;
    report.look(link);
    return lstatSync(link, { throwIfNoEntry: false }) !== undefined;
  });
}

function dhcpDaemon(report: Report, path: string): string {
  report.look(path);
  if (!isSocket(path)) return "";
  if (isListening(path)) return "the DHCP daemon's socket listens";
  report.find(
    "dhcp-daemon-gone",
    `${path} is the socket of a DHCP daemon that runs no more: networks with dhcp attach nothing, and leases end`,
    `rm -f ${shellWord(path)} && hawser dhcp daemon`,
  );
  return "";
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}

async function ask(path: string): Promise<{ ready: boolean; version: string } | undefined> {
  const answer = await statusAt(path);
  if (!isObject(answer)) return undefined;
  const { ready, version } = answer;
  return { ready: ready === true, version: typeof version === "string" ? version : "" };
}

/** What the daemon that listens at a path answers about itself; undefined when none does. */
export async function askDaemon(socket: string): Promise<JsonValue | undefined> {
  return await statusAt(`${dirname(socket)}/${STATUS_SOCKET}`);
}

async function statusAt(path: string): Promise<JsonValue | undefined> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch("http://daemon/status", { unix: path, signal });
    return (await response.json()) as JsonValue;
  } catch {
    return undefined;
  }
}
