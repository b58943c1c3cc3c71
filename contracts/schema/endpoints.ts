import { z } from 'zod';
import { CATALOGUE_NAMES, catalogueUrl, ENDPOINT_CATALOGUE } from '../endpoint-catalogue.ts';
import { Name } from './values.ts';

const PathPart = z.string().regex(/^[a-z0-9-]+$/, 'must be lower-case letters, digits and -');

export const Endpoint = z
  .strictObject({
    catalogue: z
      .enum(CATALOGUE_NAMES)
      .optional()
      .describe('a known host: its url, way to sign in, model ids, caps and prices hold where none is given'),
    url: z
      .url({ protocol: /^https$/, error: 'must be a URL that begins with https://' })
      .optional()
      .describe('base URL of an OpenAI-compatible API, up to and with /v1; default of the catalogue'),
    region: PathPart.optional().describe('part of the url of catalogue vertex and bedrock'),
    project: PathPart.optional().describe('part of the url of catalogue vertex'),
    bearer: Name.optional().describe('a name under secrets'),
    auth: z
      .enum(['google'])
      .optional()
      .describe("instead of bearer: a token of the egress's own Google service account"),
    proxy: z
      .url({ protocol: /^http$/, error: 'must be a URL that begins with http://' })
      .optional()
      .describe('HTTP proxy on the way there: http://host:port'),
    certificateAuthority: z.string().optional().describe('PEM file of a private certificate authority'),
    simulated: z.literal(true).optional().describe('the platform runs this endpoint itself, for rehearsal'),
  })
  .transform((given, context) => {
    const { catalogue, bearer } = given;
    const known = catalogue === undefined ? undefined : catalogueUrl(catalogue, given);
    if (given.url === undefined && known === undefined)
      context.addIssue({
        code: 'custom',
        path: ['url'],
        message: 'give `url`, or `catalogue` for a known host',
      });
    for (const name of given.url === undefined ? (known?.missing ?? []) : [])
      context.addIssue({ code: 'custom', path: [name], message: `catalogue ${catalogue} needs \`${name}\`` });
    const fromCatalogue = catalogue === undefined ? undefined : ENDPOINT_CATALOGUE[catalogue].auth;
    const auth =
      given.auth ?? (bearer === undefined && fromCatalogue === 'google' ? ('google' as const) : undefined);
    if (auth !== undefined && bearer !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['auth'],
        message: 'give either `bearer` or `auth`, not both',
      });
    return { ...given, auth, url: given.url ?? known?.url ?? '' };
  });
