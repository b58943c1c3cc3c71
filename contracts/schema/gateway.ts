import { z } from 'zod';
import { Name, Port } from './values.ts';

export const Gateway = z.strictObject({
  port: Port.default(8080),
  adminPort: Port.default(8081).describe('metrics and status, never public'),
  keys: Name.describe('a name under secrets: the hashed API keys'),
  exposure: z.enum(['internal', 'public']).default('internal'),
  ledger: z
    .strictObject({
      file: z.string().min(1).describe('path relative to the project'),
      rotateMegabytes: z.int().min(1).default(64).describe('size at which a new file begins'),
    })
    .optional()
    .describe('file with one line per request, for bills; default: lines in the structured log'),
});

export const Egress = z.strictObject({ port: Port.default(8091), adminPort: Port.default(8094) });
