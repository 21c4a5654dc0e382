import { createSocket, type Socket } from "node:dgram";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ask } from "./greeter.ts";
import type { Container } from "./host.ts";

/**
 * A process inside a network namespace that serves and asks over TCP and UDP, for tests that send
 * many packets. Started with a name, it answers `NAME PEER-ADDRESS` to each request, and reads
 * commands from its standard input, one JSON object a line.
 */

export type Transport = "tcp" | "udp";

type Command = { readonly id: number } & (
  | { readonly act: "serve"; readonly transport: Transport; readonly port: number }
  | {
      readonly act: "ask";
      readonly transport: Transport;
      readonly host: string;
      readonly port: number;
      readonly from?: number | undefined;
    }
);

type Order = Command extends infer Each ? (Each extends Command ? Omit<Each, "id"> : never) : never;

interface Reply {
  readonly id: number;
  readonly text?: string;
  readonly error?: string;
}

const PROGRAM = fileURLToPath(import.meta.url);
const PATIENCE_MS = 700;

/** An agent that runs, seen from the test. */
export class Agent {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #last = 0;

  private constructor(child: Bun.Subprocess<"pipe", "pipe", "inherit">) {
    this.#child = child;
    void this.#read();
  }

  /** Starts one in a container, or, without, in the host's namespace. */
  static start(name: string, container?: Container): Agent {
    const inside = container === undefined ? [] : ["nsenter", `--net=${container.netns}`, "--"];
    const child = Bun.spawn([...inside, process.execPath, PROGRAM, name], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    return new Agent(child);
  }

  /** Serves a port of every address, until the agent ends. */
  async serve(transport: Transport, port: number): Promise<void> {
    await this.#order({ act: "serve", transport, port });
  }

  /**
   * What the other side answers, or `no answer: REASON`. `from` is the port to ask from; with UDP
   * the same one continues the same flow.
   */
  async ask(transport: Transport, host: string, port: number, from?: number): Promise<string> {
    const { text, error } = await this.#order({ act: "ask", transport, host, port, from });
    return text ?? `no answer: ${error ?? ""}`;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async #order(order: Order): Promise<Reply> {
    const id = ++this.#last;
    const reply = Promise.withResolvers<Reply>();
    this.#waiting.set(id, reply.resolve);
    void this.#child.stdin.write(`${JSON.stringify({ id, ...order })}\n`);
    await this.#child.stdin.flush();
    return await reply.promise;
  }

  async #read(): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const bytes of this.#child.stdout) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const reply = JSON.parse(line) as Reply;
        this.#waiting.get(reply.id)?.(reply);
        this.#waiting.delete(reply.id);
      }
    }
    for (const [id, resolve] of this.#waiting) resolve({ id, error: "the agent ended" });
  }
}

const sockets = new Map<string, Socket>();

async function udpSocket(host: string, from: number): Promise<Socket> {
  const family = host.includes(":") ? "udp6" : "udp4";
  const key = `${family} ${from}`;
  const known = sockets.get(key);
  if (known !== undefined && from !== 0) return known;
  const socket = createSocket(family);
  const bound = Promise.withResolvers<void>();
  socket.on("error", bound.reject);
  socket.bind(from, () => bound.resolve());
  await bound.promise;
  sockets.set(key, socket);
  return socket;
}

async function askUdp(host: string, port: number, from: number): Promise<string> {
  const socket = await udpSocket(host, from);
  const answer = Promise.withResolvers<string>();
  const onMessage = (bytes: Buffer): void => answer.resolve(bytes.toString());
  socket.once("message", onMessage);
  const timer = setTimeout(() => answer.reject(new Error("timeout")), PATIENCE_MS);
  socket.send("hello", port, host);
  try {
    return await answer.promise;
  } finally {
    clearTimeout(timer);
    socket.off("message", onMessage);
    if (from === 0) socket.close();
  }
}

function serve(name: string, transport: Transport, port: number): void {
  for (const hostname of ["0.0.0.0", "::"]) {
    const only6 = hostname === "::" ? { ipv6Only: true } : {};
    if (transport === "tcp") {
      const open = (socket: Bun.Socket): void => {
        socket.end(`${name} ${socket.remoteAddress}\n`);
      };
      Bun.listen({ hostname, port, ...only6, socket: { open, data: () => {} } });
      continue;
    }
    const socket = createSocket({ type: hostname === "::" ? "udp6" : "udp4", ...only6 });
    socket.on("message", (_bytes, peer) => {
      socket.send(`${name} ${peer.address}`, peer.port, peer.address);
    });
    socket.bind(port, hostname);
  }
}

async function obey(name: string, command: Command): Promise<string> {
  if (command.act === "serve") {
    serve(name, command.transport, command.port);
    // Node's datagram sockets are bound a moment later.
    await Bun.sleep(20);
    return "serving";
  }
  const { transport, host, port } = command;
  if (transport === "tcp") return await ask(host, port, PATIENCE_MS);
  return await askUdp(host, port, command.from ?? 0);
}

if (import.meta.main) {
  const name = process.argv[2] ?? "";
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line) as Command;
    const { id } = command;
    void obey(name, command).then(
      (text) => console.log(JSON.stringify({ id, text })),
      (error: unknown) => console.log(JSON.stringify({ id, error: String(error) })),
    );
  }
  process.exit(0);
}
