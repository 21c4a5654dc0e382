/** Sockets of a namespace, as /proc/net lists them. */
export { type ListeningSocket, listeningSockets, type SocketProtocol } from "./listening.ts";
