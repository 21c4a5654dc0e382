import { link, RouteSocket } from "../../src/kernel/route/index.ts";

/** A namespace begins with its loopback down, over which the browser asks. */
export function bringLoopbackUp(): void {
  using socket = RouteSocket.open();
  link.set(socket, { name: "lo" }, { up: true });
}
