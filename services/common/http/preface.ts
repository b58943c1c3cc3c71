import type { Socket } from 'node:net';

/** What an HTTP/2 client without TLS sends first (RFC 9113, 3.4). No HTTP/1.1 request begins like it. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** For a connection's first bytes, as long as Node waits for the head of a request. */
const FIRST_BYTES_MS = 60_000;

/** Waits for the first bytes of a connection, puts them back and hands it over to the protocol that they begin. */
export function byPreface(
  socket: Socket,
  protocols: { readonly http1: (socket: Socket) => void; readonly http2: (socket: Socket) => void },
): void {
  let seen: Buffer = Buffer.alloc(0);
  const close = () => void socket.destroy();

  function look(): void {
    const bytes: Buffer | null = socket.read();
    if (bytes === null) return;
    seen = seen.length === 0 ? bytes : Buffer.concat([seen, bytes]);
    const length = Math.min(seen.length, PREFACE.length);
    const is2 = seen.compare(PREFACE, 0, length, 0, length) === 0;
    if (is2 && seen.length < PREFACE.length) return;
    socket.setTimeout(0);
    for (const [event, listener] of listeners) socket.off(event, listener);
    socket.unshift(seen);
    protocols[is2 ? 'http2' : 'http1'](socket);
  }

  const listeners = [
    ['readable', look],
    ['timeout', close],
    ['end', close],
    ['error', close],
  ] as const;
  for (const [event, listener] of listeners) socket.on(event, listener);
  socket.setTimeout(FIRST_BYTES_MS);
}
