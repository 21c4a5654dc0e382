/** `hawser watch`: attachments as they come, go, and are not as they should be. */
import { createColors } from "picocolors";
import { attachmentForm } from "../../api/form/index.ts";
import { printable } from "../../base/index.ts";
import { printJson } from "../../spec/index.ts";
import { type Change, watchNode } from "../../view/changes/index.ts";
import { nameShown, requireNetwork } from "../attachments.ts";
import { type CliIo, ExitCode, interruptedCode } from "../io.ts";
import { json } from "../json.ts";
import { placesFor, readNode } from "../node.ts";
import type { CommonOptions } from "../request.ts";
import { Session } from "../session.ts";

/** `hawser watch [NETWORK]`: a line for each change, until it is interrupted. */
export async function runWatch(
  io: CliIo,
  network: string | undefined,
  options: CommonOptions,
): Promise<number> {
  const session = new Session(io, options, "WATCH");
  const code = await session.run(async () => {
    const view = readNode(session); // says what cannot be read
    if (network !== undefined) requireNetwork(view, network);
    for await (const change of watchNode(placesFor(session), io.signal)) {
      if (network !== undefined && change.attachment.network !== network) continue;
      io.stdout.write(session.json ? lineJson(change) : lineText(change, io));
      if (io.stdout.isClosed?.() === true) return;
    }
  });
  if (code !== ExitCode.DONE || !io.signal.aborted) return code;
  return interruptedCode(io.signal);
}

function lineJson({ event, attachment }: Change): string {
  const time = new Date().toISOString();
  const line = { operation: "WATCH", time, event, attachment: json(attachmentForm(attachment)) };
  return `${printJson(line)}\n`;
}

function lineText({ event, attachment }: Change, { stdout }: CliIo): string {
  const { red, green, dim } = createColors(stdout.color);
  const { network, ifName, addresses, findings } = attachment;
  const time = new Date().toISOString().replace(/\.\d+Z$/u, "Z");
  const isGood = event === "attached" || event === "ok";
  const paint = isGood ? green : event === "detached" ? dim : red;
  const why = event === "detached" || isGood ? [] : findings.map(({ text }) => text);
  const words = [network, nameShown(attachment), ifName, addresses.join(", "), why.join("; ")];
  const rest = words.filter((word) => word !== "").join("  ");
  return `${dim(time)}  ${paint(event.padEnd(8))}  ${printable(rest)}\n`;
}
