export { adopt, type Handed, handedSockets, type Listener, listen, pathOf } from "./listen.ts";
export { DaemonLock } from "./lock.ts";
export { SocketWatch } from "./watch.ts";
