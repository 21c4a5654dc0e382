/**
 * A tab that a link has opened has no token of its own: those of the same page hand it on. Browsers carry such
 * messages between tabs of one origin alone, which is that of the program that has made the token.
 */

const CHANNEL = "hawser-token";
const WAIT_MS = 300;
const ASK = "ask";

/** The token of another tab; undefined where none answers in time. */
export async function tokenOfAnotherTab(waitMs: number = WAIT_MS): Promise<string | undefined> {
  const channel = new BroadcastChannel(CHANNEL);
  const token = await new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), waitMs);
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data !== "object" || data === null || !("token" in data)) return;
      if (typeof data.token !== "string") return;
      clearTimeout(timer);
      resolve(data.token);
    };
    channel.postMessage(ASK);
  });
  channel.close();
  return token;
}

/** Answers tabs that ask, while the token is good; until what is returned is called. */
export function handOnToken(token: string, isGood: () => boolean): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data === ASK && isGood()) channel.postMessage({ token });
  };
  return () => channel.close();
}
