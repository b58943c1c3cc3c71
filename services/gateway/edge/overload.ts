import { ApiError } from '../../common/http/errors.ts';
import type { Runtime } from '../../common/runtime.ts';

export const SHED_REASONS = ['requests', 'memory'] as const;
export type ShedReason = (typeof SHED_REASONS)[number];

/** What one gateway takes on at a time. There is no queue here: the model servers have one, and a better view. */
export interface OverloadLimits {
  /** @default 4000 */
  readonly maxRequests?: number;
  /** Of request bodies together, by their announced size. @default 1024 */
  readonly maxBodyMegabytes?: number;
}

export interface OverloadGuard {
  /**
   * Takes a place. Nothing of the body has been read yet, so that refusing costs next to nothing.
   * @throws ApiError 503 with `retry-after`.
   */
  enter(limits: OverloadLimits, bodyBytes: number): Place;
}

export interface Place {
  /** Only the first call counts. */
  leave(): void;
}

const MEGABYTE = 1024 * 1024;
const LONGEST_RETRY_AFTER = 3;

export function createOverloadGuard(
  runtime: Pick<Runtime, 'random'>,
  onShed: (reason: ShedReason) => void,
): OverloadGuard {
  let requests = 0;
  let bytes = 0;

  function shed(reason: ShedReason): ApiError {
    onShed(reason);
    const seconds = 1 + Math.floor(runtime.random() * LONGEST_RETRY_AFTER);
    return new ApiError(
      503,
      'The gateway has as many requests as it can hold. Send this one again later.',
      { type: 'server_error', code: 'overloaded' },
      { 'retry-after': String(seconds) },
    );
  }

  return {
    enter({ maxRequests = 4_000, maxBodyMegabytes = 1_024 }, bodyBytes) {
      if (requests >= maxRequests) throw shed('requests');
      if (bytes + bodyBytes > maxBodyMegabytes * MEGABYTE) throw shed('memory');
      requests += 1;
      bytes += bodyBytes;
      let left = false;
      return {
        leave() {
          if (left) return;
          left = true;
          requests -= 1;
          bytes -= bodyBytes;
        },
      };
    },
  };
}
