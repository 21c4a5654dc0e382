/**
 * Measures how fast bytes come through a TCP connection. As a program: `throughput.ts send PORT`
 * sends to whoever connects, for as long as it reads, until its standard input ends;
 * `throughput.ts receive HOST PORT` prints the bytes a second of a steady interval.
 */
import type { Container } from "./host.ts";

/** What is saved up in the bucket is gone by then. */
const WARM_UP_MS = 1500;
const MEASURED_MS = 2500;
const PIECE = new Uint8Array(64 * 1024);

function inside(where: Container | undefined): string[] {
  return where === undefined ? [] : ["nsenter", `--net=${where.netns}`, "--"];
}

/** Bytes a second from a sender to a receiver; undefined stands for the host. */
export async function throughput(
  sender: Container | undefined,
  receiver: Container | undefined,
  address: string,
  port: number,
): Promise<number> {
  const program = [process.execPath, import.meta.filename];
  const source = Bun.spawn([...inside(sender), ...program, "send", String(port)], {
    ...{ stdin: "pipe", stdout: "pipe", stderr: "inherit" },
  });
  try {
    await source.stdout.getReader().read(); // it listens
    const argv = [...inside(receiver), ...program, "receive", address, String(port)];
    const sink = Bun.spawn(argv, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    return Number(await new Response(sink.stdout).text());
  } finally {
    source.kill("SIGKILL");
    await source.exited;
  }
}

function send(port: number): void {
  const pour = (socket: Bun.Socket): void => {
    while (socket.write(PIECE) === PIECE.length);
  };
  Bun.listen({
    ...{ hostname: "0.0.0.0", port },
    socket: { open: pour, drain: pour, data: () => {}, error: () => {} },
  });
  console.log("listening");
}

async function receive(hostname: string, port: number): Promise<number> {
  let bytes = 0;
  const data = (_socket: Bun.Socket, chunk: Uint8Array): void => {
    bytes += chunk.length;
  };
  await Bun.connect({ hostname, port, socket: { data } });
  await Bun.sleep(WARM_UP_MS);
  const [before, start] = [bytes, performance.now()];
  await Bun.sleep(MEASURED_MS);
  return ((bytes - before) * 1000) / (performance.now() - start);
}

if (import.meta.main) {
  const [way, first = "", second = ""] = process.argv.slice(2);
  if (way === "send") {
    send(Number(first));
    await Bun.stdin.text();
    process.exit(0);
  }
  console.log(await receive(first, Number(second)));
  process.exit(0);
}
