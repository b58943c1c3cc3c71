import type { ApiError } from '../../common/http/errors.ts';
import type { Runtime } from '../../common/runtime.ts';
import { NO_CLIENT_RETRY, upstreamError } from '../http/errors.ts';

/** How long one request may take, in seconds. Silence of the upstream is watched by the upstream itself. */
export interface Deadlines {
  readonly firstTokenSeconds?: number;
  /** @default 3600 */
  readonly totalSeconds?: number;
}

export const TIMEOUTS = ['first_token', 'idle', 'total'] as const;
export type TimeoutKind = (typeof TIMEOUTS)[number];

/** The clocks of one request. */
export interface Watchdog {
  /** The first token came, or it is not waited for. */
  begun(): void;
  /** It is over. */
  stop(): void;
}

const LONGEST_SECONDS = 3_600;

export function startWatchdog(
  { firstTokenSeconds, totalSeconds = LONGEST_SECONDS }: Deadlines,
  runtime: Pick<Runtime, 'after'>,
  onTimeout: (kind: TimeoutKind, error: ApiError) => void,
): Watchdog {
  const watch = (kind: TimeoutKind, seconds: number, text: string) =>
    runtime.after(seconds * 1_000, () =>
      onTimeout(kind, upstreamError(504, `${kind}_timeout`, `${text} after ${seconds} s.`, NO_CLIENT_RETRY)),
    );
  const cancelTotal = watch('total', totalSeconds, 'The answer was not complete');
  const cancelFirst =
    firstTokenSeconds === undefined
      ? () => {}
      : watch('first_token', firstTokenSeconds, 'No token of the answer had come');
  return {
    begun: cancelFirst,
    stop() {
      cancelFirst();
      cancelTotal();
    },
  };
}
