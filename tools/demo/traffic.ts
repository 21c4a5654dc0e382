import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Machine } from "./host.ts";

const PEER = fileURLToPath(new URL("peer.ts", import.meta.url));
const ANSWER_MS = 5000;
/** A new IPv6 neighbour may need a moment until it is found. */
const ATTEMPTS = 5;
const PAUSE_MS = 300;

/** What an HTTP server in a container answers: its name, and the address of the client. */
export interface Answer {
  readonly name: string;
  readonly from: string;
}

function start(words: readonly string[]): ChildProcess {
  return spawn(process.execPath, [PEER, ...words], { stdio: ["ignore", "pipe", "pipe"] });
}

async function firstLine(child: ChildProcess): Promise<string> {
  return await new Promise((resolve, reject) => {
    let text = "";
    let trouble = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      trouble += chunk.toString();
    });
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("\n")) resolve(text.trim());
    });
    child.once("exit", (code) => reject(new Error(`exit code ${code}: ${trouble.trim()}`)));
    child.once("error", reject);
  });
}

/** Starts an HTTP server in a namespace; ended by the abort of the signal. */
export async function serve(machine: Machine, port: number, signal: AbortSignal): Promise<void> {
  const child = start(["serve", machine.netns, machine.name, String(port)]);
  signal.addEventListener("abort", () => child.kill("SIGKILL"), { once: true });
  await firstLine(child);
}

/** Asks a server from inside a namespace. */
export async function askFrom(machine: Machine, url: string): Promise<Answer> {
  return await patiently(async () => {
    const child = start(["ask", machine.netns, url]);
    try {
      return JSON.parse(await firstLine(child)) as Answer;
    } finally {
      child.kill("SIGKILL");
    }
  });
}

/** Asks a server from the host itself. */
export async function ask(url: string): Promise<Answer> {
  return await patiently(async () => {
    // Each question is a connection of its own: a kept one would say nothing about a new one.
    const headers = { connection: "close" };
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS), headers });
    return (await answer.json()) as Answer;
  });
}

async function patiently(question: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await question();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await Bun.sleep(PAUSE_MS);
    }
  }
}

/** A host name or address as it stands in a URL. */
export function urlOf(address: string, port: number): string {
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}/`;
}
