/** An error answer as vLLM writes it: `{"error":{"message","type","param","code"}}`. */
export interface ApiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  /** HTTP status, repeated in the body. */
  readonly code: number;
}

/** Thrown while a request is read; becomes the answer. */
export class RequestError extends Error {
  readonly error: ApiError;

  constructor(error: ApiError) {
    super(error.message);
    this.name = 'RequestError';
    this.error = error;
  }
}

/** vLLM's sanitize_message: no memory addresses, tracebacks or file paths in answers. */
function sanitize(message: string): string {
  return message
    .replace(/ at 0x[0-9a-fA-F]+>/g, '>')
    .replace(/\/(?:home|usr|opt|var|tmp|root|lib|mnt|srv)(?:\/[\w.-]+)+/g, '<path>')
    .replace(/(?:\/[\w-]+)+\/[\w-]+\.\w+/g, '<path>')
    .trim();
}

export const errorBody = (error: ApiError): string =>
  JSON.stringify({ error: { ...error, message: sanitize(error.message) } });

export function badRequest(message: string, param: string | null = null): RequestError {
  return new RequestError({ message, type: 'BadRequestError', param, code: 400 });
}

/** A VLLMValidationError, which repeats the parameter, and the value if there is one, in its message. */
export function validationError(message: string, parameter: string, value?: string | number): RequestError {
  const extras = [`parameter=${parameter}`, ...(value === undefined ? [] : [`value=${value}`])].join(', ');
  return badRequest(`${message} (${extras})`, parameter);
}

/** Python's repr() of a string. */
export function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}

/** How vLLM shows a refused value: containers by their size, texts up to 200 characters. */
function summarize(value: unknown): string {
  if (Array.isArray(value)) return `<list of ${value.length} items>`;
  if (typeof value === 'object' && value !== null) return `<dict of ${Object.keys(value).length} items>`;
  const text = value === null ? 'None' : value === true ? 'True' : value === false ? 'False' : String(value);
  return text.length > 200 ? `${text.slice(0, 200)}...[truncated]` : text;
}

/** One entry of a pydantic validation error. */
export interface FieldError {
  readonly type: string;
  /** Path with dots, `body.messages`. */
  readonly loc: string;
  readonly msg: string;
  readonly input: unknown;
  readonly ctxError?: string;
}

/** The 400 for a body whose fields are missing or of a wrong type. */
export function fieldErrors(errors: readonly FieldError[]): RequestError {
  const lines = errors.map(({ type, loc, msg, input, ctxError }) => {
    const context = ctxError === undefined ? '' : `, 'ctx': {'error': ${pythonRepr(ctxError)}}`;
    return `  {'type': '${type}', 'loc': '${loc}', 'msg': ${pythonRepr(msg)}, 'input': ${pythonRepr(summarize(input))}${context}}`;
  });
  const message = `${errors.length} validation error${errors.length === 1 ? '' : 's'}:\n${lines.join('\n')}`;
  return new RequestError({ message, type: 'Bad Request', param: errors[0]?.loc ?? null, code: 400 });
}

const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** The error of a simulated fault. */
export function simulatedError(code: number): ApiError {
  if (code === 500)
    return { message: 'Internal server error', type: 'InternalServerError', param: null, code };
  return { message: PHRASES[code] ?? 'Error', type: PHRASES[code] ?? 'Error', param: null, code };
}

/** Refused because a queue limit is reached. */
export const busyError = (reason: 'requests' | 'tokens'): RequestError =>
  new RequestError({
    message:
      reason === 'requests'
        ? 'The engine is currently busy and cannot accept new requests. Please try again later or on a different instance.'
        : 'The engine has reached its prefill token backlog limit. Please try again later or on a different instance.',
    type: 'Service Unavailable',
    param: null,
    code: 503,
  });
