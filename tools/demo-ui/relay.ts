import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A port of this machine's loopback that leads to a Unix socket, as `ssh -L` would. */
export interface Relay extends Disposable {
  readonly port: number;
  /** Not there yet: a program inside makes it. */
  readonly socket: string;
}

const LOOPBACK = "127.0.0.1";

export async function relayed(): Promise<Relay> {
  const directory = mkdtempSync(join(tmpdir(), "hawser-demo-"));
  const socket = join(directory, "ui.sock");
  const server = createServer((outer) => {
    const inner = connect(socket);
    const end = (): void => {
      outer.destroy();
      inner.destroy();
    };
    for (const side of [outer, inner]) side.on("error", end).on("close", end);
    outer.pipe(inner).pipe(outer);
  });
  const port = await listening(server);
  return {
    ...{ port, socket },
    [Symbol.dispose]() {
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(0, LOOPBACK, done);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("there is no port");
  return address.port;
}
