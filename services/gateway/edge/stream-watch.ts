import type { TokenUsage } from '../../../contracts/price.ts';
import { type Dialect, isUsageOnly } from '../dialect.ts';
import { parseJson } from '../json.ts';

/** Reads along in a stream: first token, gaps between tokens, usage, how it ends. */
export interface StreamWatch {
  /** For `createEventFilter`: answers the event as it is to be passed on. */
  inspect(event: Buffer): Buffer | undefined;
  readonly usage: TokenUsage | undefined;
  /** Whether a token was seen. */
  readonly begun: boolean;
  /** Whether the stream said that it is complete. */
  readonly complete: boolean;
  /** Whether the upstream reported an error inside the stream. */
  readonly failed: boolean;
}

/** A usage object, as opposed to null. Inside a JSON string the quotes would be escaped. */
const USAGE_OBJECT = /"usage"\s*:\s*\{/;
const NULL_USAGE = /,\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,?/;
const ERROR = /^\{\s*"error"\s*:/;

/**
 * Events are looked at as Latin-1, in which every byte is a character: nothing is lost where only structure and
 * numbers matter. JSON is parsed until the first token was seen, and where usage is.
 */
export function watchStream(
  dialect: Dialect,
  {
    hideUsage,
    onFirstToken,
    onToken,
  }: {
    /** The client did not ask for usage: leave out what only the gateway asked for. */
    readonly hideUsage: boolean;
    readonly onFirstToken: () => void;
    readonly onToken: () => void;
  },
): StreamWatch {
  let usage: TokenUsage | undefined;
  let begun = false;
  let complete = false;
  let failed = false;

  function countToken(data: string): void {
    if (!data.includes(dialect.tokenMark)) return;
    if (begun) onToken();
    else if (dialect.hasContent(parseJson(data))) {
      begun = true;
      onFirstToken();
    }
  }

  return {
    inspect(event) {
      const text = event.toString('latin1');
      const data = dataOf(text);
      if (data === undefined) return event;
      if (data === '[DONE]') {
        complete = true;
        return event;
      }
      countToken(data);
      if (dialect.endMark?.test(data)) complete = true;
      if (ERROR.test(data)) failed = true;
      if (!data.includes('"usage"')) return event;
      if (!USAGE_OBJECT.test(data))
        return hideUsage ? Buffer.from(text.replace(NULL_USAGE, ''), 'latin1') : event;
      const parsed = parseJson(data);
      usage = dialect.usageOf(parsed) ?? usage;
      return hideUsage && isUsageOnly(parsed) ? undefined : event;
    },
    get usage() {
      return usage;
    },
    get begun() {
      return begun;
    },
    get complete() {
      return complete;
    },
    get failed() {
      return failed;
    },
  };
}

/** What stands after `data:` in an event; undefined for one without data, as comments are. */
function dataOf(event: string): string | undefined {
  let data: string | undefined;
  for (let at = 0; at < event.length; ) {
    const newline = event.indexOf('\n', at);
    const end = newline === -1 ? event.length : newline;
    if (event.startsWith('data:', at)) {
      const line = event.slice(at + 'data:'.length, end).trim();
      data = data === undefined ? line : `${data}\n${line}`;
    }
    at = end + 1;
  }
  return data;
}
