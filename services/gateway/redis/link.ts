import { createClient, ErrorReply } from '@redis/client';
import type { Runtime } from '../../common/runtime.ts';
import { createGoogleToken } from '../google-token.ts';

/** Where Redis is, with its secrets read. */
export interface RedisSettings {
  readonly host: string;
  readonly port: number;
  readonly password?: string;
  /** Instead of a password: who asks is told by access tokens of the own service account. */
  readonly auth?: 'google';
  /** Where these come from. @default - Google's metadata server */
  readonly googleMetadataHost?: string;
  readonly tls: boolean;
  /** PEM text that replaces the system's authorities. */
  readonly certificateAuthority?: string;
  /** It signs for this Redis alone: names in certificates are not compared. */
  readonly ownAuthority?: boolean;
}

/** Redis cannot be asked now. */
export class RedisUnavailable extends Error {
  /** The command was on its way: it may have been carried out. */
  readonly maybeDone: boolean;

  constructor(reason: string, maybeDone: boolean) {
    super(`redis: ${reason}`);
    this.name = 'RedisUnavailable';
    this.maybeDone = maybeDone;
  }
}

/** One connection to Redis that never lets a request wait long. */
export interface RedisLink {
  readonly up: boolean;
  /**
   * @throws RedisUnavailable at once while there is no connection, else within the time limit; then the
   * connection is given up, so that nothing piles up behind it. Redis' own errors are thrown as they are.
   */
  command(args: readonly string[]): Promise<unknown>;
  close(): void;
}

export interface RedisLinkOptions {
  readonly runtime: Pick<Runtime, 'after' | 'random' | 'now'>;
  /** Called at each change. */
  readonly onChange: (up: boolean, reason?: string) => void;
  readonly timeoutMs?: number;
  readonly connectMs?: number;
  /** Longest wait between two attempts to connect. */
  readonly reconnectMs?: number;
}

const FIRST_WAIT_MS = 50;
/** How Redis begins its answer to somebody who is not signed in any more. */
const SIGNED_OUT = 'NOAUTH';
/** Commands under way at a time; one beyond that is told that Redis is not available. */
const MOST_WAITING = 10_000;

export function openRedis(
  settings: RedisSettings,
  { runtime, onChange, timeoutMs = 1_000, connectMs = 2_000, reconnectMs = 1_000 }: RedisLinkOptions,
): RedisLink {
  let closed = false;
  /** Undefined until the first connection was made or missed. */
  let up: boolean | undefined;
  let attempt = 0;
  let cancelWait = () => {};
  /** Undefined between two attempts. */
  let client: Client | undefined;

  const credentialsProvider = credentialsOf(settings, runtime);

  function newClient() {
    return createClient({
      credentialsProvider,
      disableOfflineQueue: true,
      maintNotifications: 'disabled',
      commandsQueueMaxLength: MOST_WAITING,
      socket: socketOf(settings, connectMs),
    });
  }
  type Client = ReturnType<typeof newClient>;

  function connect(): void {
    const next = newClient();
    client = next;
    const lost = (reason: string) => {
      if (next === client) again(reason);
    };
    next.on('error', (error: unknown) => lost(reasonOf(error)));
    next.on('end', () => lost('connection closed'));
    const cancelConnect = runtime.after(connectMs, () => lost('no answer while connecting'));
    next
      .connect()
      .then(
        () => {
          if (next !== client || closed) return discard(next);
          attempt = 0;
          change(true);
        },
        (error: unknown) => lost(reasonOf(error)),
      )
      .finally(cancelConnect);
  }

  function change(next: boolean, reason?: string): void {
    if (up === next) return;
    up = next;
    onChange(next, reason);
  }

  /** Gives the connection up; all that waits on it fails. */
  function again(reason: string): void {
    const old = client;
    client = undefined;
    if (closed || old === undefined) return;
    const wait = Math.min(reconnectMs, FIRST_WAIT_MS * 2 ** attempt) * (1 - runtime.random() / 2);
    change(false, reason);
    attempt += 1;
    cancelWait = runtime.after(wait, connect);
    discard(old);
  }

  connect();
  return {
    get up() {
      return up === true;
    },
    async command(args) {
      const used = client;
      if (up !== true || used === undefined) throw new RedisUnavailable('not connected', false);
      let cancel = () => {};
      let answered = false;
      const late = new Promise<never>((_, reject) => {
        // What came while this program was busy is read before the time counts as over.
        cancel = runtime.after(timeoutMs, () => setImmediate(giveUp));
        const giveUp = () => {
          if (answered) return;
          reject(new RedisUnavailable(`no answer within ${timeoutMs} ms`, true));
          if (used === client) again(`no answer within ${timeoutMs} ms`);
        };
      });
      try {
        return await Promise.race([used.sendCommand([...args]), late]);
      } catch (error) {
        if (error instanceof ErrorReply && error.message.startsWith(SIGNED_OUT)) {
          if (used === client) again('signed out');
          throw new RedisUnavailable('signed out', false);
        }
        if (error instanceof RedisUnavailable || error instanceof ErrorReply) throw error;
        throw new RedisUnavailable(reasonOf(error), true);
      } finally {
        answered = true;
        cancel();
      }
    },
    close() {
      closed = true;
      up = false;
      cancelWait();
      if (client !== undefined) discard(client);
    },
  };
}

function socketOf(
  { host, port, tls, certificateAuthority: ca, ownAuthority }: RedisSettings,
  connectTimeout: number,
) {
  const common = { host, port, connectTimeout, reconnectStrategy: false } as const;
  if (!tls) return common;
  return {
    ...common,
    tls: true,
    ca,
    ...(ownAuthority ? { checkServerIdentity: () => undefined } : {}),
  } as const;
}

/** Asked for every connection, so that one of an hour ago does not end with its token. */
function credentialsOf(
  { password, auth, googleMetadataHost }: RedisSettings,
  runtime: RedisLinkOptions['runtime'],
) {
  if (auth === undefined && password === undefined) return undefined;
  const token = auth && createGoogleToken(runtime, { host: googleMetadataHost });
  return {
    type: 'async-credentials-provider',
    credentials: async () => ({ password: token === undefined ? password : await token.get() }),
  } as const;
}

function discard(client: { destroy(): void }): void {
  try {
    client.destroy();
  } catch {
    // It was closed already.
  }
}

/** A code if there is one: messages may name more than a log should have. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
