import { fileURLToPath } from "node:url";
import { must } from "./exec.ts";
import type { Container } from "./host.ts";

const GREETER = fileURLToPath(new URL("./greeter.ts", import.meta.url));

/** A TCP server inside a container; `stop` ends it. */
export interface Greeter {
  stop(): Promise<void>;
}

function inside(container: Container): string[] {
  return ["nsenter", `--net=${container.netns}`, "--"];
}

/** Starts a TCP server in a container that answers with the container's name and the peer's address. */
export async function startGreeter(container: Container, port: number): Promise<Greeter> {
  const child = Bun.spawn(
    [...inside(container), process.execPath, GREETER, "serve", container.name, String(port)],
    { stdin: "pipe", stdout: "pipe", stderr: "ignore" },
  );
  const reader = child.stdout.getReader();
  const first = await reader.read();
  reader.releaseLock();
  if (first.value === undefined) {
    throw new Error(`the server in ${container.name} ended before it was ready`);
  }
  return {
    stop: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** Connects from inside a container and returns the server's answer. */
export async function askFrom(container: Container, host: string, port: number): Promise<string> {
  const argv = [...inside(container), process.execPath, GREETER, "ask", host, String(port)];
  return (await must(argv)).trim();
}
