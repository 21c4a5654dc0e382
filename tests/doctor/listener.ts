import { Netns } from "../../src/kernel/netns/index.ts";
import type { Container } from "../support/host.ts";

/** A program in a container, or on the host, that waits on a port of TCP. */
export function listenOn(port: number, container?: Container): Disposable {
  const listen = (): { stop(force: boolean): void } =>
    Bun.listen({ hostname: "0.0.0.0", port, socket: { data: () => undefined } });
  const listener = container === undefined ? listen() : inside(container, listen);
  return { [Symbol.dispose]: () => listener.stop(true) };
}

function inside<T>({ netns }: Container, action: () => T): T {
  using opened = Netns.open(netns);
  return opened.run(action);
}
