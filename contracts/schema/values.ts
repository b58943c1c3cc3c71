import { z } from 'zod';

export const Name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'must be lower-case letters, digits, dots and hyphens, at most 63')
  .describe('lower-case letters, digits, dots and hyphens');
export const Port = z.int().min(1024).max(65_535);
export const Address = z.ipv4('must be an IPv4 address such as 127.0.0.1');
export const Seconds = z.int().min(1).max(86_400);
export const Duration = z
  .string()
  .regex(/^[1-9][0-9]*(s|m|h|d)$/, 'must be a whole number and a unit: 15s, 2m, 1h, 7d');

export const Version = z.string().regex(/^\d+\.\d+\.\d+$/, 'must be a vLLM version such as 0.32.0');

export const Price = z
  .strictObject({
    input: z.number().min(0),
    cachedInput: z.number().min(0).optional(),
    output: z.number().min(0),
  })
  .describe('USD per million tokens');

export const SecretReference = z
  .union([
    z.strictObject({ file: z.string().min(1), generate: z.literal(true).optional() }),
    z.strictObject({
      env: z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'must be the name of an environment variable'),
    }),
    z.strictObject({ google: z.string().min(1) }),
    z.strictObject({ aws: z.string().min(1) }),
  ])
  .describe(
    'where a secret is kept: {file}, {env}, {google: Secret Manager id} or {aws: Secrets Manager name}',
  );

/** Pinned by tag other than `latest`, or by digest. */
export const Image = z
  .string()
  .regex(
    /^[\w./:-]*[\w-](:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/,
    'must be pinned by a tag other than latest or by digest',
  );
