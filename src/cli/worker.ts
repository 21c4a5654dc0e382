/** A thread of the node daemon; a program of its own for the bundler, beside main.ts. */
import { type AcceptorTask, runAcceptor } from "../daemon/accept/index.ts";
import { type DeletionTask, runDeletion } from "../daemon/deletion/index.ts";

/** The global scope of a worker. */
interface ThreadScope {
  onmessage: ((event: MessageEvent<AcceptorTask | DeletionTask>) => void) | null;
  postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
}

const scope: ThreadScope = globalThis;
scope.onmessage = ({ data }) => {
  if (data.role === "deletion") scope.postMessage(runDeletion(data));
  else runAcceptor(data, (message, transfer) => scope.postMessage(message, transfer));
};
