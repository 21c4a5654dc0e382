import { advance, type Fd, lockProcess } from "../../kernel/sys/index.ts";

/**
 * Takes the turn of a call: from here on it is this process's, until it ends. False when somebody
 * else has it or had it: the entry program, which waited for too long. Each call has a file for this
 * that both have open. Who locks it and finds it at its beginning moves it on and does the call; a
 * lock that its process has lost and a file moved on tell of a call that was begun by who is dead.
 */
export function takeTurn(turn: Fd): boolean {
  return lockProcess(turn) && advance(turn, 1) === 1;
}
