import { HOP_KEY, MODEL, PIN, RELEASE, REQUEST_ID, ROUTING_KEY, SERVER } from '../../../contracts/headers.ts';
import { routingKey } from '../../../contracts/routing-key.ts';
import type { Runtime } from '../../common/runtime.ts';
import type { EdgeCall } from '../edge/call.ts';
import type { ServedModel } from '../edge/models.ts';
import { RetriedExchange, type RetryReason } from '../edge/retry.ts';
import type { Upstream } from '../http/upstream.ts';
import { isObject, parseJson } from '../json.ts';
import { chatUsage } from '../usage.ts';
import { CompressionFailed, type FailureReason } from './failure.ts';

const PATH = '/v1/chat/completions';
/** No summary is that long. */
const MOST_ANSWER_BYTES = 4 * 1024 * 1024;

/** One request for a summary, which travels and is paid for like a client's. */
export interface SummaryCallProps {
  readonly router: Upstream;
  readonly hopKey: string;
  /** The account of this call alone, in the name of the client's key. */
  readonly call: EdgeCall;
  readonly keyId: string;
  readonly model: ServedModel;
  readonly body: Buffer;
  /** Aborts it: nobody waits any more. Its reason says whether the client left or the time was over. */
  readonly signal: AbortSignal;
  readonly runtime: Runtime;
  readonly onRetry: (reason: RetryReason) => void;
}

/** @throws CompressionFailed, or the signal's reason */
export function callSummarizer(props: SummaryCallProps): Promise<string> {
  const { router, hopKey, call, keyId, model, body, signal, runtime, onRetry } = props;
  call.keyId = keyId;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const chunks: Buffer[] = [];
    let size = 0;
    let status = 0;

    function end(code: number): void {
      signal.removeEventListener('abort', abort);
      call.settle({ headersSent: true, statusCode: code });
    }

    function fail(code: number, reason: FailureReason): void {
      end(code);
      reject(new CompressionFailed(reason));
    }

    function abort(): void {
      exchange.abort();
      call.settle({ headersSent: false, statusCode: 0 }, { aborted: true });
      reject(signal.reason);
    }

    call.admitted(model, PATH, body.length);
    const exchange = new RetriedExchange(
      router,
      { path: PATH, headers: headersOf(props), body },
      {
        onSent() {
          call.dispatched();
        },
        onAnswer(code, headers) {
          status = code;
          call.phase = 'answer';
          call.answered(code, single(headers[RELEASE]), single(headers[SERVER]));
        },
        onData(chunk) {
          size += chunk.length;
          if (size <= MOST_ANSWER_BYTES) chunks.push(chunk);
        },
        onEnd() {
          const answer = parseJson(Buffer.concat(chunks).toString('utf8'));
          if (isObject(answer)) call.usage = chatUsage(answer.usage);
          const text = summaryOf(answer);
          if (status !== 200) fail(status, 'refused');
          else if (text === undefined) fail(502, 'empty');
          else {
            end(200);
            resolve(text);
          }
        },
        onFailure: (kind) => fail(502, kind === 'cut' || kind === 'timeout' ? 'cut' : 'unreachable'),
        onRetry(reason) {
          call.returned();
          onRetry(reason);
        },
      },
      { runtime },
    );
    exchange.start();
    signal.addEventListener('abort', abort);
  });

  function headersOf({ call: { id } }: SummaryCallProps): Record<string, string> {
    return {
      'content-type': 'application/json',
      accept: 'application/json',
      [REQUEST_ID]: id,
      [HOP_KEY]: hopKey,
      [MODEL]: model.name,
      [ROUTING_KEY]: routingKey(keyId, { conversation: `summary ${id}`, model: model.name, body: {} }),
      [PIN]: '',
    };
  }
}

/** An answer that reached its cap ends at its last whole line. */
function summaryOf(answer: unknown): string | undefined {
  const [choice] = isObject(answer) && Array.isArray(answer.choices) ? answer.choices : [];
  const content = isObject(choice) && isObject(choice.message) ? choice.message.content : undefined;
  if (typeof content !== 'string' || content.trim() === '') return undefined;
  const text = content.trim();
  const lastLine = text.lastIndexOf('\n');
  return isObject(choice) && choice.finish_reason === 'length' && lastLine > 0
    ? text.slice(0, lastLine)
    : text;
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
