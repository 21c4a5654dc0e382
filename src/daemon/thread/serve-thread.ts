import { errorText } from "../../base/index.ts";
import { pinThreadNetns } from "../../kernel/sys/index.ts";
import { AcceptorLoop } from "../acceptor/loop.ts";
import type { AcceptorStart } from "../acceptor/settings.ts";
import { deleteLinks } from "../deletion/delete.ts";
import type { Deleted, FromThread, ToThread } from "./messages.ts";

/** What a worker has of its global scope. */
export interface ThreadScope {
  onmessage: ((event: MessageEvent<ToThread>) => void) | null;
  postMessage(message: FromThread, transfer?: ArrayBuffer[]): void;
}

/** Makes a worker one of the daemon's threads. */
export function serveThread(scope: ThreadScope): void {
  scope.onmessage = ({ data }) => {
    if (data.role === "acceptor") accept(scope, data.start);
    else scope.postMessage(remove(data.id, data.indexes, data.netnsPath));
  };
}

/** Returns when the acceptor ends: until then the thread looks at no message. */
function accept(scope: ThreadScope, start: AcceptorStart): void {
  try {
    new AcceptorLoop(start, (message, transfer) => scope.postMessage(message, transfer)).run();
  } catch (error) {
    scope.postMessage({ kind: "ended", error: errorText(error) });
  }
}

function remove(id: number, indexes: readonly number[], netnsPath: string | undefined): Deleted {
  try {
    pinThreadNetns();
    return { id, left: deleteLinks(indexes, netnsPath) };
  } catch (error) {
    return { id, left: [], error: errorText(error) };
  }
}
