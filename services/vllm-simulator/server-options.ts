import { type CommandLine, type FlagValue, humanInt } from './command-line.ts';
import type { Flag } from './flags-from-help.ts';

/** What the simulator does with the command line of `vllm serve`. Flags that are not here are accepted without effect. */
export interface ServerOptions {
  /** Model path or name, as given. */
  readonly model: string;
  /** Names that clients use. Answers and metrics carry the first. */
  readonly servedModelNames: readonly string[];
  readonly host: string;
  readonly port: number;
  /** Unix socket; host and port are ignored then. */
  readonly uds?: string;
  /** PEM files. TLS is served if both are given. */
  readonly tls?: {
    readonly certFile: string;
    readonly keyFile: string;
    readonly caFile?: string;
    readonly requireClientCertificate: boolean;
  };
  /** Empty: no key is asked for. */
  readonly apiKeys: readonly string[];
  /** Longest prompt plus answer, in tokens. */
  readonly maxModelLen: number;
  readonly maxNumSeqs: number;
  /** In-flight requests that are admitted; more get a 503. @default - no limit */
  readonly maxQueuedRequests?: number;
  /** Prompt tokens without a first token from which on requests get a 503. @default - no limit */
  readonly maxQueuedTokens?: number;
  readonly prefixCaching: boolean;
  /** Tokens in a block of the KV cache. */
  readonly blockSize: number;
  readonly blockSizeGiven: boolean;
  /** Size of the KV cache in blocks. */
  readonly kvCacheBlocks: number;
  readonly kvCacheBlocksOverridden: boolean;
  readonly gpuMemoryUtilization: number;
  readonly promptTokensDetails: boolean;
  readonly forceIncludeUsage: boolean;
  readonly requestIdHeaders: boolean;
  readonly autoToolChoice: boolean;
  readonly toolCallParser?: string;
  /** vLLM sets `openai_gptoss` by itself for gpt-oss models. */
  readonly reasoningParser?: string;
  /** Whether it is a gpt-oss model to vLLM (which looks at the model, not at the served name). */
  readonly harmony: boolean;
  /** `null` if the command line switches it off. */
  readonly systemFingerprint: string | null;
  /** Seconds that running requests get after SIGTERM; 0 aborts them at once. */
  readonly shutdownTimeout: number;
}

/** A value that vLLM refuses after parsing; the exit code is 1. */
export class ServerOptionsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ServerOptionsError';
  }
}

const DEFAULT_MODEL = 'Qwen/Qwen3-0.6B';
const VERSION = '0.32.0';

/** First 8 hex digits of a hash of what makes answers differ, where vLLM hashes its whole configuration. */
function configHash(text: string): string {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

function fingerprint(values: ReadonlyMap<string, FlagValue>, model: string): string | null {
  const mode = values.get('--fingerprint-mode') ?? 'full';
  if (mode === 'none') return null;
  if (mode === 'custom') return String(values.get('--fingerprint-value') ?? '');
  const degree = (name: string, short: string) => {
    const size = Number(values.get(name) ?? 1);
    return size > 1 ? [`${short}${size}`] : [];
  };
  const parallelism =
    mode === 'hash'
      ? []
      : [
          ...degree('--tensor-parallel-size', 'tp'),
          ...degree('--pipeline-parallel-size', 'pp'),
          ...degree('--data-parallel-size', 'dp'),
          ...(values.get('--enable-expert-parallel') === true ? ['ep'] : []),
        ];
  const relevant = [...values].filter(([name]) => !['--port', '--host', '--api-key'].includes(name));
  return ['vllm', VERSION, ...parallelism, configHash(JSON.stringify([model, ...relevant]))].join('-');
}

/**
 * Interprets a command line.
 *
 * @param vllmApiKey the environment's `VLLM_API_KEY`; `--api-key` goes before it
 * @param kvCacheBlocks size of the KV cache unless `--num-gpu-blocks-override` sets it
 * @throws ServerOptionsError with all that is wrong
 */
export function serverOptions(
  { model = DEFAULT_MODEL, values }: CommandLine,
  {
    flags,
    kvCacheBlocks,
    vllmApiKey,
  }: { flags: readonly Flag[]; kvCacheBlocks: number; vllmApiKey?: string },
): ServerOptions {
  const errors: string[] = [];
  const text = (name: string) => {
    const value = values.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const list = (name: string) => {
    const value = values.get(name);
    return typeof value === 'object' ? value : [];
  };
  const on = (name: string, preset = false) => (values.get(name) ?? preset) === true;
  const number = (name: string, minimum: number): number | undefined => {
    const given = text(name);
    if (given === undefined) return undefined;
    const value = humanInt(given) ?? Number(given);
    if (value < minimum) errors.push(`${name}: must be at least ${minimum}, got ${given}`);
    return value;
  };

  const maxModelLen = text('--max-model-len')?.toLowerCase() === 'auto' ? -1 : number('--max-model-len', -1);
  if (maxModelLen === 0) errors.push('--max-model-len: must be positive, -1 or auto, got 0');
  const gpuMemoryUtilization = number('--gpu-memory-utilization', 0) ?? 0.92;
  if (gpuMemoryUtilization <= 0 || gpuMemoryUtilization > 1) {
    errors.push(`--gpu-memory-utilization: must be above 0 and at most 1, got ${gpuMemoryUtilization}`);
  }
  const toolCallParser = text('--tool-call-parser');
  const parsers = flags.find(({ name }) => name === '--tool-call-parser')?.known ?? [];
  if (on('--enable-auto-tool-choice') && toolCallParser === undefined) {
    errors.push('Error: --enable-auto-tool-choice requires --tool-call-parser');
  } else if (on('--enable-auto-tool-choice') && !parsers.includes(toolCallParser ?? '')) {
    errors.push(`invalid tool call parser: ${toolCallParser} (chose from { ${parsers.join(',')} })`);
  }
  const certFile = text('--ssl-certfile');
  const keyFile = text('--ssl-keyfile');
  if ((certFile === undefined) !== (keyFile === undefined)) {
    errors.push('--ssl-certfile and --ssl-keyfile: the simulator needs both or none');
  }
  const overridden = number('--num-gpu-blocks-override', 1);
  const blockSize = number('--block-size', 1);
  const harmony = /gpt-?oss/i.test(model);
  const served = list('--served-model-name');
  const keys = list('--api-key').filter((key) => key !== '');
  const options: ServerOptions = {
    model,
    servedModelNames: served.length > 0 ? served : [model],
    host: text('--host') ?? '0.0.0.0',
    port: number('--port', 0) ?? 8000,
    uds: text('--uds'),
    tls:
      certFile === undefined || keyFile === undefined
        ? undefined
        : {
            certFile,
            keyFile,
            caFile: text('--ssl-ca-certs'),
            requireClientCertificate: text('--ssl-cert-reqs') === '2',
          },
    apiKeys: keys.length > 0 ? keys : [vllmApiKey ?? ''].filter((key) => key !== ''),
    maxModelLen: maxModelLen === undefined || maxModelLen === -1 ? 131_072 : maxModelLen,
    maxNumSeqs: number('--max-num-seqs', 1) ?? 256,
    maxQueuedRequests: number('--max-num-queued-reqs', 1),
    maxQueuedTokens: number('--max-num-queued-tokens', 1),
    prefixCaching: on('--enable-prefix-caching', true),
    blockSize: blockSize ?? 16,
    blockSizeGiven: blockSize !== undefined,
    kvCacheBlocks: overridden ?? kvCacheBlocks,
    kvCacheBlocksOverridden: overridden !== undefined,
    gpuMemoryUtilization,
    promptTokensDetails: on('--enable-prompt-tokens-details'),
    forceIncludeUsage: on('--enable-force-include-usage'),
    requestIdHeaders: on('--enable-request-id-headers'),
    autoToolChoice: on('--enable-auto-tool-choice'),
    toolCallParser,
    reasoningParser: text('--reasoning-parser') ?? (harmony ? 'openai_gptoss' : undefined),
    harmony,
    systemFingerprint: fingerprint(values, model),
    shutdownTimeout: number('--shutdown-timeout', 0) ?? 0,
  };
  if (errors.length > 0) throw new ServerOptionsError(errors.join('\n'));
  return options;
}
