import { expect } from 'vitest';
import { CHAT } from '../services/gateway/support/edge.ts';
import { eventually } from '../services/gateway/support/eventually.ts';
import { h2Client } from '../services/gateway/support/h2-client.ts';
import { postText, rawClient } from '../services/gateway/support/raw-client.ts';
import type { Started } from '../services/gateway/support/start.ts';

/** A request of a client that leaves before its end. */
export interface Leaving {
  /** Waits until the answer's head has arrived, and this text of its body. */
  until(part: string): Promise<unknown>;
  leave(): void;
}

/** How clients speak: one connection for each request, or one HTTP/2 connection for all, as Cloud Run does. */
export type Protocol = 'HTTP/1.1' | 'h2c';

/** @param whole False: the last bytes of the bodies are not sent. */
export async function leavingClients(
  { address, key }: Started,
  { protocol, count, body, whole }: { protocol: Protocol; count: number; body: unknown; whole: boolean },
): Promise<Leaving[]> {
  if (protocol === 'h2c') {
    const client = h2Client(address);
    const text = JSON.stringify(body).slice(0, whole ? undefined : -10);
    const calls = Array.from({ length: count }, () => client.post(CHAT, key, text, whole));
    return calls.map(({ until, leave, status }) => ({
      leave,
      async until(part) {
        await eventually(() => expect(status()).toBe(200));
        await until(part);
      },
    }));
  }
  const text = postText(CHAT, key, body).slice(0, whole ? undefined : -10);
  const clients = await Promise.all(Array.from({ length: count }, () => rawClient(address)));
  for (const client of clients) client.send(text);
  return clients.map(({ until, socket }) => ({
    leave: () => void socket.destroy(),
    async until(part) {
      await until('HTTP/1.1 200');
      await until(part);
    },
  }));
}
