import { type ApiError, sendError, upstreamError } from '../http/errors.ts';
import { backPressured, failureError } from '../http/pass-on.ts';
import { isObject, parseJson } from '../json.ts';
import { type Answer, type AnswerProps, ROUTER } from './answer.ts';
import type { HarmonyGuard } from './harmony.ts';

/** A longer answer is passed on as it comes, unread. */
const WHOLE_LIMIT = 64 * 1024 * 1024;

/** Passes an answer on once it is complete, so that one that breaks off can still become an error. */
export function wholeAnswer(props: AnswerProps, limit = WHOLE_LIMIT): Answer {
  const { res, call, dialect, exchange, status, headers, guard } = props;
  const chunks: Buffer[] = [];
  let size = 0;
  let pass: ((bytes: Buffer) => void) | undefined;
  call.phase = 'answer';

  function fail(error: ApiError): void {
    if (pass === undefined) sendError(res, error, call.headers);
    call.settle(res, { cut: true });
    if (pass !== undefined) res.destroy();
  }

  /** @param body Its bytes as Latin-1: head and text leave in one piece. */
  function send(body: string, json: unknown): void {
    call.usage = dialect.usageOf(json);
    call.answerBytes = body.length;
    res.writeHead(status, { ...headers, 'content-length': body.length });
    res.end(body, 'latin1');
    call.settle(res);
  }

  function sendMended(bytes: Buffer, body: string, harmony: HarmonyGuard): void {
    const json = parseJson(bytes.toString('utf8'));
    const mended = isObject(json) ? harmony.mend(json, false) : undefined;
    if (harmony.refusal === undefined) {
      const same = mended === undefined || mended === json;
      send(same ? body : Buffer.from(JSON.stringify(mended)).toString('latin1'), json);
      return;
    }
    call.usage = dialect.usageOf(json);
    call.answerBytes = body.length;
    sendError(res, harmony.refusal, call.headers);
    call.settle(res);
  }

  return {
    onData(chunk) {
      if (pass !== undefined) return pass(chunk);
      chunks.push(chunk);
      size += chunk.length;
      call.answerBytes = size;
      if (size <= limit) return;
      res.writeHead(status, headers);
      pass = backPressured(res, exchange);
      for (const held of chunks.splice(0)) pass(held);
    },
    onEnd() {
      if (pass !== undefined) {
        call.settle(res);
        res.end();
        return;
      }
      const [only] = chunks;
      const body = only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, size);
      const text = body.toString('latin1');
      const json = parseJson(text);
      if (json !== undefined && status < 300 && guard?.suspects(text) === true) sendMended(body, text, guard);
      else if (json !== undefined) send(text, json);
      else if (status >= 300) foreignError(props);
      else fail(failureError('cut', ROUTER));
    },
    fail,
    stop() {},
    complete: false,
  };
}

/** An error page that does not come from an OpenAI-compatible server, such as nginx's own. */
function foreignError({ res, call, status, headers }: AnswerProps): void {
  const { 'content-type': _type, ...rest } = headers;
  const shown = status >= 400 ? status : 502;
  const message = `${ROUTER} answered ${status} before a model server did.`;
  sendError(res, upstreamError(shown, `router_${status}`, message, rest), call.headers);
  call.settle(res);
}
