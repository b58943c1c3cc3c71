import { z } from 'zod';
import { Name } from './values.ts';

export const Endpoint = z.strictObject({
  url: z
    .url({ protocol: /^https$/, error: 'must be a URL that begins with https://' })
    .describe('base URL of an OpenAI-compatible API, up to and with /v1'),
  bearer: Name.optional().describe('a name under secrets'),
  certificateAuthority: z.string().optional().describe('PEM file of a private certificate authority'),
  simulated: z.literal(true).optional().describe('the platform runs this endpoint itself, for rehearsal'),
});
