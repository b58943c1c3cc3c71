import type { IncomingMessage, ServerResponse } from 'node:http';

/** One request and its answer, with headers as uvicorn and vLLM's middlewares write them. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly path: string;
  /** On the simulation's clock, milliseconds. */
  readonly startedAt: number;
  /** Milliseconds since the epoch. */
  readonly startedWall: number;
  /** HTTP status sent, 0 if none yet. */
  readonly status: number;
  /** Content-Length sent, 0 for streams. */
  readonly responseBytes: number;
  send(status: number, contentType: string | undefined, body: string): void;
  sendJson(status: number, body: string): void;
  /** Sends the headers of a stream of events. */
  openStream(): void;
  /** False: the client does not keep up; wait for `onDrain`. */
  write(text: string, written?: () => void): boolean;
  end(text: string): void;
  onDrain(callback: () => void): void;
  /** Called once when the connection is done with this answer, complete or not. */
  onClose(callback: () => void): void;
  /** Breaks the connection without any further byte. */
  destroy(): void;
  /** Without CORS headers: answers of the outermost middlewares. */
  leaveOutVary(): void;
  /** Whether headers were sent. */
  readonly started: boolean;
}

export function createExchange(parts: {
  request: IncomingMessage;
  response: ServerResponse;
  path: string;
  startedAt: number;
  startedWall: number;
  wall: () => number;
  /** Value of the X-Request-Id header of the answer. @default - no such header */
  requestId?: string;
}): Exchange {
  const { request, response, path, startedAt, startedWall, wall, requestId } = parts;
  let status = 0;
  let responseBytes = 0;
  let vary = true;

  const writeHead = (code: number, headers: Readonly<Record<string, string>>, last?: [string, string]) => {
    status = code;
    response.sendDate = false;
    response.setHeader('date', new Date(wall()).toUTCString());
    response.setHeader('server', 'uvicorn');
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (vary) response.setHeader('vary', 'Origin');
    if (requestId !== undefined) response.setHeader('x-request-id', requestId);
    if (last) response.setHeader(...last);
    // uvicorn says nothing of keep-alive: it is HTTP/1.1's default.
    if (response.shouldKeepAlive) response.removeHeader('connection');
    else response.setHeader('connection', 'close');
    response.writeHead(code);
  };
  const send = (code: number, contentType: string | undefined, body: string) => {
    const bytes = Buffer.from(body);
    responseBytes = bytes.length;
    writeHead(code, {
      'content-length': String(bytes.length),
      ...(contentType !== undefined && { 'content-type': contentType }),
    });
    response.end(bytes);
  };
  return {
    request,
    path,
    startedAt,
    startedWall,
    get status() {
      return status;
    },
    get responseBytes() {
      return responseBytes;
    },
    get started() {
      return response.headersSent;
    },
    send,
    sendJson: (code, body) => send(code, 'application/json', body),
    openStream() {
      writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }, [
        'transfer-encoding',
        'chunked',
      ]);
      response.flushHeaders();
    },
    write: (text, written) => response.write(text, written && (() => written())),
    end: (text) => response.end(text),
    onDrain: (callback) => response.once('drain', callback),
    onClose: (callback) => response.once('close', callback),
    destroy: () => request.socket.destroy(),
    leaveOutVary() {
      vary = false;
    },
  };
}
