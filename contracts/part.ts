import { z } from 'zod';
import { SecretSource } from './secret.ts';

/**
 * A part: one program that an environment runs on the process platform. `constructs/process` writes it as
 * `part.json` at synth, `parts/` makes it true on the host.
 *
 * Placeholders in `command`, `env` and paths: `{toolkit}` the folder of this toolkit, `{project}` the folder of
 * cdktf.json (the working folder of every part), `{environment}` the environment's folder, `{part}` the part's own.
 */
export const Part = z.strictObject({
  environment: z.string().min(1),
  /** Unique in the environment: `gateway`, `router`, `vllm-gpt-oss-120b-v32-1`. */
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  /** Program and arguments. */
  command: z.array(z.string()).min(1),
  /** Environment variables, none of them secret. */
  env: z.record(z.string(), z.string()).default({}),
  /** Environment variables whose values are read from secrets when the program starts. */
  secretEnv: z.record(z.string(), SecretSource).default({}),
  /** Ports it listens on, each with the key of the environment file that sets it. */
  listens: z.array(z.strictObject({ address: z.string(), port: z.int(), key: z.string() })).default([]),
  /** Documents kept in the part's folder. Their text lies beside part.json under the same name. */
  documents: z
    .array(z.strictObject({ file: z.string(), sha256: z.string(), reloadable: z.boolean() }))
    .default([]),
  /** Secrets and certificates made on first use, paths relative to the project's folder. */
  generates: z
    .array(
      z.union([
        z.strictObject({ secret: z.string() }),
        z.strictObject({ certificate: z.string(), privateKey: z.string(), hosts: z.array(z.string()) }),
      ]),
    )
    .default([]),
  /** How it takes a changed reloadable document: SIGHUP, or it watches the file itself. */
  reload: z.enum(['hangup', 'watches']).optional(),
  /** Answers 200 as soon as the part serves. `authority`: PEM file to verify an https URL with. */
  ready: z
    .strictObject({ url: z.string(), authority: z.string().optional(), timeoutSeconds: z.number() })
    .optional(),
  /** Answers JSON with `version` (the one applied) and, if the wanted one was refused, `error`. */
  applied: z.strictObject({ url: z.string(), version: z.string(), timeoutSeconds: z.number() }).optional(),
  /** Seconds from SIGTERM to SIGKILL. */
  stopSeconds: z.number().default(10),
  /** Hash over all that a running program cannot take over: another one means a restart. */
  processHash: z.string(),
  /** What people open or paste: `http://127.0.0.1:8080/v1`. */
  address: z.string().optional(),
});

export type Part = z.output<typeof Part>;
export type PartInput = z.input<typeof Part>;

/** Secrets and certificates that an environment makes on first use, where no part of the host does so itself. */
export const GeneratedSecrets = Part.pick({ environment: true, generates: true });
