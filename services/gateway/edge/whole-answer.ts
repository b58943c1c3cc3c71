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
    if (pass === undefined) sendError(res, error);
    call.settle(res, { cut: true });
    if (pass !== undefined) res.destroy();
  }

  function send(body: Buffer, json: unknown): void {
    call.usage = dialect.usageOf(json);
    call.answerBytes = body.length;
    res.writeHead(status, { ...headers, 'content-length': body.length });
    call.settle(res);
    res.end(body);
  }

  function sendMended(body: Buffer, harmony: HarmonyGuard): void {
    const json = parseJson(body.toString('utf8'));
    const mended = isObject(json) ? harmony.mend(json, false) : undefined;
    if (harmony.refusal === undefined) {
      send(mended === undefined || mended === json ? body : Buffer.from(JSON.stringify(mended)), json);
      return;
    }
    call.usage = dialect.usageOf(json);
    call.answerBytes = body.length;
    sendError(res, harmony.refusal);
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
      const body = Buffer.concat(chunks, size);
      const text = body.toString('latin1');
      const json = parseJson(text);
      if (json !== undefined && status < 300 && guard?.suspects(text) === true) sendMended(body, guard);
      else if (json !== undefined) send(body, json);
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
  sendError(res, upstreamError(shown, `router_${status}`, message, rest));
  call.settle(res);
}
