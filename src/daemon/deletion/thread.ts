import { AF_UNIX, SOCK_DGRAM, socket } from "../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import type { DeletionAnswer, DeletionTask, Undeleted } from "./delete.ts";

/** As many descriptors as a thread takes at its start. Without them the engine ends the process. */
const DESCRIPTORS = 16;

interface OpenTask {
  readonly done: (left: readonly Undeleted[]) => void;
  readonly failed: (error: CniError) => void;
}

/** The thread that waits for the kernel while links are deleted. Starts with its first task. */
export class DeletionThread implements Disposable {
  readonly #url: string;
  readonly #open = new Map<number, OpenTask>();
  #worker: Worker | undefined;
  #nextId = 0;

  constructor(url: string) {
    this.#url = url;
  }

  async delete(indexes: readonly number[], netnsPath?: string): Promise<readonly Undeleted[]> {
    this.#worker ??= this.#begin();
    const id = this.#nextId++;
    const task: DeletionTask = { role: "deletion", id, indexes, netnsPath };
    this.#worker.postMessage(task);
    return await new Promise((done, failed) => this.#open.set(id, { done, failed }));
  }

  [Symbol.dispose](): void {
    this.#worker?.terminate();
  }

  #begin(): Worker {
    checkDescriptors();
    const worker = new Worker(this.#url, { smol: true });
    worker.onmessage = ({ data }: MessageEvent<DeletionAnswer>): void => {
      const open = this.#open.get(data.id);
      this.#open.delete(data.id);
      if (data.error === undefined) open?.done(data.left);
      else open?.failed(new CniError(ErrorCode.IO_FAILURE, data.error));
    };
    worker.onerror = ({ message }): void => {
      this.#worker = undefined;
      for (const { failed } of this.#open.values()) {
        failed(new CniError(ErrorCode.IO_FAILURE, `the thread for deletions ended: ${message}`));
      }
      this.#open.clear();
    };
    return worker;
  }
}

/** @throws KernelError EMFILE when there are too few */
function checkDescriptors(): void {
  using stack = new DisposableStack();
  for (let left = DESCRIPTORS; left > 0; left--) stack.use(socket(AF_UNIX, SOCK_DGRAM, 0));
}
