import { z } from 'zod';
import { Reviewed } from '../reviewer-config.ts';
import { Name, Port } from './values.ts';

const Secret = Name.describe('a name under secrets');

/** Reviews pull requests of GitHub with the environment's own models. */
export const Reviewer = z
  .strictObject({
    app: z.int().positive().describe("id of the GitHub App; its webhook's path is /webhook"),
    privateKey: Secret.describe("a name under secrets: the app's private key, PEM"),
    webhookSecret: Secret.describe("a name under secrets: the secret of the app's webhook"),
    gatewayKey: Secret.describe(
      'a name under secrets: the API key of the gateway that reviews are charged to',
    ),
    repositories: z
      .array(Reviewed)
      .min(1)
      .describe(
        'owners, and owner/repository, whose pull requests are reviewed; strangers can install an app',
      ),
    model: Name.default('gpt-oss-120b'),
    api: z
      .url({ protocol: /^https?$/, error: 'must be a URL that begins with https:// or http://' })
      .default('https://api.github.com')
      .describe('another one for GitHub Enterprise Server: https://HOST/api/v3'),
    service: z
      .string()
      .regex(
        /^[a-z]([a-z0-9-]{0,40}[a-z0-9])?$/,
        'must be lower-case letters, digits and hyphens, at most 42, beginning with a letter',
      )
      .default('oss-pr-reviewer')
      .describe(
        'on google its Cloud Run service, -worker its second; each environment of a project has its own',
      ),
    port: Port.default(8096),
    adminPort: Port.default(8097).describe('metrics and status, never public'),
    usdPerReview: z
      .number()
      .positive()
      .default(0.5)
      .describe('a ticket where a review costs more than that, in the mean of six hours'),
    reviewsPerHour: z.int().min(1).max(10_000).default(60).describe('of one repository'),
    parallel: z.int().min(1).max(50).default(4).describe('reviews at a time'),
    longest: z
      .int()
      .min(60)
      .max(1_700)
      .default(1_500)
      .describe('seconds that one review may take before it is given up, to be tried again'),
    requestsPerMinute: z.int().min(10).default(600).describe('webhooks that are taken, signed or not'),
  })
  .describe('reviewer of pull requests; default: none');
