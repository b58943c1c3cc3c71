import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  constants,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { Socket } from 'node:net';

/** HTTP/2 without TLS, as Cloud Run speaks it to a container. It hands requests over as HTTP/1.1 ones. */
export interface H2c {
  accept(socket: Socket): void;
  /** Tells clients to send nothing new; connections close when what runs on them is over. */
  drain(): void;
}

/** Megabytes of one connection; Node's default of 10 refuses streams where a balancer puts many large bodies on one. */
const SESSION_MEGABYTES = 2_048;
/** Bytes that a client may send ahead, for prompts of megabytes. */
const WINDOW = 1024 * 1024;
/** A client's settings come with its preface. */
const SETTINGS_MS = 5_000;

/** @param idleMs Longest life of a connection on which nothing runs. */
export function createH2c(
  onRequest: (req: IncomingMessage, res: ServerResponse) => void,
  { idleMs }: { readonly idleMs: number },
): H2c {
  const sessions = new Set<ServerHttp2Session>();
  let draining = false;
  const server = createServer(
    { maxSessionMemory: SESSION_MEGABYTES, settings: { initialWindowSize: WINDOW } },
    (req, res) => onRequest(asHttp1Request(req), asHttp1Response(res)),
  );
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    // After a frame that is refused, Node reads no further: it would not see the client leave.
    const late = () => session.destroy();
    session.setTimeout(SETTINGS_MS, late);
    session.once('remoteSettings', () => {
      session.off('timeout', late);
      closeWhenIdle(session, idleMs);
    });
    if (draining) session.close();
  });
  return {
    accept(socket) {
      // Else a connection of which only the client's side has ended would stay.
      socket.allowHalfOpen = false;
      server.emit('connection', socket);
    },
    drain() {
      draining = true;
      for (const session of sessions) session.close();
    },
  };
}

/** A stream that says nothing for long has bounds of its own. */
function closeWhenIdle(session: ServerHttp2Session, idleMs: number): void {
  let open = 0;
  session.on('stream', (stream) => {
    open += 1;
    stream.once('close', () => {
      open -= 1;
    });
  });
  session.on('timeout', () => {
    if (open === 0) session.close();
  });
  session.setTimeout(idleMs);
}

/**
 * Node's compatibility objects have what services use of HTTP/1.1's, with other types. `closed` and a `destroy`
 * that the client sees as a broken answer are put in here.
 */
function asHttp1Response(res: Http2ServerResponse): ServerResponse {
  const { stream } = res;
  Object.defineProperties(res, {
    closed: { get: () => stream.closed || stream.destroyed },
    destroy: { value: () => stream.close(constants.NGHTTP2_INTERNAL_ERROR) },
  });
  return res as unknown as ServerResponse;
}

/** A body that a reset broke off emits `end` before `aborted` is set; only the stream's state tells by then. */
function asHttp1Request(req: Http2ServerRequest): IncomingMessage {
  const { stream } = req;
  Object.defineProperty(req, 'aborted', { get: () => stream.aborted || stream.closed });
  return req as unknown as IncomingMessage;
}
