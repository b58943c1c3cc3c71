import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.ts';

/** One connection that speaks HTTP/2 without TLS, as Cloud Run does. */
export interface H2Client {
  readonly session: ClientHttp2Session;
  /** @param end False leaves the body open. */
  post(path: string, key: string, body: string, end?: boolean): H2Call;
}

export interface H2Call {
  readonly stream: ClientHttp2Stream;
  status(): number | undefined;
  headers(): Readonly<Record<string, unknown>>;
  text(): string;
  /** Waits until the text has arrived. */
  until(part: string): Promise<void>;
  /** Leaves: resets the stream. `close` would end the body first, as if the request were whole. */
  leave(): void;
  /** The code of the stream's end, 0 for a good one, and all of its text. */
  readonly ended: Promise<{ readonly code: number; readonly text: string }>;
}

export function h2Client(address: string): H2Client {
  const session = connect(`http://${address}`);
  session.on('error', () => {});
  onTestFinished(() => session.destroy());
  return {
    session,
    post(path, key, body, end = true) {
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
      });
      const chunks: Buffer[] = [];
      let headers: Record<string, unknown> = {};
      const text = () => Buffer.concat(chunks).toString();
      stream.on('response', (given) => {
        headers = given;
      });
      stream.on('error', () => {});
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.write(body);
      if (end) stream.end();
      return {
        stream,
        status: () => headers[':status'] as number | undefined,
        headers: () => headers,
        text,
        until: (part) =>
          eventually(() => {
            if (!text().includes(part)) throw new Error(`no ${part} in ${text()}`);
          }),
        leave: () => void stream.destroy(new Error('left')),
        ended: new Promise((resolve) =>
          stream.on('close', () => resolve({ code: stream.rstCode, text: text() })),
        ),
      };
    },
  };
}
