import { type ApiError, sendError } from '../../common/http/errors.ts';
import { AnswerBody } from '../http/answer-body.ts';
import { upstreamError } from '../http/errors.ts';
import { failureError } from '../http/pass-on.ts';
import { isObject, parseJson } from '../json.ts';
import { type Answer, type AnswerProps, ROUTER } from './answer.ts';
import type { HarmonyGuard } from './harmony.ts';

/** A longer answer is passed on as it comes, unread. */
const WHOLE_LIMIT = 64 * 1024 * 1024;

/** Passes an answer on once it is complete, so that one that breaks off can still become an error. */
export class WholeAnswer implements Answer {
  /** The client has all of it only when its connection is done with it. */
  readonly complete = false;
  readonly #props: AnswerProps;
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #pass: AnswerBody | undefined;

  constructor(props: AnswerProps, limit = WHOLE_LIMIT) {
    this.#props = props;
    this.#limit = limit;
    props.call.phase = 'answer';
  }

  onData(chunk: Buffer): void {
    if (this.#pass === undefined) this.#hold(chunk);
    else this.#pass.write(chunk);
  }

  onEnd(): void {
    const { res, call, status, guard } = this.#props;
    if (this.#pass !== undefined) {
      call.settle(res);
      this.#pass.end();
      return;
    }
    const [only] = this.#chunks;
    const bytes = only !== undefined && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks);
    const text = bytes.toString('latin1');
    const json = parseJson(text);
    if (json !== undefined && status < 300 && guard?.suspects(text) === true)
      this.#sendMended(bytes, text, guard);
    else if (json !== undefined) this.#send(text, json);
    else if (status >= 300) foreignError(this.#props);
    else this.fail(failureError('cut', ROUTER));
  }

  fail(error: ApiError): void {
    const { res, call } = this.#props;
    if (this.#pass === undefined) sendError(res, error, call.headers());
    call.settle(res, { cut: true });
    if (this.#pass !== undefined) res.destroy();
  }

  stop(): void {}

  #hold(chunk: Buffer): void {
    const { res, call, status, headers, exchange } = this.#props;
    this.#chunks.push(chunk);
    call.answerBytes += chunk.length;
    if (call.answerBytes <= this.#limit) return;
    res.writeHead(status, headers);
    const pass = new AnswerBody(res, exchange);
    this.#pass = pass;
    for (const held of this.#chunks.splice(0)) pass.write(held);
  }

  /** @param body Its bytes as Latin-1: head and text leave in one piece. */
  #send(body: string, json: unknown): void {
    const { res, call, dialect, status, headers } = this.#props;
    call.usage = dialect.usageOf(json);
    headers['content-length'] = body.length;
    res.writeHead(status, headers);
    res.end(body, 'latin1');
    call.settle(res);
  }

  #sendMended(bytes: Buffer, body: string, harmony: HarmonyGuard): void {
    const { res, call, dialect } = this.#props;
    const json = parseJson(bytes.toString('utf8'));
    const mended = isObject(json) ? harmony.mend(json, false) : undefined;
    if (harmony.refusal === undefined) {
      const same = mended === undefined || mended === json;
      this.#send(same ? body : Buffer.from(JSON.stringify(mended)).toString('latin1'), json);
      return;
    }
    call.usage = dialect.usageOf(json);
    sendError(res, harmony.refusal, call.headers());
    call.settle(res);
  }
}

/** An error page that does not come from an OpenAI-compatible server, such as nginx's own. */
function foreignError({ res, call, status, headers }: AnswerProps): void {
  const { 'content-type': _type, ...rest } = headers;
  const shown = status >= 400 ? status : 502;
  const message = `${ROUTER} answered ${status} before a model server did.`;
  sendError(res, upstreamError(shown, `router_${status}`, message, rest), call.headers());
  call.settle(res);
}
