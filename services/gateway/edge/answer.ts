import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { ApiError } from '../../common/http/errors.ts';
import type { Dialect } from '../dialect.ts';
import type { Exchange } from '../http/upstream.ts';
import type { EdgeCall } from './call.ts';
import type { HarmonyGuard } from './harmony.ts';

/** The router's answer on its way to the client. */
export interface Answer {
  onData(chunk: Buffer): void;
  onEnd(): void;
  /** The upstream is gone, or this gateway ends. */
  fail(error: ApiError): void;
  /** Nobody is there any more to be told anything. */
  stop(): void;
  /** Whether the client has all of it, even if the connection has not ended yet. */
  readonly complete: boolean;
}

export interface AnswerProps {
  readonly res: ServerResponse;
  readonly call: EdgeCall;
  readonly dialect: Dialect;
  readonly exchange: Exchange;
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  /** Absent: answers of this API are not looked into. */
  readonly guard?: HarmonyGuard;
}

/** How errors name the next hop. */
export const ROUTER = 'The router';
