import { get } from 'node:http';

/** Long, because a busy server is not a dead one, and nginx notices by itself what it cannot connect to. */
const ANSWER_TIMEOUT_MS = 3_000;
const SERVER_ERROR = 500;
const OK = 200;

/** Where a server is asked whether it is ready. */
export interface Check {
  readonly url: string;
  /**
   * Whether whoever answers knows this question: a node's health program, of which only 200 is a yes. A server that
   * somebody else runs may keep the path to itself: there every answer below 500 is one.
   */
  readonly knowsServer: boolean;
}

/** `silent`: there was no answer, which may be the fault of whoever asks. */
export type Verdict = 'ready' | 'not ready' | 'silent';

export type Probe = (check: Check) => Promise<Verdict>;

/** Asks once, over a connection of its own. */
export const probe: Probe = ({ url, knowsServer }) =>
  new Promise((resolve) => {
    const silent = () => resolve('silent');
    get(url, { agent: false, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }, (response) => {
      response.on('error', silent).resume();
      const status = response.statusCode ?? SERVER_ERROR;
      const isReady = knowsServer ? status === OK : status < SERVER_ERROR;
      resolve(isReady ? 'ready' : 'not ready');
    }).on('error', silent);
  });
