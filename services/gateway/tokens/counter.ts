import { Worker } from 'node:worker_threads';
import type { Runtime } from '../../common/runtime.ts';

/** Counts tokens by `o200k_harmony`, the tokenizer of gpt-oss, off the event loop. */
export interface TokenCounter {
  /**
   * How many tokens each text has. Text that looks like a special token is text. Cheaper first:
   * a text never has more tokens than UTF-8 bytes.
   * @throws TokensUnknown
   */
  count(texts: readonly string[]): Promise<readonly number[]>;
  /** Loads the tokenizer now, so that the first count need not wait for it. */
  warm(): void;
  close(): Promise<void>;
}

/**
 * Why there is no count.
 * - `too_large`: more text than is counted at a time
 * - `busy`: too many counts are waiting
 * - `too_slow`: the time for it is over
 * - `failed`: the thread ended, or could not be started
 */
export class TokensUnknown extends Error {
  readonly reason: 'too_large' | 'busy' | 'too_slow' | 'failed';

  constructor(reason: TokensUnknown['reason']) {
    super(`tokens are not known: ${reason}`);
    this.name = 'TokensUnknown';
    this.reason = reason;
  }
}

interface Waiting {
  resolve(counts: readonly number[]): void;
  reject(error: TokensUnknown): void;
  cancelTimer(): void;
}

interface CounterProps {
  /** Where the bundle of `worker.ts` is. */
  readonly program: URL;
  readonly runtime: Pick<Runtime, 'after'>;
  /** Told why the thread ended by itself. */
  readonly onFailure: (error: unknown) => void;
  /** Characters of one call. @default - 2 Mi */
  readonly mostCharacters?: number;
  /** Calls that wait at a time. @default - 64 */
  readonly mostWaiting?: number;
  /** Milliseconds that one call may take, its wait included. @default - 10,000 */
  readonly timeoutMs?: number;
}

/** One thread, started by the first count. The tokenizer is loaded there and nowhere else. */
export function createTokenCounter({
  program,
  runtime,
  onFailure,
  mostCharacters = 2 * 1024 * 1024,
  mostWaiting = 64,
  timeoutMs = 10_000,
}: CounterProps): TokenCounter {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let lastId = 0;

  function start(): Worker {
    const started = new Worker(program);
    started.on('message', ({ id, counts }: { readonly id: number; readonly counts: readonly number[] }) => {
      settle(id)?.resolve(counts);
      if (waiting.size === 0) started.unref();
    });
    started.on('error', (error) => {
      onFailure(error);
      if (worker === started) void giveUp('failed');
    });
    return started;
  }

  function settle(id: number): Waiting | undefined {
    const call = waiting.get(id);
    waiting.delete(id);
    call?.cancelTimer();
    return call;
  }

  function giveUp(reason: TokensUnknown['reason']): Promise<unknown> {
    const ended = worker;
    worker = undefined;
    for (const id of [...waiting.keys()]) settle(id)?.reject(new TokensUnknown(reason));
    return ended?.terminate() ?? Promise.resolve();
  }

  return {
    async count(texts) {
      const characters = texts.reduce((sum, text) => sum + text.length, 0);
      if (characters > mostCharacters) throw new TokensUnknown('too_large');
      if (waiting.size >= mostWaiting) throw new TokensUnknown('busy');
      worker ??= start();
      const thread = worker;
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        const cancelTimer = runtime.after(timeoutMs, () => void giveUp('too_slow'));
        waiting.set(id, { resolve, reject, cancelTimer });
        thread.ref();
        thread.postMessage({ id, texts });
      });
    },
    warm() {
      worker ??= start();
      if (waiting.size === 0) worker.unref();
    },
    async close() {
      await giveUp('failed');
    },
  };
}
