import type { TokenUsage } from '../../../contracts/price.ts';
import type { Dialect } from '../dialect.ts';
import { isObject, parseJson } from '../json.ts';
import type { Inspector } from './event-filter.ts';
import type { HarmonyGuard } from './harmony.ts';

/**
 * How much of the usage that the gateway asks for reaches the client. `none`: it did not ask; `last`: it asked for
 * usage at the end; `all`: it asked for usage in every chunk, or the API gives it unasked.
 */
export type UsageShown = 'none' | 'last' | 'all';

/** What a stream is watched with and for. */
export interface StreamWatchProps {
  readonly dialect: Dialect;
  readonly guard?: HarmonyGuard;
  readonly usageShown: UsageShown;
  readonly onFirstToken: () => void;
  readonly onToken: () => void;
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
 * Reads along in a stream: first token, gaps between tokens, usage, how it ends.
 *
 * Events are looked at as Latin-1, in which every byte is a character: nothing is lost where only structure and
 * numbers matter. JSON is parsed until the first token was seen, and where usage is; usage in every chunk is only
 * cut out, and the last of it is parsed when somebody asks.
 */
export class StreamWatch implements Inspector {
  /** Whether a token was seen. */
  begun = false;
  /** Whether the stream said that it is complete. */
  complete = false;
  /** Whether the upstream reported an error inside the stream. */
  failed = false;
  readonly #props: StreamWatchProps;
  #usage: TokenUsage | undefined;
  #streamedUsage: string | undefined;
  #events = 0;
  #bytes = 0;
  #leastBytes = Number.POSITIVE_INFINITY;
  #uncounted: { readonly data: string; readonly bytes: number }[] = [];

  constructor(props: StreamWatchProps) {
    this.#props = props;
  }

  /** The last that the server said: in mid-stream what it has counted so far. */
  get usage(): TokenUsage | undefined {
    if (this.#streamedUsage === undefined) return this.#usage;
    return this.#props.dialect.usageOf({ usage: parseJson(this.#streamedUsage) });
  }

  /** Tokens seen in the stream, from the number and the length of its events: for where usage is missing. */
  get tokensSeen(): number {
    if (this.#events === 0) return 0;
    const textBytes = this.#bytes - this.#events * (this.#leastBytes - 1);
    return Math.max(this.#events, Math.ceil(textBytes / CHARACTERS_PER_TOKEN));
  }

  /** Answers the event as it is to be passed on. What it holds is counted by `count`. */
  inspect(given: Buffer): Buffer | undefined {
    const { dialect, guard } = this.#props;
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
      this.complete = !this.failed;
      return this.complete ? event : undefined;
    }
    const has = data.includes('"usage"');
    const shown = has && dialect.usageOnRequest ? this.#takeUsage(event, text) : event;
    if (data.includes(dialect.tokenMark)) this.#uncounted.push({ data, bytes: (shown ?? event).length });
    if (dialect.endMark?.test(data)) this.complete = true;
    if (ERROR.test(data)) this.failed = true;
    if (has && !dialect.usageOnRequest) this.#usage = dialect.usageOf(parseJson(data)) ?? this.#usage;
    return shown;
  }

  /** Counts the tokens of what was inspected. To be called when that was passed on: its client does not wait for this. */
  count(): void {
    const { dialect, onFirstToken, onToken } = this.#props;
    for (const { data, bytes } of this.#uncounted) {
      if (this.begun) onToken();
      else if (dialect.hasContent(parseJson(data))) {
        this.begun = true;
        onFirstToken();
      } else continue;
      this.#events += 1;
      this.#bytes += bytes;
      this.#leastBytes = Math.min(this.#leastBytes, bytes);
    }
    this.#uncounted.length = 0;
  }

  /** Takes note of the usage in an event; answers the event as the client may see it. */
  #takeUsage(event: Buffer, text: string): Buffer | undefined {
    const { usageShown } = this.#props;
    const at = text.indexOf('"usage"');
    USAGE_OBJECT.lastIndex = at;
    const found = USAGE_OBJECT.exec(text);
    if (found === null)
      return usageShown === 'none' ? Buffer.from(text.replace(NULL_USAGE, ''), 'latin1') : event;
    this.#streamedUsage = found[1];
    if (NO_CHOICES.test(text)) return usageShown === 'none' ? undefined : event;
    if (usageShown === 'all' || (usageShown === 'last' && FINISHED.test(text))) return event;
    const rest = text.slice(at + found[0].length);
    const before = text.slice(0, at);
    const head = found[0].endsWith(',') ? before : before.replace(/,\s*$/, '');
    return Buffer.from(head + rest, 'latin1');
  }
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
