import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.ts';

/** A client on the bare wire. */
export interface RawClient {
  readonly socket: Socket;
  /** Everything received so far. */
  text(): string;
  received(): number;
  send(text: string | Buffer): void;
  /** Waits until the text has arrived. */
  until(part: string): Promise<string>;
  /** Resolves with everything when the other side has closed. */
  readonly ended: Promise<string>;
}

export async function rawClient(address: string): Promise<RawClient> {
  const at = address.lastIndexOf(':');
  const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)) });
  const chunks: Buffer[] = [];
  let bytes = 0;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    chunks.push(Buffer.from(chunk));
  });
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  const text = () => Buffer.concat(chunks).toString();
  return {
    socket,
    text,
    received: () => bytes,
    send: (data) => void socket.write(data),
    until: (part) =>
      eventually(() => {
        if (!text().includes(part))
          throw new Error(`no ${JSON.stringify(part)} in ${JSON.stringify(text())}`);
        return text();
      }),
    ended: new Promise((resolve) => socket.on('close', () => resolve(text()))),
  };
}

/** The bytes of a POST request with a JSON body. */
export function postText(
  path: string,
  key: string,
  body: unknown,
  headers: Record<string, string> = {},
): string {
  const text = JSON.stringify(body);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return (
    `POST ${path} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${key}\r\n${lines.join('')}` +
    `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
  );
}
