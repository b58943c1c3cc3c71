import type { TokenUsage } from '../../../contracts/price.ts';
import type { Dialect } from '../dialect.ts';
import { isObject, parseJson } from '../json.ts';
import type { HarmonyGuard } from './harmony.ts';

/**
 * How much of the usage that the gateway asks for reaches the client. `none`: it did not ask; `last`: it asked for
 * usage at the end; `all`: it asked for usage in every chunk, or the API gives it unasked.
 */
export type UsageShown = 'none' | 'last' | 'all';

/** Reads along in a stream: first token, gaps between tokens, usage, how it ends. */
export interface StreamWatch {
  /** For `createEventFilter`: answers the event as it is to be passed on. */
  inspect(event: Buffer): Buffer | undefined;
  /** The last that the server said: in mid-stream what it has counted so far. */
  readonly usage: TokenUsage | undefined;
  /** Tokens seen in the stream, from the number and the length of its events: for where usage is missing. */
  readonly tokensSeen: number;
  /** Whether a token was seen. */
  readonly begun: boolean;
  /** Whether the stream said that it is complete. */
  readonly complete: boolean;
  /** Whether the upstream reported an error inside the stream. */
  readonly failed: boolean;
}

/** A usage object of chunks, as opposed to null. Inside a JSON string the quotes would be escaped. */
const USAGE_OBJECT = /"usage"\s*:\s*(\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})\s*,?/y;
const NULL_USAGE = /,\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,?/;
const NO_CHOICES = /"choices"\s*:\s*\[\s*\]/;
const FINISHED = /"finish_reason"\s*:\s*"/;
const ERROR = /^\{\s*"error"\s*:/;
/** Of English text; https://platform.openai.com/tokenizer says about four. */
const CHARACTERS_PER_TOKEN = 4;

/**
 * Events are looked at as Latin-1, in which every byte is a character: nothing is lost where only structure and
 * numbers matter. JSON is parsed until the first token was seen, and where usage is; usage in every chunk is only
 * cut out, and the last of it is parsed when somebody asks.
 */
export function watchStream(
  dialect: Dialect,
  {
    usageShown,
    guard,
    onFirstToken,
    onToken,
  }: {
    readonly guard?: HarmonyGuard;
    readonly usageShown: UsageShown;
    readonly onFirstToken: () => void;
    readonly onToken: () => void;
  },
): StreamWatch {
  let usage: TokenUsage | undefined;
  let streamedUsage: string | undefined;
  let begun = false;
  let complete = false;
  let failed = false;
  let events = 0;
  let bytes = 0;
  let leastBytes = Number.POSITIVE_INFINITY;

  function countToken(data: string, length: number): void {
    if (!data.includes(dialect.tokenMark)) return;
    if (begun) onToken();
    else if (dialect.hasContent(parseJson(data))) {
      begun = true;
      onFirstToken();
    }
    if (!begun) return;
    events += 1;
    bytes += length;
    leastBytes = Math.min(leastBytes, length);
  }

  /** Takes note of the usage in an event; answers the event as the client may see it. */
  function takeUsage(event: Buffer, text: string): Buffer | undefined {
    const at = text.indexOf('"usage"');
    USAGE_OBJECT.lastIndex = at;
    const found = USAGE_OBJECT.exec(text);
    if (found === null)
      return usageShown === 'none' ? Buffer.from(text.replace(NULL_USAGE, ''), 'latin1') : event;
    streamedUsage = found[1];
    if (NO_CHOICES.test(text)) return usageShown === 'none' ? undefined : event;
    if (usageShown === 'all' || (usageShown === 'last' && FINISHED.test(text))) return event;
    const rest = text.slice(at + found[0].length);
    const before = text.slice(0, at);
    const head = found[0].endsWith(',') ? before : before.replace(/,\s*$/, '');
    return Buffer.from(head + rest, 'latin1');
  }

  return {
    inspect(given) {
      if (guard?.refusal !== undefined) return undefined;
      let event = given;
      let text = event.toString('latin1');
      if (guard?.suspects(text) === true) {
        const mended = mendEvent(event, guard);
        if (mended === undefined) return undefined;
        if (mended !== event) text = mended.toString('latin1');
        event = mended;
      }
      const data = dataOf(text);
      if (data === undefined) return event;
      if (data === '[DONE]') {
        // vLLM writes it after an error too.
        complete = !failed;
        return complete ? event : undefined;
      }
      const has = data.includes('"usage"');
      const shown = has && dialect.usageOnRequest ? takeUsage(event, text) : event;
      countToken(data, (shown ?? event).length);
      if (dialect.endMark?.test(data)) complete = true;
      if (ERROR.test(data)) failed = true;
      if (has && !dialect.usageOnRequest) usage = dialect.usageOf(parseJson(data)) ?? usage;
      return shown;
    },
    get usage() {
      if (streamedUsage === undefined) return usage;
      return dialect.usageOf({ usage: parseJson(streamedUsage) });
    },
    get tokensSeen() {
      if (events === 0) return 0;
      const textBytes = bytes - events * (leastBytes - 1);
      return Math.max(events, Math.ceil(textBytes / CHARACTERS_PER_TOKEN));
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

/** The event without leaks; undefined if it is refused. An event that is not JSON is none of the guard's. */
function mendEvent(event: Buffer, guard: HarmonyGuard): Buffer | undefined {
  const text = event.toString('utf8');
  const data = dataOf(text);
  const part = data === undefined ? undefined : parseJson(data);
  if (!isObject(part)) return event;
  const mended = guard.mend(part, true);
  if (mended === undefined || mended === part) return mended && event;
  const others = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('data:'));
  return Buffer.from([...others, `data: ${JSON.stringify(mended)}`, '', ''].join('\n'));
}

/** What stands after `data:` in an event; undefined for one without data, as comments are. */
function dataOf(event: string): string | undefined {
  if (event.startsWith('data:') && event.indexOf('\n') === event.length - 2)
    return event.slice('data:'.length, -2).trim();
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
